import { setTimeout as delay } from 'node:timers/promises';
import {
  api,
  call,
  control,
  fault,
  journal,
  PAGE,
  push,
  recipe,
  requestToken,
  sandbox,
  start,
  statusesOf,
  token,
} from './sandbox-client.ts';

beforeEach(() => start());
afterEach(() => sandbox.close());

describe('faults', () => {
  it('strike the call with their number among those that match, then no more', async () => {
    await fault({ kind: 'status', status: 500, call: 2, match: { method: 'post', path: '/manifest' } });
    const statuses = [
      (await push({})).status,
      (await api('GET', '/manifest')).status,
      (await api('POST', '/contenttypes', PAGE)).status,
      (await push({})).status,
      (await push({})).status,
    ];
    expect(statuses).toEqual([200, 200, 201, 500, 200]);
  });

  it('last for a number of calls, or until they are cleared', async () => {
    await fault({ kind: 'status', status: 503, calls: 2 });
    expect(await statusesOf(3)).toEqual([503, 503, 200]);
    await fault({ kind: 'html', untilReset: true });
    expect(await statusesOf(3)).toEqual([502, 502, 502]);
    await control('DELETE', '/faults');
    expect(await statusesOf(1)).toEqual([200]);
  });

  it('answer 429 as JSON with Retry-After, before the call is applied', async () => {
    await fault({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    const answer = await push({ contentTypes: [PAGE] });
    expect(answer).toMatchObject({ status: 429, body: { code: 'TooManyRequests', status: 429 } });
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
  });

  it('answer with a body of choice, or an HTML page', async () => {
    await fault({ kind: 'status', status: 200, body: { outcomes: [], errors: [{ message: 'no' }] } });
    expect((await push({})).body).toEqual({ outcomes: [], errors: [{ message: 'no' }] });
    await fault({ kind: 'html' });
    const page = await api('GET', '/manifest');
    expect(page.headers.get('content-type')).toMatch('text/html');
    expect(page.text).toMatch('<html>');
  });

  it('answer with an empty body: 202 after the call was applied, 429 before', async () => {
    await fault({ kind: 'empty', status: 429 }, { kind: 'empty', call: 2 });
    expect(await push({ contentTypes: [PAGE] })).toMatchObject({ status: 429, text: '' });
    expect((await push({ contentTypes: [{ ...PAGE, key: 'Other' }] })).status).toBe(202);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
    expect((await api('GET', '/contenttypes/Other')).status).toBe(200);
  });

  it('reset the connection before or after the call is applied', async () => {
    await fault({ kind: 'reset-before' }, { kind: 'reset-after', call: 2 });
    await expect(push({ contentTypes: [PAGE] })).rejects.toThrow('fetch failed');
    await expect(push({ contentTypes: [{ ...PAGE, key: 'Other' }] })).rejects.toThrow('fetch failed');
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
    expect((await api('GET', '/contenttypes/Other')).status).toBe(200);
    expect((await journal()).slice(1, 3)).toMatchObject([
      { fault: 'reset-before', status: null, changedState: false },
      { fault: 'reset-after', status: null, changedState: true },
    ]);
  });

  it('cut the JSON of an answer short', async () => {
    await fault({ kind: 'truncated' });
    const { status, text } = await api('GET', '/manifest');
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"locales"/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it('answer late a call that was applied at once', async () => {
    await fault({ kind: 'slow', delayMs: 300, match: { path: '/manifest' } });
    const startedAt = performance.now();
    const late = push({ contentTypes: [PAGE] });
    while ((await api('GET', '/contenttypes/Recipe')).status !== 200) await delay(5);
    expect((await late).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
  });

  it('do not keep the sandbox from closing', async () => {
    await fault({ kind: 'slow', delayMs: 60_000 });
    const hanging = api('GET', '/manifest').then(() => 'answered', String);
    while (!(await journal()).at(-1)!['fault']) await delay(5);
    await sandbox.close();
    expect(await hanging).toBe('TypeError: fetch failed');
  });

  it('strike token requests too', async () => {
    const match = { path: '/oauth/token' };
    await fault({ kind: 'status', status: 401, match }, { kind: 'status', status: 429, call: 2, match });
    expect(await requestToken({})).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect((await requestToken({})).status).toBe(429);
    expect((await requestToken({})).status).toBe(200);
  });

  it.each([
    [{}, 'faults'],
    [{ faults: [{ kind: 'magic' }] }, 'faults[0].kind'],
    [{ faults: [{ kind: 'html' }, { kind: 'status' }] }, 'faults[1].status'],
    [{ faults: [{ kind: 'status', status: 99 }] }, 'faults[0].status'],
    [{ faults: [{ kind: 'html', call: 0 }] }, 'faults[0].call'],
    [{ faults: [{ kind: 'html', calls: 'two' }] }, 'faults[0].calls'],
    [{ faults: [{ kind: 'slow' }] }, 'faults[0].delayMs'],
    [{ faults: [{ kind: 'html', match: { url: '/' } }] }, 'faults[0].match.url'],
  ])('that are wrong, such as %j, are refused by name', async (body, field) => {
    const answer = await call('POST', '/_sandbox/faults', { body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect(await statusesOf(1)).toEqual([200]);
  });
});

describe('the journal', () => {
  it('holds every API request in order, without secrets', async () => {
    await push({ contentTypes: [PAGE] });
    await api('GET', '/manifest?sections=contentTypes');
    const text = JSON.stringify(await journal());
    expect(text).not.toMatch(/demo-secret/);
    expect(text).not.toContain(token);
    expect(await journal()).toMatchObject([
      {
        number: 1,
        method: 'POST',
        path: '/oauth/token',
        tenant: 'demo-client',
        body: { client_id: 'demo-client', client_secret: '***' },
        changedState: false,
      },
      {
        number: 2,
        at: expect.stringMatching(/Z$/),
        path: '/v1/manifest',
        headers: { authorization: 'Bearer ***' },
        body: { contentTypes: [PAGE] },
        status: 200,
        fault: null,
        durationMs: expect.any(Number),
        changedState: true,
      },
      { number: 3, method: 'GET', query: { sections: 'contentTypes' }, changedState: false },
    ]);
  });
});

describe('control', () => {
  it('edits or creates a type behind our back, under another name', async () => {
    await push({ contentTypes: [PAGE] });
    const { etag } = await recipe();
    await control('PUT', '/content-types/Recipe', { author: 'ann', changes: { properties: { title: null } } });
    expect((await api('GET', '/contenttypes/Recipe')).body).toMatchObject({
      properties: {},
      createdBy: 'demo-client',
      lastModifiedBy: 'ann',
    });
    expect((await recipe()).etag).not.toBe(etag);

    const changes = { displayName: 'New', baseType: '_folder' };
    expect((await control('PUT', '/content-types/New', { author: 'ann', changes })).status).toBe(201);
    expect((await control('PUT', '/content-types/Odd', { author: 'ann', changes: {} })).status).toBe(400);
    expect((await control('PUT', '/content-types/Odd', { changes })).body).toMatchObject({
      errors: [{ field: 'author' }],
    });
    expect((await control('PUT', '/content-types/New?tenant=nobody', { author: 'ann', changes })).status).toBe(400);
  });

  it('resets to a fresh tenant', async () => {
    await push({ contentTypes: [PAGE] });
    await fault({ kind: 'html', untilReset: true });
    expect((await control('POST', '/reset')).status).toBe(204);
    expect(await journal()).toEqual([]);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
  });
});
