import { isJsonObject, type Json, type JsonObject } from '#json';
import { type ContentType, PlatformError } from '#platform';
import { type Inside, isKnown, type Shape, shapeOf } from './content-shapes.ts';
import { NOT_SENT } from './server-set.ts';

type Keeps = (shape: Shape, field: string, value: Json) => boolean;

/** What the CMS is sent: the definition as it is, without the fields that only the server sets. */
export function toPlatform(definition: ContentType): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !NOT_SENT.has(field)));
}

/**
 * What the CMS holds, in our terms: {@link withoutDefaults} and without fields that are not known here. It ignores some of
 * them, and may add others to its answers: they prove no difference. Doing it twice changes nothing.
 */
export function fromPlatform(payload: Json, kind?: string): ContentType {
  return reduced(
    payload,
    kind,
    (shape, field, value) => isKnown(shape, field) && saysMoreThanAbsence(shape, field, value),
  );
}

/** A payload without server-set fields, and without values that say no more than absence. Unknown fields stay. */
export function withoutDefaults(payload: Json, kind?: string): ContentType {
  return reduced(payload, kind, saysMoreThanAbsence);
}

function reduced(payload: Json, kind = 'contentType', keeps: Keeps): ContentType {
  if (!isJsonObject(payload)) {
    const message = `Optimizely sent ${JSON.stringify(payload)?.slice(0, 100)} where a ${kind} should be.`;
    throw new PlatformError({ code: 'INVALID_ANSWER', retryable: false, message });
  }
  const shape = shapeOf(kind);
  return shape ? reducedObject(toPlatform(payload), shape, keeps) : toPlatform(payload);
}

// Object.fromEntries makes own keys of `__proto__` and the like.
function reducedObject(value: JsonObject, shape: Shape, keeps: Keeps): JsonObject {
  const { inside = {} } = shape;
  const entries = Object.entries(value).map(([field, member]): [string, Json] => [
    field,
    Object.hasOwn(inside, field) ? reducedInside(member, inside[field]!, keeps) : member,
  ]);
  return Object.fromEntries(entries.filter(([field, member]) => keeps(shape, field, member)));
}

function reducedInside(member: Json, { shape, of }: Inside, keeps: Keeps): Json {
  const reduce = (item: Json) => (isJsonObject(item) ? reducedObject(item, shape, keeps) : item);
  if (of === 'list') return Array.isArray(member) ? member.map(reduce) : member;
  if (of === 'map' && isJsonObject(member)) {
    return Object.fromEntries(Object.entries(member).map(([name, item]) => [name, reduce(item)]));
  }
  return reduce(member);
}

function saysMoreThanAbsence({ defaults }: Shape, field: string, member: Json): boolean {
  return !Object.hasOwn(defaults, field) || !defaults[field]!.some((value) => isSame(value, member));
}

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
