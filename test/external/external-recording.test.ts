import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Finding } from '#database';
import { canonicalDigest } from '#json';
import { SyncHistoryService } from '#tracking';
import { fsck } from '../../src/fsck.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { ProjectedClient } from '../support/sql.ts';

interface Sync {
  id: string;
  status: string;
  versionHash: string | null;
  errorCode: string | null;
  metadata: Record<string, unknown> | null;
  events: { type: string; data: Record<string, unknown> }[];
  [field: string]: unknown;
}

let service: TestApp;
let database: Client;

beforeAll(async () => {
  service = await startTestApp({ LEASE_MS: '500', ...optimizelyAt('http://127.0.0.1:9') });
  database = new ProjectedClient({ connectionString: service.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await service?.close();
});

const aSync = (given: object = {}) => ({
  platform: 'contentful',
  direction: 'PUSH',
  typeKey: 'Article',
  actor: 'jane',
  ...given,
});

async function recorded(given: object = {}): Promise<string> {
  const { status, body } = await service.api('POST', '/sync', aSync(given));
  expect({ status, body }).toMatchObject({ status: 201 });
  return (body as Sync).id;
}

async function theSync(id: string): Promise<Sync> {
  return (await service.api('GET', `/sync/${id}`)).body;
}

/** Makes a definition a version of its type. */
async function versionOf(data: { key: string; a: number }): Promise<string> {
  const sync = aSync({ typeKey: data.key, data, result: { status: 'SUCCESS' } });
  return ((await service.api('POST', '/sync', sync)).body as Sync).versionHash!;
}

const link = (id: string, versionHash: string) => service.api('PATCH', `/sync/${id}/version`, { versionHash });
const settle = (id: string, result: object) => service.api('PATCH', `/sync/${id}/status`, result);

/** Sends bytes as they are: `JSON.stringify` cannot write every hostile body. */
async function raw(method: string, path: string, body: string): Promise<{ status: number; body: { detail: string } }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${service.url}/api/v1${path}`, { method, headers, body });
  return { status: response.status, body: (await response.json()) as { detail: string } };
}

async function until<T>(read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isSo(value)) return value;
  }
}

describe('recording a sync from outside', () => {
  it('answers 201 with its address, and shows it as any other', async () => {
    const data = { key: 'Article', displayName: 'Article' };
    const { status, headers, body } = await service.api(
      'POST',
      '/sync',
      aSync({ environment: 'staging', data, reason: 'nightly', metadata: { job: 7 }, force: true }),
    );
    const { id } = body as Sync;
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/sync/${id}`);
    expect(body).toMatchObject({ status: 'IN_PROGRESS', versionHash: canonicalDigest(data), kind: 'contentType' });
    expect(await theSync(id)).toMatchObject({
      ...{ platform: 'contentful', environment: 'staging', direction: 'PUSH', typeKey: 'Article', actor: 'jane' },
      ...{
        status: 'IN_PROGRESS',
        trigger: 'API',
        reason: 'nightly',
        forced: true,
        metadata: { job: 7 },
        deploymentId: null,
      },
      ...{ versionHash: canonicalDigest(data), pushedDigest: canonicalDigest(data), completedAt: null },
      events: [{ type: 'sync.recorded' }],
    });
    const versions = await service.api('GET', '/content-types/Article/versions?platform=contentful');
    const recorded = { platform: 'contentful', origin: 'RECORDED', versionHash: canonicalDigest(data), author: 'jane' };
    expect(versions.body).toMatchObject({ items: [recorded] });
    expect((await service.api('GET', '/content-types/Article?platform=contentful')).status).toBe(404);
    expect((await service.api('GET', '/content-types/Article/versions')).status).toBe(404);
  });

  it('keeps the data of a pull as what was received, and makes no version of it', async () => {
    const data = { key: 'Pulled' };
    const id = await recorded({ direction: 'PULL', typeKey: 'Pulled', data, result: { status: 'SUCCESS' } });
    expect(await theSync(id)).toMatchObject({
      ...{ pushedDigest: null, responseDigest: canonicalDigest(data), versionHash: canonicalDigest(data) },
    });
    expect((await service.api('GET', `/sync/${id}/snapshot`)).body).toMatchObject({
      ...{ sent: null, received: { content: data } },
    });
    expect((await service.api('GET', '/content-types/Pulled')).status).toBe(404);
    const open = await recorded({ direction: 'PULL', data });
    await settle(open, { status: 'SUCCESS' });
    expect(await theSync(open)).toMatchObject({ status: 'SUCCESS', responseDigest: canonicalDigest(data) });
  });

  it('takes the version that is named for that of the data, when the history has it', async () => {
    const versionHash = await versionOf({ key: 'Article', a: 0 });
    const id = await recorded({ data: { a: 1 }, versionHash });
    expect(await theSync(id)).toMatchObject({ versionHash, pushedDigest: canonicalDigest({ a: 1 }) });
  });

  it('makes a version of data that is the very version that is named', async () => {
    const data = { key: 'Named', a: 1 };
    const versionHash = canonicalDigest(data);
    await recorded({ typeKey: 'Named', data, versionHash });
    const named = await service.api('GET', `/content-types/Named/versions?platform=contentful`);
    expect((named.body as { items: unknown[] }).items).toMatchObject([{ versionHash }]);
  });

  it.each<[string, object]>([
    ['with other data', { data: { a: 1 } }],
    ['without data', {}],
    ['as its result', { versionHash: null, result: { status: 'SUCCESS', versionHash: 'unknown' } }],
    ['as what was read', { direction: 'PULL' }],
  ])('refuses a version that the history does not have: %s', async (_what, given) => {
    const answer = await service.api('POST', '/sync', aSync({ versionHash: 'unknown', ...given }));
    expect(answer).toMatchObject({ status: 404, body: { code: 'VERSION_NOT_FOUND', version: 'unknown' } });
  });

  it('refuses the version of another content type', async () => {
    const versionHash = await versionOf({ key: 'Article', a: 2 });
    const answer = await service.api('POST', '/sync', aSync({ typeKey: 'Elsewhere', versionHash }));
    expect(answer).toMatchObject({ status: 404, body: { code: 'VERSION_NOT_FOUND' } });
  });

  it('refuses a deployment that does not exist', async () => {
    const answer = await service.api('POST', '/sync', aSync({ deploymentId: uuidv7() }));
    expect(answer).toMatchObject({ status: 404, body: { code: 'UNKNOWN_DEPLOYMENT' } });
  });

  it('takes a version that another sync of the batch brings, and names the one that nobody brings', async () => {
    const data = { key: 'Brought', a: 1 };
    const brought = aSync({ typeKey: 'Brought', data });
    const naming = { ...brought, data: undefined, environment: 'staging', versionHash: canonicalDigest(data) };
    expect((await service.api('POST', '/sync/batch', { syncs: [naming, brought] })).status).toBe(201);
    const wrong = await service.api('POST', '/sync/batch', { syncs: [brought, { ...naming, versionHash: 'unknown' }] });
    expect(wrong).toMatchObject({ status: 404, body: { code: 'VERSION_NOT_FOUND', index: 1 } });
  });

  it.each([[[1, 2]], ['text'], [null], [0]])('keeps data that is no object: %j', async (data) => {
    const id = await recorded({ data, typeKey: 'Oddity' });
    expect((await service.api('GET', `/sync/${id}/snapshot`)).body).toMatchObject({ sent: { content: data } });
    expect((await theSync(id)).versionHash).toBe(canonicalDigest(data));
    expect((await service.api('GET', '/content-types/Oddity')).status).toBe(404);
  });

  it('records what is over already in one request', async () => {
    const result = {
      ...{ status: 'FAILED', statusCode: 429, requestId: 'r-1', retryCount: 2, durationMs: 1234 },
      ...{ error: { code: 'RATE_LIMITED', message: 'slow down' }, response: { error: 'x' }, metadata: { b: 2 } },
    };
    const id = await recorded({ metadata: { a: 1, b: 1 }, result });
    expect(await theSync(id)).toMatchObject({
      ...{ status: 'FAILED', statusCode: 429, requestId: 'r-1', retryCount: 2, durationMs: 1234 },
      ...{ errorCode: 'RATE_LIMITED', errorMessage: 'slow down', metadata: { a: 1, b: 2 } },
      responseDigest: canonicalDigest({ error: 'x' }),
      completedAt: expect.any(String),
      events: [{ type: 'sync.recorded' }, { type: 'sync.failed', data: { errorCode: 'RATE_LIMITED' } }],
    });
  });

  it('takes null for none, where there may be none', async () => {
    const nothing = { versionHash: null, deploymentId: null, reason: null, metadata: null };
    const error = { error: null, statusCode: null, requestId: null, retryCount: null, durationMs: null };
    await recorded({ ...nothing, result: { status: 'SUCCESS', ...error, versionHash: null, metadata: null } });
    const id = await recorded({ ...nothing, result: null });
    expect(await theSync(id)).toMatchObject({ environment: 'default', kind: 'contentType', status: 'IN_PROGRESS' });
  });

  it('cannot be replayed when what it sent is no definition', async () => {
    const id = await recorded({ platform: 'optimizely', data: null, result: { status: 'FAILED' } });
    expect(await service.api('POST', `/sync/${id}/replay`, { actor: 'jane', reason: 'r' })).toMatchObject({
      ...{ status: 409, body: { code: 'NOT_REPLAYABLE' } },
    });
  });

  it('loses no key of data, metadata and response, whatever its name', async () => {
    const odd = '{"__proto__":{"constructor":1,"a":[{"__proto__":2}]},"constructor":{"prototype":3},"toString":4}';
    const body = `{"platform":"p","direction":"PUSH","typeKey":"Odd","actor":"j","data":${odd},"metadata":${odd},
      "result":{"status":"SUCCESS","response":${odd},"metadata":{"__proto__":{"more":1}}}}`;
    const { status, body: answer } = await raw('POST', '/sync', body);
    expect(status).toBe(201);
    const { id } = answer as unknown as Sync;
    const url = `${service.url}/api/v1/sync/${id}`;
    const canonical =
      '{"__proto__":{"a":[{"__proto__":2}],"constructor":1},"constructor":{"prototype":3},"toString":4}';
    const snapshot = await (await fetch(`${url}/snapshot`)).text();
    expect(snapshot.split(canonical)).toHaveLength(3);
    expect(await (await fetch(url)).text()).toContain(
      '"metadata":{"__proto__":{"more":1},"constructor":{"prototype":3},"toString":4}',
    );
  });
});

