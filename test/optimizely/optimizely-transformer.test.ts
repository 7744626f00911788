import * as fc from 'fast-check';
import { canonicalJson, isJsonObject, type Json, type JsonObject, pointerNames } from '#json';
import { fromPlatform, toPlatform, withoutDefaults } from '../../src/optimizely/optimizely.transformer.ts';
import { unknownFields } from '../../src/optimizely/unknown-fields.ts';
import { anyJson, objectOf } from '../support/arbitrary-json.ts';

const KINDS = ['contentType', 'propertyGroup', 'displayTemplate'];

const SERVER_SET = { created: '2026-01-01', createdBy: 'a', lastModified: '2026-01-02', lastModifiedBy: 'b' };

/** What the CMS makes of a definition, as recorded traffic shows: server-set fields and defaults filled in. */
function fillDefaults(definition: JsonObject, kind: string): JsonObject {
  if (kind === 'propertyGroup') return { sortOrder: 0, ...definition, ...SERVER_SET };
  if (kind === 'displayTemplate') {
    const choice = { sortOrder: 0 };
    const settings = mapObjects(definition['settings'], (setting) => ({
      sortOrder: 0,
      choices: {},
      ...setting,
      ...('choices' in setting && { choices: mapObjects(setting['choices'], (one) => ({ ...choice, ...one })) }),
    }));
    return { isDefault: false, ...definition, settings, ...SERVER_SET };
  }
  const lists = { mayContainTypes: [], mediaFileExtensions: [], compositionBehaviors: [], contracts: [] };
  const properties = mapObjects(definition['properties'], fillProperty);
  const defaults = { isContract: false, description: '', sortOrder: 0, accessRights: null, ...lists };
  return { ...defaults, ...definition, properties, ...SERVER_SET };
}

function fillProperty(property: JsonObject): JsonObject {
  const types = { allowedTypes: [], restrictedTypes: [] };
  const items = isJsonObject(property['items']) && { items: { ...types, ...property['items'] } };
  const flags = { isLocalized: false, isRequired: false, sortOrder: 0, displayMode: 'available', editorSettings: null };
  return { ...flags, ...types, ...property, ...items };
}

const mapObjects = (map: Json | undefined, change: (value: JsonObject) => JsonObject): Json =>
  isJsonObject(map)
    ? Object.fromEntries(Object.entries(map).map(([key, value]) => [key, isJsonObject(value) ? change(value) : value]))
    : (map ?? {});

const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'source', 'created', 'sortOrder', 'items'),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const types = fc.array(fc.constantFrom('_image', '_page', '*', 'Article'), { maxLength: 2 });
const mapOf = (value: fc.Arbitrary<Json>) => objectOf(fc.tuple(name, value));
const some = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> => {
  const entries = Object.entries(fields).map(([field, value]) => fc.tuple(fc.constant(field), value));
  return fc
    .tuple(...entries.map((entry) => fc.option(entry, { nil: [] })))
    .map((some) => Object.fromEntries(some.filter((entry) => entry.length > 0)));
};

const value = {
  format: fc.string(),
  allowedTypes: types,
  restrictedTypes: types,
  editorSettings: fc.option(mapOf(anyJson)),
};
const property = some({
  ...value,
  type: fc.constantFrom('string', 'array', 'composition', 'tomorrow'),
  displayName: fc.string(),
  isLocalized: fc.boolean(),
  isRequired: fc.boolean(),
  sortOrder: fc.integer(),
  displayMode: fc.constantFrom('available', 'hidden'),
  minimum: fc.option(fc.integer()),
  items: some(value),
  future: anyJson,
});
const choice = some({ displayName: fc.string(), sortOrder: fc.nat(3), isDefault: fc.boolean() });
const setting = some({ displayName: fc.string(), editor: fc.string(), sortOrder: fc.nat(3), choices: mapOf(choice) });
const definition = some({
  key: fc.string(),
  displayName: fc.string(),
  description: fc.string(),
  baseType: fc.constantFrom('_page', '_future'),
  isContract: fc.boolean(),
  isDefault: fc.boolean(),
  sortOrder: fc.integer(),
  mayContainTypes: types,
  contracts: types,
  accessRights: fc.option(fc.array(anyJson, { maxLength: 2 })),
  properties: mapOf(fc.oneof(property, anyJson)),
  settings: mapOf(fc.oneof(setting, anyJson)),
  composition: anyJson,
});

/** What a CMS holds that ignores the fields it does not know, and has some of its own. */
function ignoring(payload: JsonObject, kind: string): JsonObject {
  const held = structuredClone(payload);
  for (const pointer of unknownFields(payload, kind)) {
    const names = pointerNames(pointer);
    const owner = names.slice(0, -1).reduce<Json>((value, name) => (value as JsonObject)[name]!, held);
    delete (owner as JsonObject)[names.at(-1)!];
  }
  return { ...held, future: 1 };
}

