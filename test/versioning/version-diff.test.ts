import * as fc from 'fast-check';
import { canonicalJson, isJsonObject, type Json, type JsonObject, pointerNames } from '#json';
import { OPTIMIZELY_MODEL } from '#optimizely';
import { compareJson, type JsonComparison } from '#snapshot';
import { ContentTypeHasher } from '../../src/versioning/content-type.hasher.ts';
import { VersionDiff } from '../../src/versioning/version.diff.ts';
import { anyJson, anyObject, oddKey, reversed } from '../support/arbitrary-json.ts';
import { runs } from '../support/properties.ts';

const between = (before: JsonObject | null, after: JsonObject | null) =>
  VersionDiff.between(before, after, OPTIMIZELY_MODEL);
const parsed = (text: string): JsonObject => JSON.parse(text);

describe('a comparison of JSON', () => {
  it('finds nothing exactly when both sides are the same content', () => {
    const pairs = fc.oneof(
      fc.tuple(anyJson, anyJson),
      anyJson.map((value): [Json, Json] => [value, reversed(value)]),
    );
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const { added, modified, removed } = compareJson(before, after);
        const same = added.length + modified.length + removed.length === 0;
        expect(same).toBe(canonicalJson(before) === canonicalJson(after));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('leads from before to after', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const result = replay(before, compareJson(before, after));
        expect(canonicalJson(withoutOrder(result))).toBe(canonicalJson(withoutOrder(after)));
      }),
      { numRuns: runs(1000), examples: [[...MIXED]] },
    );
  });

  it('swaps added and removed, before and after, when the sides are swapped', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (before, after) => {
        const there = compareJson(before, after);
        const back = compareJson(after, before);
        const mirrored = {
          added: back.removed,
          removed: back.added,
          modified: back.modified.map(({ path, before, after }) => ({ path, before: after, after: before })),
          unchanged: back.unchanged,
        };
        expect(canonicalJson(there)).toBe(canonicalJson(mirrored));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('sees own members that objects also inherit', () => {
    const before = parsed('{"__proto__":{"a":1},"constructor":1,"length":1}');
    const after = parsed('{"__proto__":{"a":2},"toString":1,"length":1}');
    expect(compareJson(before, after)).toEqual({
      added: [{ path: '/toString', value: 1 }],
      modified: [{ path: '/__proto__/a', before: 1, after: 2 }],
      removed: [{ path: '/constructor', value: 1 }],
      unchanged: 1,
    });
    expect(compareJson({}, parsed('{"__proto__":{}}')).added).toHaveLength(1);
  });

  it('writes paths as JSON Pointers', () => {
    const { added } = compareJson({ 'a/b': {} }, { 'a/b': { '~1': 1 } });
    expect(added).toEqual([{ path: '/a~1b/~01', value: 1 }]);
    expect(pointerNames(added[0]!.path)).toEqual(['a/b', '~1']);
  });

  it('counts the leaves that are the same, an empty list or object being one', () => {
    const { unchanged } = compareJson(
      { a: [1, { b: null }], c: {}, d: [], e: 1 },
      { a: [1, { b: null }], c: {}, d: [] },
    );
    expect(unchanged).toBe(4);
  });

  it('matches elements of a list by their names, so that one that goes moves no other', () => {
    const before = {
      types: [
        { key: 'A', group: 'x' },
        { key: 'B', group: 'x' },
        { key: 'C', group: 'x' },
      ],
      tags: ['a', 'b', 'c'],
    };
    const after = {
      types: [
        { key: 'B', group: 'x' },
        { key: 'C', group: 'y' },
      ],
      tags: ['b', 'c', 'd'],
    };
    expect(compareJson(before, after)).toEqual({
      added: [{ path: '/tags/d', value: 'd' }],
      modified: [{ path: '/types/C/group', before: 'x', after: 'y' }],
      removed: [
        { path: '/tags/a', value: 'a' },
        { path: '/types/A', value: { key: 'A', group: 'x' } },
      ],
      unchanged: 5,
    });
  });

  it('matches elements by index where a name is missing or shared', () => {
    const { modified, removed } = compareJson(['a', 'a', 'b'], ['a', 'b']);
    expect(modified).toEqual([{ path: '/1', before: 'a', after: 'b' }]);
    expect(removed).toEqual([{ path: '/2', value: 'b' }]);
  });

  it('tells a new order of a list as one modification of it', () => {
    const { added, modified, removed } = compareJson({ tags: ['a', 'b', 'c'] }, { tags: ['new', 'c', 'a', 'b'] });
    expect(modified).toEqual([{ path: '/tags', before: ['a', 'b', 'c'], after: ['new', 'c', 'a', 'b'] }]);
    expect(added).toEqual([{ path: '/tags/new', value: 'new' }]);
    expect(removed).toEqual([]);
  });

  it('goes as deep as the content does', () => {
    let before: Json = 1;
    let after: Json = 2;
    for (let level = 0; level < 100_000; level++) [before, after] = [{ a: before }, { a: after }];
    expect(compareJson(before, after).modified).toMatchObject([{ before: 1, after: 2 }]);
  });
});

