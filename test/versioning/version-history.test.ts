import { createHash } from 'node:crypto';
import { canonicalDigest, canonicalJson, type JsonObject } from '#json';
import { DEFAULT_MODEL } from '#platform';
import {
  ContentTypeHasher,
  ContentTypeImporter,
  type VersionCommit,
  VersionDiff,
  VersionHistoryService,
} from '#versioning';
import { turnsDuring } from '../support/event-loop.ts';
import { readBothWays } from '../support/pages.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const PLATFORM = 'optimizely';
const KIND = 'contentType';

let service: TestApp;
let versions: VersionHistoryService;
let sql: Sql;

beforeAll(async () => {
  service = await startTestApp();
  versions = service.app.get(VersionHistoryService);
  sql = await connectSql(service.databaseUrl);
});
afterAll(async () => {
  await sql?.close();
  await service?.close();
});

const type = (typeKey: string) => ({ platform: PLATFORM, kind: KIND, typeKey });
const commitOf = (typeKey: string, definition: JsonObject, author = 'jane'): VersionCommit => ({
  ...type(typeKey),
  definition,
  author,
});
const commit = async (typeKey: string, definition: JsonObject) =>
  (await versions.commit([commitOf(typeKey, definition)]))[0]!;
const put = (path: string, body: unknown) => service.api('PUT', `/content-types/${path}`, body);
const get = (path: string) => service.api('GET', `/content-types${path}`);
const importing = (manifest: unknown, query = '') => service.api('POST', `/content-types/import${query}`, manifest);
const manifest = (stamp: string) => ({
  contentTypes: [{ key: 'ImportedPage', stamp }],
  propertyGroups: [{ key: 'ImportedPage', stamp }],
  displayTemplates: [{ key: 'ImportedTemplate', stamp }],
  locales: [{ key: 'en' }],
});
// What one import has as a type the other has as a group: the same snapshots belong to other keys.
const crossing = (order: string[], kinds: [string, string], round: number): VersionCommit[] =>
  order.flatMap((typeKey) => [
    { platform: PLATFORM, kind: kinds[0], typeKey, definition: { typeKey, one: true, round }, author: 'jane' },
    { platform: PLATFORM, kind: kinds[1], typeKey, definition: { typeKey, one: false, round }, author: 'jane' },
  ]);
const rootOfAll = async () => ((await get('')).body as { root: string }).root;