describe('a definition that was pushed', () => {
  it('comes back the same from a CMS that ignores what it does not know, and adds what we do not know', () => {
    fc.assert(
      fc.property(definition, fc.constantFrom(...KINDS), (pushed, kind) => {
        const sent = toPlatform(pushed);
        const pulled = fromPlatform(fillDefaults(ignoring(sent, kind), kind), kind);
        expect(canonicalJson(pulled)).toBe(canonicalJson(fromPlatform(sent, kind)));
        expect(unknownFields(pulled, kind)).toEqual([]);
      }),
    );
  });

  it('comes back the same from a pull, whatever it holds', () => {
    fc.assert(
      fc.property(definition, fc.constantFrom(...KINDS), (pushed, kind) => {
        const sent = toPlatform(pushed);
        const pulled = fromPlatform(fillDefaults(sent, kind), kind);
        expect(canonicalJson(pulled)).toBe(canonicalJson(fromPlatform(sent, kind)));
      }),
    );
  });

  it('is the same when it is read twice', () => {
    fc.assert(
      fc.property(fc.oneof(definition, mapOf(anyJson)), fc.constantFrom(...KINDS), (payload, kind) => {
        const once = fromPlatform(payload, kind);
        expect(canonicalJson(fromPlatform(once, kind))).toBe(canonicalJson(once));
      }),
    );
  });

  it('is sent as it is, but for what only the server sets', () => {
    const text =
      '{"key":"A","sortOrder":0,"properties":{"__proto__":{"type":"string"},"created":{"type":"url"}},"future":1}';
    const written: JsonObject = JSON.parse(text);
    expect(JSON.stringify(toPlatform({ ...written, ...SERVER_SET, source: 'x' }))).toBe(text);
  });
});

const pull = (payload: JsonObject) => fromPlatform({ key: 'A', ...payload });

describe('a pulled content type', () => {
  it('has no default that the server filled in', () => {
    const filled = { description: '', isContract: false, sortOrder: 0, contracts: [], accessRights: null, source: '' };
    expect(pull({ ...filled, ...SERVER_SET })).toEqual({ key: 'A' });
  });

  it('keeps what is no default, and values that are not known', () => {
    const kept = { isContract: true, sortOrder: 3, accessRights: [], baseType: '_tomorrow' };
    expect(pull(kept)).toEqual({ key: 'A', ...kept });
  });

  it('has no field that is not known, wherever it stands', () => {
    const kind = { type: 'string', enum: [{ value: 'a', displayName: 'A', hue: 1 }], required: true };
    const list = { type: 'array', items: { type: 'string', enum: [{ value: 'a', hue: 1 }], tomorrow: 1 } };
    const accessRights = [{ name: 'Editors', type: 'role', since: 1 }, 'Everyone'];
    expect(
      pull({ future: null, composition: { format: 'grid', rows: 2 }, accessRights, properties: { kind, list } }),
    ).toEqual({
      key: 'A',
      composition: { format: 'grid' },
      accessRights: [{ name: 'Editors', type: 'role' }, 'Everyone'],
      properties: {
        kind: { type: 'string', enum: [{ value: 'a', displayName: 'A' }] },
        list: { type: 'array', items: { type: 'string', enum: [{ value: 'a' }] } },
      },
    });
  });

  it('keeps fields that are not known where it is to be patched', () => {
    const payload = {
      key: 'A',
      future: null,
      cause: [],
      sortOrder: 0,
      properties: { p: { type: 'url', tomorrow: 1 } },
    };
    const { sortOrder: _, ...kept } = payload;
    expect(withoutDefaults({ ...payload, ...SERVER_SET })).toEqual(kept);
  });

  it('keeps a property under any name, and all that it says', () => {
    const properties: JsonObject = JSON.parse(
      '{"__proto__":{"type":"string","isRequired":true},"source":{"type":"url"},"constructor":{"type":"array","minItems":0,"items":{"type":"link","pattern":"x"}}}',
    );
    const filled = mapObjects(properties, fillProperty);
    expect(canonicalJson(pull({ properties: filled })['properties'])).toBe(canonicalJson(properties));
  });

  it('must be an object', () => {
    expect(() => fromPlatform(['A'], 'contentType')).toThrow('where a contentType should be');
  });
});

it('leaves a definition of an unknown kind alone, but for what only the server sets', () => {
  expect(fromPlatform({ key: 'A', sortOrder: 0, ...SERVER_SET }, 'constructor')).toEqual({
    key: 'A',
    sortOrder: 0,
  });
});