describe('the difference of two versions', () => {
  it('is empty exactly when they have the same hash', () => {
    const hasher = new ContentTypeHasher();
    const pairs = fc.oneof(
      fc.tuple(anyObject, anyObject),
      anyObject.map((value): [JsonObject, JsonObject] => [value, { ...value, lastModified: 'now', createdBy: 'me' }]),
    );
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const same = hasher.generateHash(before) === hasher.generateHash(after);
        expect(between(before, after).changes.length === 0).toBe(same);
        expect(between(before, after).impact === 'none').toBe(same);
      }),
    );
  });

  it('lists changes by path, each with its impact, and the worst of all', () => {
    const before = { key: 'Article', properties: { heading: { type: 'string' }, body: { type: 'richText' } } };
    const after = {
      key: 'Article',
      displayName: 'Article',
      properties: { heading: { type: 'string', maxLength: 80 }, teaser: { type: 'string' } },
    };
    const diff = between(before, after);
    expect(diff.changes).toEqual([
      { path: '/displayName', change: 'added', after: 'Article', impact: 'cosmetic' },
      { path: '/properties/body', change: 'removed', before: { type: 'richText' }, impact: 'breaking' },
      { path: '/properties/heading/maxLength', change: 'added', after: 80, impact: 'breaking' },
      { path: '/properties/teaser', change: 'added', after: { type: 'string' }, impact: 'additive' },
    ]);
    expect(diff.impact).toBe('breaking');
    expect(diff.added.map(({ path }) => path)).toEqual([
      '/displayName',
      '/properties/heading/maxLength',
      '/properties/teaser',
    ]);
    expect(diff.removed.map(({ path }) => path)).toEqual(['/properties/body']);
    expect(diff.modified).toEqual([]);
  });

  it('of a type that is new is additive, of one that is gone breaking, of none nothing', () => {
    const type = { key: 'Article' };
    expect(between(null, type)).toMatchObject({
      changes: [{ path: '', change: 'added', after: type }],
      impact: 'additive',
    });
    expect(between(type, null)).toMatchObject({
      changes: [{ path: '', change: 'removed', before: type }],
      impact: 'breaking',
    });
    expect(between(null, null)).toMatchObject({ changes: [], impact: 'none' });
  });

  it('of 200 KB is there at once', () => {
    const [before, after] = [large('Before'), large('After')];
    const start = performance.now();
    expect(between(before, after).changes).toHaveLength(2_000);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe('the impact of a change', () => {
  const none = undefined;
  it.each<[string, Json | undefined, Json | undefined, string]>([
    // the type itself
    ['/displayName', 'A', 'B', 'cosmetic'],
    ['/displayName', none, 'B', 'cosmetic'],
    ['/description', 'A', none, 'cosmetic'],
    ['/sortOrder', 1, 2, 'cosmetic'],
    ['/order', 1, 2, 'cosmetic'],
    ['/key', 'A', 'B', 'breaking'],
    ['/key', none, 'A', 'breaking'],
    ['/baseType', '_page', '_component', 'breaking'],
    ['/baseType', none, '_page', 'breaking'],
    ['/isContract', none, false, 'cosmetic'],
    ['/isContract', false, true, 'breaking'],
    ['/isContract', true, none, 'breaking'],
    ['/mayContainTypes', ['A'], ['A', 'B'], 'additive'],
    ['/mayContainTypes', none, ['A'], 'additive'],
    ['/mayContainTypes', ['A', 'B'], ['B'], 'breaking'],
    ['/mayContainTypes', ['A', 'B'], ['B', 'A'], 'cosmetic'],
    ['/mayContainTypes', [], none, 'cosmetic'],
    ['/contracts', ['A'], [], 'breaking'],
    ['/contracts', [], ['A'], 'additive'],
    ['/contracts', ['A', 'B'], ['B', 'A'], 'cosmetic'],
    ['/compositionBehaviors', ['sectionEnabled'], none, 'breaking'],
    ['/compositionBehaviors', ['a'], ['a', 'b'], 'additive'],
    ['/mediaFileExtensions', ['png', 'jpg'], ['jpg', 'png'], 'cosmetic'],
    ['/unknown', none, 1, 'additive'],
    ['/unknown', 1, 2, 'breaking'],
    ['/unknown', 1, none, 'breaking'],
    ['/unknown', ['a', 'b'], ['b', 'a'], 'breaking'],
    ['/unknown', [{ name: 'a' }, { name: 'b' }], [{ name: 'b' }, { name: 'a' }], 'cosmetic'],
    ['/unknown', { displayName: 'A' }, { displayName: 'B' }, 'breaking'],
    ['/constructor', none, 1, 'additive'],
    ['/toString', 1, none, 'breaking'],
    // its properties
    ['/properties', none, { p: { type: 'string' } }, 'additive'],
    ['/properties/p', none, { type: 'string' }, 'additive'],
    ['/properties/p', { type: 'string' }, none, 'breaking'],
    ['/properties/displayName', { type: 'string' }, none, 'breaking'],
    ['/properties/p/type', 'string', 'integer', 'breaking'],
    ['/properties/p/type', none, 'string', 'breaking'],
    ['/properties/type/displayName', 'A', 'B', 'cosmetic'],
    ['/properties/displayName/type', 'string', 'integer', 'breaking'],
    ['/properties/properties/group', 'a', 'b', 'cosmetic'],
    ['/properties/items/type', 'string', 'integer', 'breaking'],
    ['/properties/p/format', none, 'html', 'breaking'],
    ['/properties/p/items/type', 'string', 'integer', 'breaking'],
    ['/properties/p/items', { type: 'string' }, none, 'breaking'],
    ['/properties/p/items/maxLength', 10, 20, 'additive'],
    ['/properties/p/items', none, { type: 'string' }, 'breaking'],
    ['/properties/p/contentType', 'A', 'B', 'breaking'],
    ['/properties/p/contentType', none, 'A', 'breaking'],
    ['/properties/p/displayMode', 'available', 'hidden', 'cosmetic'],
    ['/properties/p/editorSettings', { a: { type: 1 } }, { a: { type: 2 } }, 'cosmetic'],
    ['/properties/p/editorSettings', { a: ['x', 'y'] }, { a: ['y'] }, 'cosmetic'],
    ['/properties/p/isLocalized', true, false, 'breaking'],
    ['/properties/p/isLocalized', true, none, 'breaking'],
    ['/properties/p/isLocalized', none, true, 'additive'],
    ['/properties/p/isLocalized', none, false, 'cosmetic'],
    ['/properties/p/isRequired', false, true, 'breaking'],
    ['/properties/p/isRequired', none, true, 'breaking'],
    ['/properties/p/isRequired', true, none, 'additive'],
    ['/properties/p/isRequired', true, 'yes', 'breaking'],
    ['/properties/p/indexingType', 'searchable', 'queryable', 'breaking'],
    ['/properties/p/indexingType', 'queryable', 'searchable', 'additive'],
    ['/properties/p/indexingType', 'queryable', none, 'breaking'],
    ['/properties/p/indexingType', none, 'searchable', 'additive'],
    ['/properties/p/indexingType', none, 'disabled', 'breaking'],
    ['/properties/p/indexingType', 'disabled', none, 'additive'],
    ['/properties/p/indexingType', 'searchable', 'other', 'breaking'],
    // its limits
    ['/properties/p/maxLength', 10, 9, 'breaking'],
    ['/properties/p/maxLength', 9, 10, 'additive'],
    ['/properties/p/maxLength', none, 10, 'breaking'],
    ['/properties/p/maxLength', null, 10, 'breaking'],
    ['/properties/p/maxLength', 10, none, 'additive'],
    ['/properties/p/maxLength', 10, null, 'additive'],
    ['/properties/p/maxItems', 2, 1, 'breaking'],
    ['/properties/p/maxItems', 1, 2, 'additive'],
    ['/properties/p/maximum', 2, 1, 'breaking'],
    ['/properties/p/maximum', '2030-01-01T00:00:00Z', '2030-01-01T00:00:00+02:00', 'breaking'],
    ['/properties/p/maximum', '2030-01-01', '2031-01-01', 'additive'],
    ['/properties/p/maximum', '9', '10', 'additive'],
    ['/properties/p/maximum', 1, '2', 'breaking'],
    ['/properties/p/maximum', 'soon', 'later', 'breaking'],
    ['/properties/p/minLength', 1, 2, 'breaking'],
    ['/properties/p/minLength', 2, 1, 'additive'],
    ['/properties/p/minItems', 2, 1, 'additive'],
    ['/properties/p/minItems', none, 1, 'breaking'],
    ['/properties/p/minimum', 1, none, 'additive'],
    ['/properties/p/minimum', -1, -2, 'additive'],
    ['/properties/p/pattern', none, '^a', 'breaking'],
    ['/properties/p/pattern', '^a', '^b', 'breaking'],
    ['/properties/p/pattern', '^a', none, 'additive'],
    // what it may hold
    ['/properties/p/enum', [{ value: 'a' }], [{ value: 'a' }, { value: 'b' }], 'additive'],
    ['/properties/p/enum', [{ value: 'a' }, { value: 'b' }], [{ value: 'b' }], 'breaking'],
    ['/properties/p/enum', [{ value: 'a' }, { value: 'b' }], [{ value: 'b' }, { value: 'a' }], 'cosmetic'],
    ['/properties/p/enum', [{ value: 1 }], [{ value: '1' }], 'breaking'],
    ['/properties/p/enum', [{ value: 'a', displayName: 'A' }], [{ value: 'a', displayName: 'B' }], 'cosmetic'],
    ['/properties/p/enum', none, [{ value: 'a' }], 'breaking'],
    ['/properties/p/enum', [{ value: 'a' }], none, 'additive'],
    ['/properties/p/enum', [1, 2], [1, 2, 3], 'additive'],
    ['/properties/p/items/enum', [1, 2], [1], 'breaking'],
    ['/properties/p/allowedTypes', ['A'], ['A', 'B'], 'additive'],
    ['/properties/p/allowedTypes', ['A', 'B'], ['A'], 'breaking'],
    ['/properties/p/allowedTypes', ['displayName'], ['A', 'displayName'], 'additive'],
    ['/properties/p/allowedTypes', ['displayName', 'A'], ['A'], 'breaking'],
    ['/properties/p/allowedTypes', none, ['A'], 'breaking'],
    ['/properties/p/allowedTypes', [], ['A'], 'breaking'],
    ['/properties/p/allowedTypes', none, [], 'cosmetic'],
    ['/properties/p/allowedTypes', ['A'], none, 'additive'],
    ['/properties/p/items/allowedTypes', [], ['A'], 'breaking'],
    ['/properties/p/restrictedTypes', none, ['A'], 'breaking'],
    ['/properties/p/restrictedTypes', ['A'], ['A', 'B'], 'breaking'],
    ['/properties/p/restrictedTypes', ['A', 'B'], ['A'], 'additive'],
    // a display template
    ['/settings/displayName', { editor: 'select' }, none, 'breaking'],
    ['/settings/theme/displayName', 'A', 'B', 'cosmetic'],
    ['/settings/theme/choices/order', { displayName: 'A' }, none, 'breaking'],
    ['/settings/theme/choices/order/sortOrder', 1, 2, 'cosmetic'],
  ])('%s from %j to %j is %s', (path, before, after, impact) => {
    const diff = between(definitionWith(path, before), definitionWith(path, after));
    expect(diff.changes).toHaveLength(1);
    expect(diff.impact).toBe(impact);
  });

  it('is the worst of all', () => {
    const before = { key: 'A', displayName: 'A', contracts: ['X'] };
    expect(between(before, { ...before, displayName: 'B' }).impact).toBe('cosmetic');
    expect(between(before, { ...before, displayName: 'B', contracts: ['X', 'Y'] }).impact).toBe('additive');
    expect(between(before, { ...before, displayName: 'B', contracts: ['Y'] }).impact).toBe('breaking');
  });
});

/** About 200 KB. */
function large(displayName: string): JsonObject {
  const members = Array.from({ length: 2_000 }, (_, index): [string, Json] => [
    `property${index}`,
    { type: 'string', displayName, enum: [{ value: 'a' }, { value: 'b' }], maxLength: index },
  ]);
  return { properties: Object.fromEntries(members) };
}

/** A definition with this value at this path, and nothing there if it is undefined. */
function definitionWith(path: string, value: Json | undefined): JsonObject {
  const names = pointerNames(path);
  const last = names.pop()!;
  const innermost: JsonObject = value === undefined ? {} : { [last]: value };
  return names.reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), innermost);
}

