import { request } from 'node:http';
import { text as read } from 'node:stream/consumers';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { v7 as uuidv7 } from 'uuid';
import { type NewSync, SyncWriter } from '#recording';
import { SyncHistoryService } from '#tracking';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let service: TestApp;
let history: SyncHistoryService;
let sql: Sql;

beforeAll(async () => {
  service = await startTestApp();
  history = service.app.get(SyncHistoryService);
  sql = await connectSql(service.databaseUrl);
});
afterAll(async () => {
  await sql?.close();
  await service?.close();
});

interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  errors?: string[];
}

/** A request exactly as given; the answer must be a whole problem document. */
async function problemOf(
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  contentType = 'application/json',
): Promise<Problem> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    ...(body !== undefined && { body, headers: { 'content-type': contentType } }),
  });
  return checked(response.status, response.headers.get('content-type'), await response.text(), path);
}

function checked(status: number, contentType: string | null | undefined, body: string, path: string): Problem {
  expect({ path, status, contentType, body }).toMatchObject({ contentType: expect.stringMatching(/problem\+json/) });
  const problem = JSON.parse(body) as Problem;
  expect(problem).toMatchObject({ type: 'about:blank', status, title: expect.any(String), detail: expect.any(String) });
  expect(problem.code).toMatch(/^[A-Z][A-Z_]+$/);
  return problem;
}

const deploying = (members: string) => `{"platform":"optimizely","actor":"jane"${members}}`;

