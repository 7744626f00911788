import { isJsonObject, type Json, type JsonObject } from '#json';
import { type ContentType, PlatformError } from '#platform';
import { type Shape, shapeOf } from './content-shapes.ts';
import { NOT_SENT } from './server-set.ts';

/** What the CMS is sent: the definition as it is, without the fields that only the server sets. */
export function toPlatform(definition: ContentType): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !NOT_SENT.has(field)));
}

/**
 * What the CMS holds, in our terms: without server-set fields and without values that say no more than absence, so
 * that push then pull gives the same content. Fields and values it does not know stay. Doing it twice changes nothing.
 */
export function fromPlatform(payload: Json, kind = 'contentType'): ContentType {
  if (!isJsonObject(payload)) {
    const message = `Optimizely sent ${JSON.stringify(payload)?.slice(0, 100)} where a ${kind} should be.`;
    throw new PlatformError({ code: 'INVALID_ANSWER', retryable: false, message });
  }
  return withoutDefaults(toPlatform(payload), shapeOf(kind) ?? { defaults: {} });
}

// Object.fromEntries makes own keys of `__proto__` and the like.
function withoutDefaults(value: JsonObject, { defaults, inside = {} }: Shape): JsonObject {
  const entries = Object.entries(value).map(([field, member]): [string, Json] => {
    const inner = Object.hasOwn(inside, field) ? inside[field] : undefined;
    if (!inner || !isJsonObject(member)) return [field, member];
    return [field, inner.mapOf ? mapValues(member, inner.shape) : withoutDefaults(member, inner.shape)];
  });
  return Object.fromEntries(
    entries.filter(
      ([field, member]) => !Object.hasOwn(defaults, field) || !defaults[field]!.some((value) => isSame(value, member)),
    ),
  );
}

const mapValues = (map: JsonObject, shape: Shape) =>
  Object.fromEntries(
    Object.entries(map).map(([name, item]) => [name, isJsonObject(item) ? withoutDefaults(item, shape) : item]),
  );

/** Equality enough for defaults: a scalar, or something empty. */
function isSame(value: Json, member: Json): boolean {
  if (typeof value !== 'object' || value === null) return value === member;
  return (
    typeof member === 'object' &&
    member !== null &&
    Array.isArray(value) === Array.isArray(member) &&
    Object.keys(member).length === 0
  );
}
