import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSyncTrailClient, ForeignAnswerError, type Problem, type SyncTrailClient } from '#client';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const SYNC = { platform: 'contentful', direction: 'PUSH', typeKey: 'Article', actor: 'jane', data: { a: 1 } } as const;
const UNKNOWN = { params: { path: { syncId: '019a5f0e-7c11-7aaa-8000-000000000000' } } };

describe('the typed client, and a service', () => {
  let service: TestApp;
  let client: SyncTrailClient;

  beforeAll(async () => {
    service = await startTestApp();
    client = createSyncTrailClient({ baseUrl: service.url });
  });
  afterAll(() => service?.close());

  it('gives the answer of each method as data', async () => {
    const recorded = await client.POST('/api/v1/sync', {
      body: SYNC,
      params: { header: { 'Idempotency-Key': 'one' } },
    });
    expect([recorded.response.status, recorded.error]).toEqual([201, undefined]);
    const path = { syncId: recorded.data!.id };
    const { data } = await client.PATCH('/api/v1/sync/{syncId}/status', {
      params: { path },
      body: { status: 'SUCCESS' },
    });
    expect(data).toMatchObject({ id: path.syncId, status: 'SUCCESS' });
    const query = { platform: ['contentful', 'shop'], typeKey: ['Article'], limit: 10 };
    const history = await client.GET('/api/v1/sync/history', { params: { query } });
    expect(history.data?.items.map(({ id }) => id)).toEqual([path.syncId]);
  });

  it('gives a problem as error, with its code and the members of its own', async () => {
    const { data, error, response } = await client.GET('/api/v1/sync/{syncId}', UNKNOWN);
    expect([data, response.status]).toEqual([undefined, 404]);
    const problem: Problem = error!;
    expect(problem).toMatchObject({ code: 'SYNC_NOT_FOUND', status: 404, detail: expect.stringContaining('019a5f0e') });
    // @ts-expect-error A member of the document that is not given.
    const { error: invalid } = await client.POST('/api/v1/sync', { body: { ...SYNC, typeKey: undefined } });
    expect(invalid).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ field: 'typeKey', code: 'MISSING' }] });
  });

  it('gives the list of the live state, and its export file as text', async () => {
    const query = { platform: 'optimizely' };
    const { data } = await client.GET('/api/v1/live', { params: { query } });
    expect([data?.root, data?.items]).toEqual([expect.any(String), []]);
    const file = await client.GET('/api/v1/live', {
      params: { query: { ...query, format: 'export' } },
      parseAs: 'text',
    });
    const text: string = file.data!;
    expect(JSON.parse(text)).toEqual(expect.any(Object));
  });

  it('streams a file, and says so to a program that takes it for JSON', async () => {
    const { data } = await client.GET('/api/v1/sync/history/export', { parseAs: 'stream' });
    expect(await new Response(data).text()).toContain('contentful');
    const unstreamed = client.GET('/api/v1/sync/history/export');
    await expect(unstreamed).rejects.toThrow(/text\/csv.*, and not as expected\. Ask for a file with parseAs/);
  });

  it('lets an answer pass that has not changed', async () => {
    const { data } = await client.GET('/api/v1/sync/history', {});
    const path = { syncId: data!.items[0]!.id };
    const status = await client.GET('/api/v1/sync/{syncId}/status', { params: { path } });
    const header = { 'If-None-Match': status.response.headers.get('etag')! };
    const again = await client.GET('/api/v1/sync/{syncId}/status', { params: { path, header } });
    expect([again.response.status, again.data]).toEqual([304, undefined]);
  });
});

describe('the typed client, and what stands in front of a service', () => {
  let proxy: Server;
  let url: string;
  let requests: IncomingMessage[];
  let answer: (response: ServerResponse) => void;

  beforeAll(async () => {
    proxy = createServer((request, response) => {
      requests.push(request);
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  beforeEach(() => (requests = []));
  afterAll(() => proxy?.close());

  it.each<[string, number, Record<string, string>, string]>([
    ['a page', 200, { 'content-type': 'text/html' }, '<h1>Sign in</h1>'],
    ['an empty success', 200, { 'content-length': '0' }, ''],
    ['an empty error', 502, { 'content-length': '0' }, ''],
    ['the page of an error', 502, { 'content-type': 'text/html' }, '<h1>Bad gateway</h1>'],
    ['JSON that is no problem', 503, { 'content-type': 'application/json' }, '{"message":"no upstream"}'],
  ])('reject with %s, which is no answer of the service', async (_what, status, headers, body) => {
    answer = (response) => response.writeHead(status, headers).end(body);
    const error = await rejectionOf(createSyncTrailClient({ baseUrl: url }).GET('/api/v1/sync/history'));
    expect(error).toMatchObject({ status, location: null, message: expect.stringContaining(`${url}/api/v1/sync/his`) });
    expect(error.message).toMatch(/Check baseUrl/);
  });

  it('take no page of a proxy for a file', async () => {
    answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>');
    const { GET } = createSyncTrailClient({ baseUrl: url });
    expect(await rejectionOf(GET('/api/v1/sync/history/export', { parseAs: 'stream' }))).toMatchObject({ status: 200 });
    const latest = { parseAs: 'text', headers: { accept: 'text/html' }, params: { query: { platform: 'a' } } } as const;
    expect((await GET('/api/v1/sync/health-reports/latest', latest)).data).toBe('<h1>Sign in</h1>');
  });

  it('follow no redirect, which makes a GET of a POST', async () => {
    answer = (response) => response.writeHead(301, { location: 'https://synctrail.example.com/' }).end();
    const client = createSyncTrailClient({ baseUrl: url, apiKey: 'key' });
    const error = await rejectionOf(client.POST('/api/v1/sync', { body: SYNC }));
    expect(error).toMatchObject({ status: 301, location: 'https://synctrail.example.com/' });
    expect(requests.map(({ method }) => method)).toEqual(['POST']);
  });

  it('send the key as a bearer, and nothing without a key', async () => {
    answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    for (const apiKey of ['st_1', undefined, '']) {
      await createSyncTrailClient({ baseUrl: url, apiKey }).GET('/api/v1/platforms');
    }
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer st_1', undefined, undefined]);
  });

  it('send by the fetch that is given', async () => {
    const sent: string[] = [];
    const client = createSyncTrailClient({
      baseUrl: `${url}/`,
      fetch: (request) => {
        sent.push(`${request.method} ${request.url}`);
        return Promise.resolve(new Response(null, { status: 204 }));
      },
    });
    const path = { fingerprint: 'a/b' };
    const { response } = await client.DELETE('/api/v1/sync/analytics/failures/{fingerprint}/mute', {
      params: { path },
    });
    expect([response.status, sent, requests]).toEqual([
      204,
      [`DELETE ${url}/api/v1/sync/analytics/failures/a%2Fb/mute`],
      [],
    ]);
  });
});

async function rejectionOf(request: Promise<unknown>): Promise<ForeignAnswerError> {
  const error: unknown = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ForeignAnswerError);
  return error as ForeignAnswerError;
}