/** Documents in which the name of a list tells how its elements are matched, so that a replay needs no guess. */
const document = fc.letrec<{ document: JsonObject; member: [string, Json] }>((tie) => ({
  document: fc.array(tie('member'), { maxLength: 5 }).map((members): JsonObject => Object.fromEntries(members)),
  member: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.tuple(
      oddKey,
      fc.oneof(fc.constantFrom<Json[]>(null, 1, 2, 'a', {}), fc.double({ noNaN: true, noDefaultInfinity: true })),
    ),
    fc.tuple(oddKey, tie('document')),
    fc.tuple(fc.constant('byValue:list'), fc.uniqueArray(oddKey, { maxLength: 5 })),
    fc.tuple(
      fc.constant('byKey:list'),
      fc
        .uniqueArray(fc.tuple(oddKey, tie('document')), { selector: ([key]) => key, maxLength: 4 })
        .map((elements) => elements.map(([key, element]): Json => ({ ...element, key }))),
    ),
    fc.tuple(
      fc.constant('byIndex:list'),
      fc.array(tie('document'), { maxLength: 4 }).map((elements): Json => [null, ...elements]),
    ),
  ),
})).document;

/** Elements go by their index beside others that go by their names. */
const MIXED = [
  parsed(
    '{"a":null,"byKey:list":[{"key":"__proto__"},{"key":"1"},{"":{},"byIndex:list":[null,{},{},{},{}],"key":"value"}]}',
  ),
  parsed('{"byKey:list":[{"byIndex:list":[null],"key":"value"}]}'),
] as const;