describe('the history of versions', () => {
  it('gives no new version when nothing changed, whatever the order of the keys', async () => {
    const first = await commit('Same', { a: 1, b: 2 });
    expect(first).toMatchObject({ created: true, version: { number: 1, parentHash: null, author: 'jane' } });
    const again = await commit('Same', { b: 2, a: 1, lastModified: '2026-01-01', createdBy: 'somebody' });
    expect(again).toMatchObject({ created: false, version: { number: 1, versionHash: first.version.versionHash } });
  });

  it('gives content that comes back a new number with the old hash', async () => {
    const first = await commit('Back', { a: 1 });
    const second = await commit('Back', { a: 2 });
    const third = await commit('Back', { a: 1 });
    expect(third.created).toBe(true);
    expect(third.version).toMatchObject({ number: 3, versionHash: first.version.versionHash });
    expect(third.version.parentHash).toBe(second.version.versionHash);
    expect(await versions.byHash(type('Back'), first.version.versionHash)).toMatchObject({ number: 3 });
  });

  it('tells the latest version, one by its number or hash, and all of them newest first', async () => {
    for (const a of [1, 2, 3]) await commit('ItemMessages', { a });
    const hash = canonicalDigest({ a: 2 });
    expect(await versions.latest(type('ItemMessages'))).toMatchObject({ number: 3 });
    expect(await versions.byHash(type('ItemMessages'), hash)).toMatchObject({ number: 2 });
    expect(await versions.byNumber(type('ItemMessages'), 2)).toMatchObject({ versionHash: hash });
    expect((await versions.history(type('ItemMessages'), 2)).map(({ number }) => number)).toEqual([3, 2]);
    expect(
      (await versions.history(type('ItemMessages'), 2, { direction: 'next', key: '2' })).map(({ number }) => number),
    ).toEqual([1]);
    await expect(versions.latest(type('Nobody'))).rejects.toMatchObject({ code: 'CONTENT_TYPE_NOT_FOUND' });
    await expect(versions.byHash(type('ItemMessages'), 'x')).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
  });

  it('has no gap and no fork after 20 racing commits of one type', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => commit('Raced', { index })));
    const history = (await versions.history(type('Raced'), 100)).toReversed();
    expect(history.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(history.map(({ parentHash }) => parentHash)).toEqual([
      null,
      ...history.slice(0, -1).map(({ versionHash }) => versionHash),
    ]);
    expect(new Set(history.map(({ versionHash }) => versionHash)).size).toBe(20);
  });

  it('takes racing commits of the same content as one version', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => commit('Agreed', { a: 1 })));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(results.every(({ version }) => version.number === 1)).toBe(true);
  });

  it('takes imports that race in opposite order', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `Opposite${index}`);
    for (let round = 0; round < 5; round += 1) {
      const results = await Promise.all([
        versions.commit(crossing(keys, ['contentType', 'propertyGroup'], round)),
        versions.commit(crossing(keys.toReversed(), ['propertyGroup', 'contentType'], round)),
        versions.commit(crossing(keys.toReversed(), ['contentType', 'propertyGroup'], round)),
      ]);
      expect(results.map((result) => result.length)).toEqual([60, 60, 60]);
    }
  });

  it('takes all commits of one call or none', async () => {
    const bad = commitOf('AllOrNone', { text: 'a lone surrogate \ud800' });
    await expect(versions.commit([commitOf('AllOrNone1', { a: 1 }), bad])).rejects.toMatchObject({ code: 'NOT_JSON' });
    const nul = commitOf('AllOrNone\0', { a: 1 });
    await expect(versions.commit([commitOf('AllOrNone1', { a: 1 }), nul])).rejects.toThrow('0x00');
    await expect(versions.latest(type('AllOrNone1'))).rejects.toMatchObject({ code: 'CONTENT_TYPE_NOT_FOUND' });
  });

  it('lets other work go on while a large definition is taken', async () => {
    const properties = Array.from({ length: 40_000 }, (_, index) => ({ name: `property ${index}`, index }));
    const hasher = new ContentTypeHasher();
    // What the server set is left out, so the hash is not the snapshot's; in one piece there would be a single turn.
    expect(await turnsDuring(() => hasher.hashOf({ properties, createdBy: 'somebody' }))).toBeGreaterThan(2);
  });
});

