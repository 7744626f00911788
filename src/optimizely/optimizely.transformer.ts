import { isJsonObject, type Json, type JsonObject } from '#json';
import { type ContentType, PlatformError } from '#platform';
import { OPTIMIZELY_MODEL } from './optimizely.model.ts';

/** Which values of a field say no more than its absence, and how the objects inside are shaped. */
interface Shape {
  defaults: Record<string, Json[]>;
  /** Fields that hold one object, or a map of objects by name. */
  inside?: Record<string, { shape: Shape; mapOf?: boolean }>;
}

/** The server alone sets `source` too; a version counts it, because stored hashes do. */
const NOT_SENT = new Set([...OPTIMIZELY_MODEL.serverSet, 'source']);

const TEXT: Json[] = ['', null];
const LIST: Json[] = [[], null];
const MAP: Json[] = [{}, null];
const OFF: Json[] = [false, null];
const ZERO: Json[] = [0, null];
const UNSET: Json[] = [null];

const VALUE_DEFAULTS = {
  format: TEXT,
  contentType: TEXT,
  minimum: UNSET,
  maximum: UNSET,
  minLength: UNSET,
  maxLength: UNSET,
  pattern: TEXT,
  enum: LIST,
  allowedTypes: LIST,
  restrictedTypes: LIST,
  editorSettings: MAP,
};

const PROPERTY: Shape = {
  defaults: {
    ...VALUE_DEFAULTS,
    displayName: UNSET,
    description: TEXT,
    isLocalized: OFF,
    isRequired: OFF,
    group: TEXT,
    sortOrder: ZERO,
    indexingType: UNSET,
    displayMode: ['available', null],
    minItems: UNSET,
    maxItems: UNSET,
    items: UNSET,
  },
  inside: { items: { shape: { defaults: VALUE_DEFAULTS } } },
};

const CHOICE: Shape = { defaults: { sortOrder: ZERO, isDefault: OFF } };
const SETTING: Shape = {
  defaults: { sortOrder: ZERO, isDefault: OFF, choices: MAP },
  inside: { choices: { shape: CHOICE, mapOf: true } },
};

const SHAPE_OF_KIND: Record<string, Shape> = {
  contentType: {
    defaults: {
      description: TEXT,
      baseType: TEXT,
      isContract: OFF,
      sortOrder: ZERO,
      mayContainTypes: LIST,
      mediaFileExtensions: LIST,
      compositionBehaviors: LIST,
      contracts: LIST,
      // Not []: nobody may create it, where null means that everybody may.
      accessRights: UNSET,
      properties: MAP,
    },
    inside: { properties: { shape: PROPERTY, mapOf: true } },
  },
  propertyGroup: { defaults: { sortOrder: ZERO } },
  displayTemplate: {
    defaults: { nodeType: TEXT, baseType: TEXT, contentType: TEXT, isDefault: OFF, settings: MAP },
    inside: { settings: { shape: SETTING, mapOf: true } },
  },
};

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
  const shape = Object.hasOwn(SHAPE_OF_KIND, kind) ? SHAPE_OF_KIND[kind] : undefined;
  return withoutDefaults(toPlatform(payload), shape ?? { defaults: {} });
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