/** What a reader of a comparison does by hand. */
function replay(start: JsonObject, { added, modified, removed }: JsonComparison): Json {
  // Copied by its text: in a structured clone an object that stands in two places stays one, and changes in both.
  const result = parsed(canonicalJson(start));
  for (const { path, before, after } of modified) {
    if (!Array.isArray(before) || !Array.isArray(after)) put(result, path, after);
  }
  for (const { path } of removed.toSorted((a, b) => lastIndex(b.path) - lastIndex(a.path))) put(result, path);
  for (const { path, value } of added.toSorted((a, b) => lastIndex(a.path) - lastIndex(b.path)))
    put(result, path, value);
  return result;
}

/** -1 where a path ends in a name. */
function lastIndex(path: string): number {
  const name = pointerNames(path).at(-1)!;
  return /^\d+$/.test(name) ? Number(name) : -1;
}

/** Sets, adds or (without a value) removes what the path leads to. */
function put(root: JsonObject, path: string, value?: Json): void {
  const names = pointerNames(path);
  const name = names.pop()!;
  let parent: Json = root;
  let matching = '';
  for (const step of names) {
    if (Array.isArray(parent)) parent = parent[indexIn(parent, matching, step)]!;
    else if (isJsonObject(parent)) parent = parent[step]!;
    matching = step;
  }
  if (Array.isArray(parent)) {
    const index = indexIn(parent, matching, name);
    const known = index >= 0 && index < parent.length;
    parent.splice(known ? index : parent.length, known ? 1 : 0, ...(value === undefined ? [] : [value]));
  } else if (value === undefined) {
    Reflect.deleteProperty(Object(parent), name);
  } else {
    Object.defineProperty(parent, name, { value, configurable: true, enumerable: true, writable: true });
  }
}

function indexIn(list: Json[], matching: string, name: string): number {
  if (matching === 'byIndex:list') return Number(name);
  return list.findIndex((element) => (isJsonObject(element) ? element['key'] : element) === name);
}

/** The same with the lists that are matched by name in one order. */
function withoutOrder(value: Json, matching = ''): Json {
  if (Array.isArray(value)) {
    const elements = value.map((element) => withoutOrder(element));
    return matching === 'byIndex:list'
      ? elements
      : elements.sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutOrder(member, key)]));
}