describe('settling a sync from outside', () => {
  it('takes the result once; another is refused, and kept as an event', async () => {
    const id = await recorded({ metadata: { a: 1, b: 1 } });
    const response = { ok: [true] };
    const versionHash = await versionOf({ key: 'Article', a: 8 });
    const settled = await settle(id, {
      ...{ status: 'PARTIAL', statusCode: 207, response, versionHash, metadata: { b: 2 } },
    });
    expect(settled).toMatchObject({ status: 200, body: { id, status: 'PARTIAL', versionHash } });
    expect(await settle(id, { status: 'FAILED' })).toMatchObject({ status: 409, body: { code: 'SYNC_SETTLED' } });
    expect(await theSync(id)).toMatchObject({
      ...{ status: 'PARTIAL', statusCode: 207, versionHash, metadata: { a: 1, b: 2 } },
      responseDigest: canonicalDigest(response),
      durationMs: expect.any(Number),
      events: [{ type: 'sync.recorded' }, { type: 'sync.partial' }, { type: 'sync.late_result' }],
    });
  });

  it('takes one of many results that come at once, and answers the others that it was settled', async () => {
    const id = await recorded();
    const results = Array.from({ length: 20 }, (_, durationMs) => ({
      status: durationMs % 2 ? 'SUCCESS' : 'FAILED',
      durationMs,
    }));
    const answers = await Promise.all(results.map((result) => settle(id, result)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    const { status, events } = await theSync(id);
    expect(status).toBe((won[0]!.body as Sync).status);
    expect(events.filter(({ type }) => type === 'sync.late_result')).toHaveLength(19);
    expect(events).toHaveLength(21);
  });

  it('applies one of two results that are written together', async () => {
    const history = service.app.get(SyncHistoryService);
    const [before, id] = [await recorded(), await recorded()];
    // The two wait for the write that is under way, and go out in one statement.
    const [, ...both] = await Promise.allSettled([
      history.updateSyncStatus(before, { status: 'SUCCESS' }),
      history.updateSyncStatus(id, { status: 'SUCCESS' }),
      history.updateSyncStatus(id, { status: 'FAILED' }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const won = both[0].status === 'fulfilled' ? 'SUCCESS' : 'FAILED';
    const { status, events } = await theSync(id);
    expect(status).toBe(won);
    expect(events.map(({ type }) => type).filter((type) => type === 'sync.late_result')).toHaveLength(1);
  });

  it('leaves a sync of ours alone, in progress or settled', async () => {
    const history = service.app.get(SyncHistoryService);
    const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
    const { id } = await history.recordSyncAttempt({ platform: 'p', direction: 'PUSH', typeKey: 'Ours', context });
    for (const result of [{ status: 'SUCCESS' }, { status: 'IN_PROGRESS', expiresInMs: 1000 }]) {
      expect(await settle(id, result)).toMatchObject({ status: 409, body: { code: 'SYNC_OWNED' } });
    }
    expect(await service.api('PATCH', `/sync/${id}/version`, { versionHash: 'v1' })).toMatchObject({ status: 409 });
    await history.updateSyncStatus(id, { status: 'SUCCESS' });
    expect(await settle(id, { status: 'FAILED' })).toMatchObject({ status: 409, body: { code: 'SYNC_SETTLED' } });
    expect((await theSync(id)).events).toHaveLength(2);
  });

  it('says which version a sync carried, even after it was settled', async () => {
    const id = await recorded({ result: { status: 'SUCCESS' } });
    const versionHash = await versionOf({ key: 'Article', a: 9 });
    const linked = await link(id, versionHash);
    expect(linked).toMatchObject({ status: 200, body: { id, versionHash, status: 'SUCCESS' } });
    expect((await theSync(id)).events.at(-1)).toMatchObject({
      type: 'sync.version_linked',
      data: { versionHash },
    });
    expect(await link(id, versionHash)).toMatchObject({ status: 200 });
    const other = await versionOf({ key: 'Article', a: 10 });
    expect(await link(id, other)).toMatchObject({ status: 409, body: { code: 'SYNC_SETTLED' } });
    expect(await theSync(id)).toMatchObject({ versionHash, events: { length: 3 } });
  });

  it('links a running sync anew, but to no version that the history does not have', async () => {
    const id = await recorded();
    const hashes = [await versionOf({ key: 'Article', a: 11 }), await versionOf({ key: 'Article', a: 12 })];
    for (const versionHash of hashes)
      expect(await link(id, versionHash)).toMatchObject({ status: 200, body: { versionHash } });
    expect(await link(id, 'unknown')).toMatchObject({ status: 404, body: { code: 'VERSION_NOT_FOUND' } });
    expect(await settle(id, { status: 'SUCCESS', versionHash: 'unknown' })).toMatchObject({ status: 404 });
    expect(await theSync(id)).toMatchObject({ status: 'IN_PROGRESS', versionHash: hashes[1] });
    await settle(id, { status: 'SUCCESS' });
  });

  it('links a sync of an application to what the history has, and to nothing else once it has ended', async () => {
    const history = service.app.get(SyncHistoryService);
    const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
    const { id } = await history.recordSyncAttempt({
      platform: 'contentful',
      direction: 'PUSH',
      typeKey: 'Article',
      context,
    });
    await expect(history.linkToVersion(id, 'unknown')).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
    const versionHash = await versionOf({ key: 'Article', a: 13 });
    await history.linkToVersion(id, versionHash);
    await history.updateSyncStatus(id, { status: 'SUCCESS' });
    await history.linkToVersion(id, versionHash);
    const other = history.linkToVersion(id, await versionOf({ key: 'Article', a: 14 }));
    await expect(other).rejects.toMatchObject({ code: 'SYNC_SETTLED', httpStatus: 409 });
  });

  it('answers 404 for a sync that does not exist', async () => {
    const id = uuidv7();
    expect(await settle(id, { status: 'SUCCESS' })).toMatchObject({ status: 404, body: { code: 'SYNC_NOT_FOUND' } });
    expect(await settle(id, { status: 'IN_PROGRESS', expiresInMs: 1000 })).toMatchObject({ status: 404 });
    expect(await service.api('PATCH', `/sync/${id}/version`, { versionHash: 'v' })).toMatchObject({ status: 404 });
  });

  it('settles the sync even when the response is more than can be kept, and says so', async () => {
    const id = await recorded({ metadata: { a: 1 } });
    expect(await settle(id, { status: 'SUCCESS', response: 'x'.repeat(10_000_001) })).toMatchObject({ status: 200 });
    const { metadata } = await theSync(id);
    expect(metadata).toMatchObject({ a: 1, responseNotKept: expect.stringContaining('10000000') });
  });
});

describe('a sync that its recorder abandons', () => {
  it('ends as INTERRUPTED, and what comes later is an event; one that was extended lives on', async () => {
    const [abandoned, extended] = [await recorded({ expiresInMs: 1_000 }), await recorded({ expiresInMs: 1_000 })];
    const extension = await settle(extended, { status: 'IN_PROGRESS', expiresInMs: 3_600_000 });
    expect(extension).toMatchObject({ status: 200, body: { status: 'IN_PROGRESS' } });
    const { expiresAt } = extension.body as { expiresAt: string };
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 3_500_000);
    const over = await until(
      () => theSync(abandoned),
      ({ status }) => status !== 'IN_PROGRESS',
    );
    expect(over).toMatchObject({ status: 'FAILED', errorCode: 'INTERRUPTED', outcome: 'UNKNOWN', evidence: null });
    // The time until somebody noticed is no duration.
    expect(over.durationMs).toBeNull();
    expect((await theSync(extended)).status).toBe('IN_PROGRESS');
    for (const late of [{ status: 'SUCCESS' }, { status: 'IN_PROGRESS', expiresInMs: 1_000 }]) {
      expect(await settle(abandoned, late)).toMatchObject({ status: 409, body: { code: 'SYNC_SETTLED' } });
    }
    expect((await theSync(abandoned)).events.map(({ type }) => type)).toEqual([
      'sync.recorded',
      'sync.failed',
      'sync.late_result',
    ]);
    expect(await settle(extended, { status: 'SUCCESS' })).toMatchObject({ status: 200 });
  });
});

describe('recording many syncs in one request', () => {
  it('records 1,000, and answers their ids in order', async () => {
    const syncs = Array.from({ length: 1_000 }, (_, index) =>
      aSync({
        ...{ typeKey: `Bulk${index}`, data: { index } },
        ...(index % 2 && { result: { status: 'SUCCESS', response: { index } } }),
      }),
    );
    const { status, body } = await service.api('POST', '/sync/batch', { syncs });
    expect(status).toBe(201);
    const { ids } = body as { ids: string[] };
    const { rows } = await database.query<{ id: string; type_key: string; sync_status: string }>(
      `select id, type_key, sync_status from sync_history where type_key like 'Bulk%' order by id`,
    );
    expect(rows).toEqual(
      ids.map((id, index) => ({ id, type_key: `Bulk${index}`, sync_status: index % 2 ? 'SUCCESS' : 'IN_PROGRESS' })),
    );
    expect((await theSync(ids[999]!)).events).toMatchObject([{ type: 'sync.recorded' }, { type: 'sync.succeeded' }]);
  });

  it.each([
    ['a member', aSync({ typeKey: 'None', direction: 'SIDEWAYS' }), 'syncs[2].direction must be one of'],
    ['a result', aSync({ typeKey: 'None', result: { status: 'DONE' } }), 'syncs[2].result.status must be one of'],
    [
      'an error',
      aSync({ result: { status: 'FAILED', error: { code: 1, message: 'x' } } }),
      'syncs[2].result.error.code',
    ],
    ['no object', 7, 'syncs[2] must be an object'],
    ['too large data', aSync({ data: 'x'.repeat(10_000_001) }), 'syncs[2]: The content has 10000003 bytes'],
    ['half a character', aSync({ data: '\ud800' }), 'syncs[2]: JSON cannot hold a string with a lone surrogate'],
  ])('records none when one is wrong, and names it: %s', async (_what, wrong, detail) => {
    const syncs = [aSync({ typeKey: 'None' }), aSync({ typeKey: 'None' }), wrong];
    const { status, body } = await service.api('POST', '/sync/batch', { syncs });
    expect([400, 413]).toContain(status);
    expect((body as { detail: string }).detail).toContain(detail);
    const { rows } = await database.query(`select from sync_history where type_key = 'None'`);
    expect(rows).toHaveLength(0);
  });

  it('refuses 1,001, none, and what is no list', async () => {
    const many = Array.from({ length: 1_001 }, () => aSync());
    for (const syncs of [many, [], {}, null, undefined]) {
      expect(await service.api('POST', '/sync/batch', { syncs })).toMatchObject({ status: 400 });
    }
  });
});

describe('a hostile body', () => {
  it.each([
    ['direction must be one of', aSync({ direction: 'SIDEWAYS' })],
    ['typeKey should not be empty', aSync({ typeKey: '' })],
    ['typeKey must not contain a NUL', aSync({ typeKey: 'a\0b' })],
    ['typeKey must not be "."', aSync({ typeKey: '.' })],
    ['typeKey must not be', aSync({ typeKey: '..' })],
    ['actor must not be blank', aSync({ actor: ' \u200b' })],
    ['reason must be a string', aSync({ reason: 7 })],
    ['platform must be one value, not several', aSync({ platform: ['p'] })],
    ['platform must be a string', aSync({ platform: { p: 1 } })],
    ['environment must be a string', aSync({ environment: null })],
    ['kind must be a string', aSync({ kind: null })],
    ['force must be a boolean', aSync({ force: null })],
    ['expiresInMs must be an integer', aSync({ expiresInMs: null })],
    ['actor must be a string', aSync({ actor: undefined })],
    ['force must be a boolean', aSync({ force: 'yes' })],
    ['deploymentId must be a UUID', aSync({ deploymentId: 'd' })],
    ['metadata must be an object', aSync({ metadata: [] })],
    ['metadata must be an object of at most 65536 bytes', aSync({ metadata: { a: 'x'.repeat(70_000) } })],
    ['expiresInMs must not be less than 1000', aSync({ expiresInMs: 999 })],
    ['expiresInMs must not be greater than 86400000', aSync({ expiresInMs: 86_400_001 })],
    ['expiresInMs must be an integer', aSync({ expiresInMs: '5000' })],
    ['owner should not exist', aSync({ owner: uuidv7() })],
    ['response should not exist', aSync({ response: 1 })],
    ['constructor should not exist', aSync({ constructor: 1 })],
    ['result must be an object', aSync({ result: [] })],
    ['result.status must be one of', aSync({ result: { status: 'IN_PROGRESS' } })],
    ['result.statusCode must not be greater than 599', aSync({ result: { status: 'SUCCESS', statusCode: 99_999 } })],
    ['result.retryCount must not be greater', aSync({ result: { status: 'SUCCESS', retryCount: 40_000 } })],
    ['result.durationMs must not be less than 0', aSync({ result: { status: 'SUCCESS', durationMs: -1 } })],
    ['result.error must be an object', aSync({ result: { status: 'FAILED', error: 'x' } })],
    [
      'result.response must not be given next to data',
      aSync({ direction: 'PULL', data: {}, result: { status: 'SUCCESS', response: {} } }),
    ],
    ['must be an object', [aSync()]],
    ['must be an object', 'text'],
  ])('is refused with 400: %s', async (detail, body) => {
    const answer = await service.api('POST', '/sync', body);
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(detail) } });
  });

  it('is refused for __proto__ outside the free-form members', async () => {
    const { status, body } = await raw(
      'POST',
      '/sync',
      `{"__proto__":{"actor":"x"},${JSON.stringify(aSync()).slice(1)}`,
    );
    expect(status).toBe(400);
    expect(body.detail).toContain('__proto__ should not exist');
  });

  it.each([
    ['status must be one of', { status: 'DONE' }],
    ['expiresInMs should not exist', { status: 'SUCCESS', expiresInMs: 5_000 }],
    ['expiresInMs must be an integer', { status: 'IN_PROGRESS' }],
    ['response should not exist', { status: 'IN_PROGRESS', expiresInMs: 5_000, response: 1 }],
    ['requestId must be a string', { status: 'SUCCESS', requestId: 7 }],
    ['durationMs must not be less than 0', { status: 'SUCCESS', durationMs: -0.4 }],
    ['versionHash must not contain a NUL', { status: 'SUCCESS', versionHash: 'a\0' }],
    ['must be an object', null],
  ])('of a result is refused with 400: %s', async (detail, body) => {
    const answer = await settle(await recorded(), body as object);
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(detail) } });
  });

  it('is refused when it is too large', async () => {
    const { status } = await raw('POST', '/sync', JSON.stringify(aSync({ data: 'x'.repeat(33 * 1024 * 1024) })));
    expect(status).toBe(413);
  });
});

describe('the books, after all this', () => {
  it('are right', async () => {
    const findings: Finding[] = [];
    await fsck(service.databaseUrl, (finding) => findings.push(finding));
    expect(findings).toEqual([]);
  });
});