describe('a request body', () => {
  it.each<[string, string, RegExp]>([
    ['a wrong type', deploying(',"force":"yes"'), /force must be a boolean/],
    ['a missing member', '{"platform":"optimizely"}', /actor/],
    ['an unknown member', deploying(',"nonsense":1'), /nonsense should not exist/],
    ['an item that is none', deploying(',"items":[1]'), /items/],
    ['an unknown member in an item', deploying(',"items":[{"typeKey":"A","x":1}]'), /x should not exist/],
    ['an empty text', '{"platform":"optimizely","actor":""}', /actor should not be empty/],
    ['a text with NUL', '{"platform":"optimizely","actor":"a\\u0000"}', /actor must not contain a NUL/],
    ['a text too long', `{"platform":"optimizely","actor":"${'a'.repeat(256)}"}`, /actor must be shorter/],
    ['a list', '[]', /./],
    ['a text alone', '"optimizely"', /./],
    ['null', 'null', /./],
  ])('with %s is a 400 that names what is wrong', async (_name, body, message) => {
    const problem = await problemOf('POST', '/api/v1/deployments', body);
    expect(problem).toMatchObject({ status: 400, code: 'INVALID_REQUEST', detail: expect.stringMatching(message) });
  });

  it('with many faults is a 400 that names them all', async () => {
    const { errors } = await problemOf('POST', '/api/v1/deployments', '{"platform":1,"force":1,"reason":2,"x":3}');
    for (const name of ['platform', 'force', 'reason', 'actor', 'x']) {
      expect(errors).toEqual(expect.arrayContaining([expect.objectContaining({ field: name })]));
    }
  });

  it.each<[string, string | Uint8Array<ArrayBuffer>, RegExp]>([
    ['is empty', '', /empty body/],
    ['is blank', ' \n', /empty body/],
    ['is no JSON', '{"a":', /not JSON/],
    ['is JSON and more', '{} {}', /not JSON/],
    ['is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /UTF-8/],
    ['is nested 4,000 deep', '['.repeat(4_000) + ']'.repeat(4_000), /deeper than 200/],
    ['is nested 4,000 deep in an object', '{"a":'.repeat(4_000) + '1' + '}'.repeat(4_000), /deeper than 200/],
    ['has a number with more digits than are kept', '{"a":12345678901234567890}', /12345678901234567890/],
    ['has a number that is too large', '{"a":1e400}', /1e400/],
    ['has a fraction that would be rounded', '{"a":0.1234567890123456789}', /cannot be kept exactly/],
  ])('that %s is a 400', async (_name, body, message) => {
    for (const [method, path] of [
      ['POST', '/api/v1/deployments'],
      ['PUT', '/api/v1/content-types/A'],
      ['POST', '/api/v1/content-types/import'],
    ] as const) {
      expect(await problemOf(method, path, body)).toMatchObject({
        status: 400,
        detail: expect.stringMatching(message),
      });
    }
  });

  it.each([
    ['POST', '/api/v1/alerts/test', 256 * 1024],
    ['POST', '/api/v1/deployments', 1024 * 1024],
    ['PUT', '/api/v1/content-types/A', 16 * 1024 * 1024],
    ['POST', '/api/v1/content-types/import', 32 * 1024 * 1024],
  ])('longer than its address takes is a 413 that names the limit: %s %s', async (method, path, limit) => {
    const problem = await problemOf(method, path, `"${'a'.repeat(limit)}"`);
    expect(problem).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE', limit });
  });

  it('whose content is larger than a snapshot is a 413 that names both sizes', async () => {
    const problem = await problemOf('PUT', '/api/v1/content-types/A', `{"a":"${'a'.repeat(10_000_000)}"}`);
    expect(problem).toMatchObject({ status: 413, code: 'SNAPSHOT_TOO_LARGE', size: 10_000_008, limit: 10_000_000 });
  });

  it('keeps numbers that a double holds exactly, nested 200 deep', async () => {
    const nested = `{"n":[0.1,1.50,1e21,-0,123456789012345680000],"deep":${'['.repeat(199)}${']'.repeat(199)}}`;
    const url = `${service.url}/api/v1/content-types/Nested`;
    const sent = await fetch(url, { method: 'PUT', body: nested, headers: { 'content-type': 'application/json' } });
    expect(sent.status).toBe(201);
    expect(await (await fetch(url)).text()).toContain('"n":[0.1,1.5,1e+21,0,123456789012345680000]');
  });

  it.each(['application/json; charset=utf-8', 'application/vnd.optimizely.cms.v1.manifest+json'])(
    'may say that it is %s',
    async (contentType) => {
      const problem = await problemOf('POST', '/api/v1/deployments', '{}', contentType);
      expect(problem).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    },
  );

  // A form can be posted by any page that somebody looks at; JSON cannot.
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'that says it is %s is a 415',
    async (contentType) => {
      const body = 'platform=optimizely&actor=jane';
      expect(await problemOf('POST', '/api/v1/deployments', body, contentType)).toMatchObject({ status: 415 });
      expect(await problemOf('PUT', '/api/v1/content-types/A', body, contentType)).toMatchObject({ status: 415 });
    },
  );

  it('that is not there is a 400', async () => {
    expect(await problemOf('POST', '/api/v1/deployments')).toMatchObject({ status: 400 });
    expect(await problemOf('PUT', '/api/v1/content-types/A')).toMatchObject({ status: 400 });
  });
});