describe('the routes of versions', () => {
  it('answer 201 for a new version and 200 for the same, and show the latest with its definition', async () => {
    const definition = { key: 'Routed', properties: { heading: { type: 'string' } } };
    const first = await put('Routed?author=jane&message=because', definition);
    expect(first).toMatchObject({
      status: 201,
      body: { created: true, number: 1, author: 'jane', message: 'because' },
    });
    expect(await put('Routed', definition)).toMatchObject({ status: 200, body: { created: false, number: 1 } });
    expect((await put('Routed', { ...definition, displayName: 'R' })).status).toBe(201);
    expect(await get('/Routed')).toMatchObject({
      status: 200,
      body: { number: 2, definition: { ...definition, displayName: 'R' }, kind: 'contentType', typeKey: 'Routed' },
    });
  });

  it('keep kinds apart', async () => {
    await put('Kind', { displayName: 'a type' });
    await put('Kind?kind=propertyGroup', { displayName: 'a group' });
    expect((await get('/Kind?kind=propertyGroup')).body).toMatchObject({ definition: { displayName: 'a group' } });
    expect((await get('/Kind')).body).toMatchObject({ definition: { displayName: 'a type' } });
    expect(await get('/Kind?kind=displayTemplate')).toMatchObject({ status: 404 });
  });

  it('give back every byte of a definition, whatever its keys and text', async () => {
    const text = canonicalJson({
      ...(JSON.parse('{"__proto__":{"constructor":{"__proto__":null}}}') as JsonObject),
      constructor: ['\0', '\u2028', 1e-7],
      hasOwnProperty: Number.MAX_VALUE,
      toString: true,
      '': -0.5,
      '\u{1f600}': '\u00e9\u20ac\\"/',
    });
    expect(text).toContain('"__proto__":{"constructor":{"__proto__":null}}');
    const send = { method: 'PUT', body: text, headers: { 'content-type': 'application/json' } };
    const url = `${service.url}/api/v1/content-types/${encodeURIComponent('odd/key ü?')}`;
    expect((await fetch(url, send)).status).toBe(201);
    const answer = await (await fetch(url)).text();
    expect(answer).toContain(`"definition":${text}`);
    const sent = createHash('sha256').update(text).digest('hex');
    expect(JSON.parse(answer)).toMatchObject({ typeKey: 'odd/key ü?', versionHash: sent });
  });

  it('refuse a definition that says it is another', async () => {
    const { status, body } = await put('Mine', { key: 'Yours' });
    expect({ status, ...(body as object) }).toMatchObject({ status: 400, code: 'INVALID_DEFINITION' });
    expect(body).toMatchObject({ errors: [{ field: 'definition.key', detail: expect.stringContaining('"Yours"') }] });
  });

  it.each([[[1]], ['text'], [1], [null]])('refuse a definition that is no object: %j', async (definition) => {
    expect(await put('NoObject', definition)).toMatchObject({ status: 400, body: { code: 'INVALID_DEFINITION' } });
    expect(await get('/NoObject')).toMatchObject({ status: 404, body: { code: 'CONTENT_TYPE_NOT_FOUND' } });
  });

  it('page through versions without gaps', async () => {
    for (let a = 1; a <= 5; a += 1) await put('Paged', { a });
    const listed = await readBothWays<{ number: number }>(async (cursor) => {
      return (await get(`/Paged/versions?limit=2${cursor ? `&cursor=${cursor}` : ''}`)).body;
    });
    expect(listed.map(({ number }) => number)).toEqual([5, 4, 3, 2, 1]);
  });

  it('page through the catalogue without gaps, with the root of all of it on every page', async () => {
    const keys = ['__proto__', 'Ä', 'z', '"', '1'];
    for (const key of keys) await put(`${encodeURIComponent(key)}?kind=paged`, { key });
    const roots = new Set<string>();
    const listed = await readBothWays<{ typeKey: string }>(async (cursor) => {
      const { body } = await get(`?kind=paged&limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      roots.add((body as { root: string }).root);
      return body;
    });
    expect(listed.map(({ typeKey }) => typeKey).toSorted()).toEqual(keys.toSorted());
    expect([...roots]).toEqual([await rootOfAll()]);
  });

  it('have a root that changes with the model and comes back with it', async () => {
    await put('Rooted', { a: 1 });
    const before = await rootOfAll();
    await put('Rooted', { a: 2 });
    expect(await rootOfAll()).not.toBe(before);
    await put('Rooted', { a: 1 });
    expect(await rootOfAll()).toBe(before);
  });

  it('show what differs between two versions, by number or hash, and what it means', async () => {
    const first = (await put('Diffed', { properties: { a: { type: 'string' }, b: { type: 'string' } } })).body;
    await put('Diffed', { properties: { a: { type: 'string' } } });
    const { body } = await get('/Diffed/diff?from=1&to=2');
    expect(body).toMatchObject({
      impact: 'breaking',
      from: { number: 1 },
      to: { number: 2 },
      changes: [{ path: '/properties/b', change: 'removed', before: { type: 'string' }, impact: 'breaking' }],
    });
    const { versionHash } = first as { versionHash: string };
    expect((await get(`/Diffed/diff?from=${versionHash}`)).body).toEqual(body);
    expect(await get('/Diffed/diff?from=3')).toMatchObject({ status: 404, body: { code: 'VERSION_NOT_FOUND' } });
    expect(await get('/Diffed/diff')).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  });

  it('judge a change by the model of the installed platform', async () => {
    const [before, after] = [{ contracts: ['A', 'B'] }, { contracts: ['B', 'A'] }];
    await put('Judged', before);
    await put('Judged', after);
    expect((await get('/Judged/diff?from=1')).body).toMatchObject({ impact: 'cosmetic' });
    expect(VersionDiff.between(before, after, DEFAULT_MODEL).impact).toBe('breaking');
  });
});

describe('the import of a manifest', () => {
  it('takes every kind in one request, and says what it took and what it left', async () => {
    const first = await importing(manifest('1'), '?author=jane');
    expect(first).toMatchObject({ body: { created: 3, unchanged: 0, ignored: ['locales'] } });
    const again = await importing({ ...manifest('1'), contentTypes: [{ key: 'ImportedPage', stamp: '2' }] });
    expect(again).toMatchObject({ body: { created: 1, unchanged: 2 } });
    const { items } = again.body as { items: { kind: string; number: number; author: string }[] };
    expect(items.map(({ kind, number, author }) => [kind, number, author])).toEqual([
      ['propertyGroup', 1, 'jane'],
      ['contentType', 2, 'anonymous'],
      ['displayTemplate', 1, 'jane'],
    ]);
  });

  it.each<[string, object, string]>([
    ['is no object', { contentTypes: [{ key: 'Bad' }, 'text'] }, 'contentTypes[1]'],
    ['has no key', { contentTypes: [{ key: 'Bad' }], propertyGroups: [{}] }, 'propertyGroups[0]'],
    ['has an empty key', { contentTypes: [{ key: 'Bad' }, { key: '' }] }, 'contentTypes[1]'],
    [
      'inherits its key',
      { contentTypes: [{ key: 'Bad' }, JSON.parse('{"__proto__":{"key":"X"}}')] },
      'contentTypes[1]',
    ],
    ['has a key with NUL', { contentTypes: [{ key: 'Bad' }, { key: 'a\0' }] }, 'contentTypes[1]'],
    ['has a key too long', { contentTypes: [{ key: 'Bad' }, { key: 'a'.repeat(256) }] }, 'contentTypes[1]'],
    ['is there twice', { contentTypes: [{ key: 'Bad' }, { key: 'Bad', a: 1 }] }, 'contentType "Bad"'],
    ['is in no list', { contentTypes: { Bad: { key: 'Bad' } } }, 'contentTypes'],
    ['is not there at all', { other: [{ key: 'Bad' }] }, 'manifest'],
  ])('takes nothing when one entry %s', async (_problem, bad, field) => {
    const { status, body } = await importing(bad);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_DEFINITION', errors: [{ field }] });
    expect((await service.api('GET', '/content-types/Bad')).status).toBe(404);
  });

  it('keeps `__proto__` as a key of its own', async () => {
    const text = '{"contentTypes":[{"__proto__":{"a":1},"key":"__proto__"}]}';
    const importer = service.app.get(ContentTypeImporter);
    const taken = await importer.importManifest(JSON.parse(text), { platform: PLATFORM, author: 'jane' });
    expect(taken.versions[0]!.version.typeKey).toBe('__proto__');
    const { body } = await service.api('GET', '/content-types/__proto__');
    expect(JSON.stringify(body)).toContain('"definition":{"__proto__":{"a":1},"key":"__proto__"}');
  });
});