describe('an address', () => {
  it.each([
    ['GET', '/api/v1/nowhere'],
    ['GET', '/api/v2/deployments'],
    ['GET', '/nowhere'],
    ['POST', '/api/v1/content-types/A/nowhere'],
    ['PUT', '/api/v1/content-types/'],
  ])('that is not served is a 404: %s %s', async (method, path) => {
    expect(await problemOf(method, path)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it.each([
    ['DELETE', '/api/v1/deployments', 'GET, HEAD, POST'],
    ['PATCH', '/api/v1/content-types/A', 'GET, HEAD, PUT'],
    ['POST', '/docs', 'GET, HEAD'],
    ['OPTIONS', '/api/v1/sync', 'POST'],
  ])('that is served with other methods is a 405 that names them: %s %s', async (method, path, allow) => {
    const response = await fetch(service.url + path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    const problem = checked(response.status, response.headers.get('content-type'), await response.text(), path);
    expect(problem).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED', allow: allow.split(', ') });
  });

  it.each<[string, string]>([
    ['/api/v1/sync/not-an-id', 'INVALID_REQUEST'],
    ['/api/v1/deployments/1', 'INVALID_REQUEST'],
    ['/api/v1/deployments?cursor=1', 'INVALID_CURSOR'],
    ['/api/v1/deployments?cursor=1&cursor=2', 'INVALID_REQUEST'],
    ['/api/v1/deployments?limit=0', 'INVALID_REQUEST'],
    ['/api/v1/deployments?limit=101', 'INVALID_REQUEST'],
    ['/api/v1/deployments?limit=1.5', 'INVALID_REQUEST'],
    ['/api/v1/deployments?limit=ten', 'INVALID_REQUEST'],
    ['/api/v1/deployments?nonsense=1', 'INVALID_REQUEST'],
    ['/api/v1/content-types?nonsense=1', 'INVALID_REQUEST'],
    ['/api/v1/content-types/A?nonsense=1', 'INVALID_REQUEST'],
    ['/api/v1/content-types/A?kind=', 'INVALID_REQUEST'],
    ['/api/v1/content-types/A?kind=a&kind=b', 'INVALID_REQUEST'],
    ['/api/v1/content-types/a%00b', 'INVALID_REQUEST'],
    [`/api/v1/content-types/${'a'.repeat(256)}`, 'INVALID_REQUEST'],
    ['/api/v1/content-types/A/versions?cursor=x', 'INVALID_CURSOR'],
    ['/api/v1/sync/history?nonsense=1', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?status=GREAT', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?direction=SIDEWAYS', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?startDate=yesterday', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?endDate=2026-13-01', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?startDate=-271821-04-20T00:00:00Z', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?deploymentId=1', 'INVALID_REQUEST'],
    ['/api/v1/sync/history?cursor=none-of-ours', 'INVALID_CURSOR'],
    ['/api/v1/sync/history?typeKey[$ne]=A', 'INVALID_REQUEST'],
    ['/api/v1/sync/%zz', 'BAD_REQUEST'],
    ['/api/v1/content-types/%ff', 'BAD_REQUEST'],
  ])('that makes no sense is a 400: %s', async (path, code) => {
    expect(await problemOf('GET', path)).toMatchObject({ status: 400, code });
  });

  it('with a name that is longer than 2,000 characters is a 414, and with any key it is not', async () => {
    const tooLong = await problemOf('GET', `/api/v1/content-types/${'a'.repeat(2_001)}`);
    expect(tooLong).toMatchObject({ status: 414, code: 'URI_TOO_LONG', detail: expect.stringMatching(/\w/) });
    const longest = encodeURIComponent('日'.repeat(255));
    expect(await problemOf('GET', `/api/v1/content-types/${longest}`)).toMatchObject({ status: 404 });
  });

  it.each([
    '0001-01-01',
    '%2B275760-09-12T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '1970-01-01',
    '2026-01-01T12:00%2B02:00',
  ])('may ask about any time there is: %s', async (date) => {
    for (const name of ['startDate', 'endDate']) {
      const { status } = await service.api('GET', `/sync/history?${name}=${date}`);
      expect([name, status]).toEqual([name, 200]);
    }
  });

  it('of a resource that does not exist is a 404 with a code of its own', async () => {
    const id = uuidv7();
    for (const below of ['', '/status', '/events', '/snapshot', '/diff']) {
      expect(await problemOf('GET', `/api/v1/sync/${id}${below}`)).toMatchObject({
        status: 404,
        code: 'SYNC_NOT_FOUND',
      });
    }
    expect(await problemOf('GET', `/api/v1/deployments/${id}`)).toMatchObject({ code: 'DEPLOYMENT_NOT_FOUND' });
    expect(await problemOf('GET', '/api/v1/content-types/Nobody')).toMatchObject({ code: 'CONTENT_TYPE_NOT_FOUND' });
    const pull = await problemOf('POST', '/api/v1/platforms/nowhere/pull', '{"actor":"jane"}');
    expect(pull).toMatchObject({ status: 404, code: 'UNKNOWN_PLATFORM' });
  });

  it('with a value that objects inherit as a key is no different', async () => {
    const answer = await service.api('GET', '/sync/history?typeKey=__proto__');
    expect(answer).toMatchObject({ status: 200, body: { items: [] } });
  });
});

describe('a request that is no HTTP as we speak it', () => {
  const raw = (headers: Record<string, string>) =>
    new Promise<Problem>((resolve, reject) => {
      const path = '/api/v1/content-types/A';
      const sending = request(service.url + path, { method: 'PUT', headers }, (response) => {
        read(response)
          .then((body) => resolve(checked(response.statusCode!, response.headers['content-type'], body, path)))
          .catch(reject);
      });
      sending.on('error', reject);
      sending.end('{"a":1}');
    });

  it('is a problem when it has no media type', async () => {
    expect((await raw({})).status).toBe(415);
  });

  it('is a problem when its media type is broken', async () => {
    expect((await raw({ 'content-type': '/;' })).status).toBe(415);
  });
});

describe('a sync', () => {
  const context = { environment: 'default', actor: 'jane', trigger: 'API' } as const;
  const recorded = async (typeKey: string, data: object, more: Partial<NewSync> = {}) =>
    (
      await history.recordSyncAttempt({
        ...{ typeKey, platform: 'shop', direction: 'PUSH', context, data: { key: typeKey, ...data } },
        ...more,
      })
    ).id;
  const get = async (path: string): Promise<unknown> => {
    const { status, body } = await service.api('GET', path);
    expect([path, status]).toEqual([path, 200]);
    return body;
  };

  it('is shown with its status, its timeline, what was sent and what came back', async () => {
    const id = await recorded('Shown', { a: 1 });
    expect(await get(`/sync/${id}/status`)).toMatchObject({ id, status: 'IN_PROGRESS', attempt: 1, completedAt: null });
    expect(await get(`/sync/${id}/snapshot`)).toMatchObject({ sent: { content: { a: 1 } }, received: null });
    const error = { code: 'UNAVAILABLE', message: 'closed' };
    await service.app.get(SyncWriter).recordFailedAttempt([id], { attempt: 1, error, durationMs: 5, waitMs: 60_000 });
    const waiting = (await get(`/sync/${id}/status`)) as { nextAttemptAt: string };
    expect(waiting).toMatchObject({ status: 'IN_PROGRESS', attempt: 2 });
    expect(Date.parse(waiting.nextAttemptAt)).toBeGreaterThan(Date.now() + 30_000);
    await history.updateSyncStatus(id, { status: 'SUCCESS', statusCode: 200, response: { ok: true }, retryCount: 1 });
    expect(await get(`/sync/${id}`)).toMatchObject({
      ...{ id, typeKey: 'Shown', platform: 'shop', status: 'SUCCESS', statusCode: 200, retryCount: 1 },
      ...{ actor: 'jane', direction: 'PUSH', versionHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(await get(`/sync/${id}/status`)).toMatchObject({ status: 'SUCCESS', attempt: 2, nextAttemptAt: null });
    const { items } = (await get(`/sync/${id}/events`)) as { items: { type: string }[] };
    const types = items.map(({ type }) => type);
    expect(types).toEqual(['sync.recorded', 'attempt.failed', 'sync.succeeded']);
    expect(await get(`/sync/${id}/snapshot`)).toMatchObject({
      ...{ sent: { content: { key: 'Shown', a: 1 } }, received: { content: { ok: true } } },
    });
  });

  it('is not sent again to who knows its status already, until something changes', async () => {
    const id = await recorded('Polled', { a: 1 });
    const status = (known?: string) =>
      fetch(`${service.url}/api/v1/sync/${id}/status`, {
        headers: known === undefined ? {} : { 'if-none-match': known },
      });
    const first = await status();
    const etag = first.headers.get('etag')!;
    expect(first.status).toBe(200);
    for (const known of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const answer = await status(known);
      expect([known, answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([known, 304, etag, '']);
    }
    expect((await status('"another"')).status).toBe(200);
    await history.updateSyncStatus(id, { status: 'SUCCESS', statusCode: 200 });
    const changed = await status(etag);
    expect([changed.status, await changed.json()]).toMatchObject([200, { status: 'SUCCESS' }]);
  });

  it('is compared as changes, as a patch that can be applied, or as text', async () => {
    const before = { key: 'Formats', a: 1, gone: true, 'a/b~c': 'x' };
    const after = { key: 'Formats', a: 2, 'a/b~c': 'y', new: null };
    await recorded('Formats', before);
    const id = await recorded('Formats', after);
    const diff = (query: string, accept: string) =>
      fetch(`${service.url}/api/v1/sync/${id}/diff${query}`, { headers: { accept } });
    for (const [query, accept] of [
      ['?format=patch', '*/*'],
      ['', 'application/json-patch+json'],
    ] as const) {
      const patch = await diff(query, accept);
      expect(patch.headers.get('content-type')).toMatch('application/json-patch+json');
      const operations = (await patch.json()) as Operation[];
      expect(jsonPatch.applyPatch(structuredClone(before), operations, true).newDocument).toEqual(after);
    }
    for (const [query, accept] of [
      ['?format=text', '*/*'],
      ['', 'text/plain, */*;q=0.1'],
    ] as const) {
      const text = await diff(query, accept);
      expect(text.headers.get('content-type')).toMatch('text/plain');
      expect((await text.text()).split('\n')).toEqual(
        expect.arrayContaining(['~ /a: 1 -> 2', '- /gone: true', '+ /new: null']),
      );
    }
    expect(await get(`/sync/${id}/diff?format=changes`)).toMatchObject({
      added: [{ path: '/new' }],
    });
  });

  it('is compared with the one before by the clock of the database, whatever the ids say', async () => {
    const [first, second, third] = [
      await recorded('Reordered', { a: 1 }),
      await recorded('Reordered', { a: 2 }),
      await recorded('Reordered', { a: 3 }),
    ];
    // As if the clock of the replica that made the first one's id had been behind.
    await sql(`update sync_history set started_at = started_at + interval '2 seconds' where id = $1`, [first]);
    expect(await get(`/sync/${second}/diff`)).toMatchObject({ against: null });
    expect(await get(`/sync/${third}/diff`)).toMatchObject({ against: second });
    expect(await get(`/sync/${first}/diff`)).toMatchObject({ against: third });
  });

  it('is compared with the one before, with another, and with a version', async () => {
    const first = await recorded('Compared', { a: 1 });
    expect(await get(`/sync/${first}/diff`)).toMatchObject({ against: null, added: [{ path: '' }] });
    const elsewhere = { context: { ...context, environment: 'staging' } };
    await recorded('Compared', { a: 5 }, elsewhere);
    await recorded('Compared', { a: 6 }, { kind: 'propertyGroup' });
    const second = await recorded('Compared', { a: 2 });
    const change = { modified: [{ path: '/a', before: 1, after: 2 }], added: [], removed: [], unchanged: 1 };
    expect(await get(`/sync/${second}/diff`)).toMatchObject({ against: first, ...change });
    expect(await get(`/sync/${second}/diff?against=${first}`)).toMatchObject({ against: first, ...change });
    const { versionHash } = (await get(`/sync/${first}`)) as { versionHash: string };
    expect(await get(`/sync/${second}/diff?against=${versionHash}`)).toMatchObject({ against: versionHash, ...change });
    const diff = (against: string) => problemOf('GET', `/api/v1/sync/${second}/diff?against=${against}`);
    expect(await diff(uuidv7())).toMatchObject({ status: 404, code: 'SYNC_NOT_FOUND' });
    expect(await diff('abc')).toMatchObject({ status: 404, code: 'VERSION_NOT_FOUND' });
    const pull = await recorded('Compared', {}, { direction: 'PULL', data: undefined });
    expect(await problemOf('GET', `/api/v1/sync/${pull}/diff`)).toMatchObject({ status: 404, code: 'NO_CONTENT' });
  });

  it('whose content was damaged is a 500 that says so, and no bug', async () => {
    const id = await recorded('Damaged', { a: 1 });
    const { pushedDigest } = (await get(`/sync/${id}`)) as { pushedDigest: string };
    await sql(`update snapshot set content = '{}', stored_size = 2 where digest = $1`, [pushedDigest]);
    const problem = await problemOf('GET', `/api/v1/sync/${id}/snapshot`);
    expect(problem).toMatchObject({ status: 500, code: 'SNAPSHOT_CORRUPT', digest: pushedDigest });
  });

  it('stands in the history, page after page without gaps, while others arrive', async () => {
    const syncs = Array.from({ length: 120 }, (_, index) => ({
      ...{ typeKey: `Many${index % 3}`, platform: 'many', direction: 'PUSH' as const, context, data: { index } },
    }));
    const expected = (await service.app.get(SyncWriter).record(syncs)).map(({ id }) => id).toReversed();
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = (await get(`/sync/history?platform=many&limit=7${cursor && `&cursor=${cursor}`}`)) as {
        items: { id: string }[];
        next: string | null;
      };
      seen.push(...page.items.map(({ id }) => id));
      await service.app.get(SyncWriter).record(syncs.slice(0, 2));
      cursor = page.next;
    }
    expect(seen).toEqual(expected);
    const ofType = (await get('/sync/Many1/history?limit=100')) as { items: { typeKey: string }[] };
    expect(ofType.items.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ofType.items.map(({ typeKey }) => typeKey))).toEqual(new Set(['Many1']));
  });

  it('is found by when it began: at or after the start, before the end', async () => {
    const ids = [
      await recorded('Dated', { a: 1 }),
      await recorded('Dated', { a: 2 }),
      await recorded('Dated', { a: 3 }),
    ];
    // A second between them: syncs of one millisecond have no order by their times.
    await sql(
      `update sync_history set started_at = date_trunc('milliseconds', started_at) + array_position($1, id) * interval '1 second'
       where type_key = 'Dated'`,
      [ids],
    );
    const rows = await sql<{ at: Date }>(`select started_at as at from sync_history where id = any($1) order by id`, [
      ids,
    ]);
    const [, second, third] = rows.map(({ at }) => at.toISOString());
    const found = async (query: string) =>
      ((await get(`/sync/history?typeKey=Dated${query}`)) as { items: { id: string }[] }).items.map(({ id }) => id);
    expect(await found(`&startDate=${second}`)).toEqual([ids[2], ids[1]]);
    expect(await found(`&endDate=${second}`)).toEqual([ids[0]]);
    expect(await found(`&startDate=${second}&endDate=${third}`)).toEqual([ids[1]]);
    expect(await found('&startDate=2020-01-01&endDate=2020-02-01')).toEqual([]);
  });
});

describe('health and documents', () => {
  it('stand outside the prefix', async () => {
    expect(await (await fetch(`${service.url}/health/live`)).json()).toMatchObject({ status: 'ok' });
    expect(await (await fetch(`${service.url}/health/ready`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${service.url}/docs`)).status).toBe(200);
    // The document itself needs the Swagger plugin, and so a service as it is built.
    expect((await fetch(`${service.url}/docs/swagger-ui.css`)).status).toBe(200);
  });
});
