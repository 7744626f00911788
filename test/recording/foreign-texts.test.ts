import type { JsonObject } from '#json';
import type { SyncContext } from '#platform';
import { type NewSync, type SyncResult, SyncWriter } from '#recording';
import { SyncHistoryService } from '#tracking';
import { findings } from '../support/fsck.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Sync {
  id: string;
  actor: string;
  reason: string | null;
  requestId: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  durationMs: number | null;
  metadata: JsonObject | null;
  events: { type: string; data: JsonObject }[];
}

let service: TestApp;
beforeAll(async () => {
  service = await startTestApp(optimizelyAt('http://127.0.0.1:9'));
});
afterAll(() => service?.close());

const CONTEXT: SyncContext = { environment: 'default', actor: 'jane', trigger: 'API' };

const history = () => service.app.get(SyncHistoryService);
const aSync = (context: Partial<SyncContext> = {}, more: Partial<NewSync> = {}): NewSync => ({
  ...{ platform: 'shop', direction: 'PUSH', typeKey: 'Article', context: { ...CONTEXT, ...context } },
  ...more,
});

async function recorded(context: Partial<SyncContext> = {}, result?: SyncResult): Promise<Sync> {
  const { id } = await history().recordSyncAttempt(aSync(context));
  if (result) await history().updateSyncStatus(id, result);
  return shown(id);
}

async function shown(id: string): Promise<Sync> {
  return (await service.api('GET', `/sync/${id}?include=events`)).body;
}

async function exported(id: string): Promise<JsonObject> {
  const { callId } = (await service.api('GET', `/sync/${id}`)).body as { callId: string };
  const answer = await fetch(`${service.url}/api/v1/sync/history/export?format=ndjson&callId=${callId}`);
  return JSON.parse(await answer.text()) as JsonObject;
}

/** Sends a body as it is: `JSON.stringify` would repair nothing, but write other escapes. */
async function post(path: string, body: string, headers: Record<string, string> = {}, method = 'POST') {
  const url = `${service.url}/api/v1${path}`;
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body });
  return { status: answer.status, body: (await answer.json()) as Sync & { detail: string } };
}

describe('the texts of an embedded caller', () => {
  it('have one form in row, event and export, with U+FFFD for half an emoji and for NUL', async () => {
    const sync = await recorded({ actor: 'ja\ud83dne', reason: 'cut \ud83d and \0' });
    const told = { actor: 'ja\ufffdne', reason: 'cut \ufffd and \ufffd' };
    expect(sync).toMatchObject({ ...told, events: [{ type: 'sync.recorded', data: told }] });
    expect(await exported(sync.id)).toMatchObject(told);
  });

  it('keep a whole emoji', async () => {
    expect(await recorded({ reason: 'whole 🎉' })).toMatchObject({ reason: 'whole 🎉' });
  });

  it('end with a mark of their length where they are cut, never in the middle of a character', async () => {
    const sync = await recorded(
      { actor: 'a'.repeat(300), reason: '🎉'.repeat(1_500) },
      {
        status: 'FAILED',
        requestId: 'r'.repeat(201),
        error: { code: 'C'.repeat(101), message: 'm'.repeat(20_000) },
      },
    );
    expect(sync.actor).toMatch(/^a+… \[cut from 300 characters\]$/);
    expect(sync.reason).toMatch(/^(🎉)+… \[cut from 3000 characters\]$/u);
    expect(sync.requestId).toMatch(/^r+… \[cut from 201 characters\]$/);
    expect(sync.errorCode).toMatch(/^C+… \[cut from 101 characters\]$/);
    expect(sync.errorMessage).toMatch(/^m+… \[cut from 20000 characters\]$/);
    const lengths = [sync.actor, sync.reason, sync.requestId, sync.errorCode, sync.errorMessage].map(
      (one) => one!.length,
    );
    expect(lengths).toEqual([255, expect.any(Number), 200, 100, 10_000]);
    expect(lengths[1]).toBeGreaterThan(1_998);
    const { errorMessage, errorCode, requestId } = sync;
    expect(sync.events.at(-1)!.data).toMatchObject({ errorMessage, errorCode, requestId });
    expect(await exported(sync.id)).toMatchObject({ errorMessage, errorCode, requestId, reason: sync.reason });
  });

  it('are cleaned in the keys and values of metadata, at every depth', async () => {
    const metadata = JSON.parse('{"a\\u0000":["\\ud800",{"__proto__":"\\udc00"}],"n":12.5}') as JsonObject;
    const sync = await recorded({ metadata });
    expect(JSON.stringify(sync.metadata)).toBe('{"a\ufffd":["\ufffd",{"__proto__":"\ufffd"}],"n":12.5}');
    expect(JSON.stringify((await exported(sync.id)).metadata)).toBe(JSON.stringify(sync.metadata));
    const settled = await recorded({}, { status: 'SUCCESS', metadata });
    expect(settled.metadata).toEqual(sync.metadata);
  });

  it('are cleaned in the event of a failed attempt', async () => {
    const { id } = await history().recordSyncAttempt(aSync());
    const error = { code: 'A\0', message: 'half \ud83d' };
    await service.app
      .get(SyncWriter)
      .recordFailedAttempt([id], { attempt: 1, error, durationMs: 1, metadata: { b: '\udc00' } });
    expect((await shown(id)).events.at(-1)!.data).toMatchObject({
      ...{ errorCode: 'A\ufffd', errorMessage: 'half \ufffd', metadata: { b: '\ufffd' } },
    });
    await history().updateSyncStatus(id, { status: 'FAILED', error });
  });

  it.each([
    ['typeKey', 'a\0b'],
    ['typeKey', 'half \ud83d'],
    ['typeKey', '.'],
    ['typeKey', '..'],
    ['typeKey', ''],
    ['typeKey', 'k'.repeat(256)],
    ['kind', 'k'.repeat(101)],
    ['platform', '\ud83d'],
    ['versionHash', 'h\0'],
  ])('are refused, not altered, where they name something: %s %j', async (field, value) => {
    await expect(history().recordSyncAttempt(aSync({}, { [field]: value }))).rejects.toMatchObject({
      ...{ code: 'INVALID_NAME', httpStatus: 400, message: expect.stringContaining(`The ${field} `) },
    });
  });

  it('are refused as an environment, too', async () => {
    const refused = history().recordSyncAttempt(aSync({ environment: '\ud83d' }));
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });
});

describe('the duration of an embedded caller', () => {
  it('is rounded to whole milliseconds', async () => {
    expect(await recorded({}, { status: 'SUCCESS', durationMs: 12.7 })).toMatchObject({
      ...{ durationMs: 13, events: [{}, { data: { durationMs: 13 } }] },
    });
  });

  it.each([-1, NaN, Infinity, -0.1, 2 ** 31])('is refused when no clock can measure it: %p', async (durationMs) => {
    const { id } = await history().recordSyncAttempt(aSync());
    const refused = history().updateSyncStatus(id, { status: 'SUCCESS', durationMs });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_DURATION', httpStatus: 400 });
    await history().updateSyncStatus(id, { status: 'SUCCESS' });
  });
});

describe('the texts of an external sync', () => {
  const START = '"platform":"ext","direction":"PUSH","typeKey":"Emo"';

  it('are kept with U+FFFD for half an emoji and NUL, in one form everywhere', async () => {
    const body = `{${START},"actor":"ja\\u0000ne","reason":"cut \\ud83d","metadata":{"\\udc00":"\\u0000"},
      "result":{"status":"FAILED","requestId":"\\ud83d","error":{"code":"\\ud83d","message":"a\\u0000b"}}}`;
    const { status, body: answer } = await post('/sync', body);
    expect(status).toBe(201);
    const told = { actor: 'ja\ufffdne', reason: 'cut \ufffd' };
    const came = { requestId: '\ufffd', errorCode: '\ufffd', errorMessage: 'a\ufffdb' };
    const metadata = { '\ufffd': '\ufffd' };
    const sync = await shown(answer.id);
    expect(sync).toMatchObject({ ...told, ...came, metadata, events: [{ data: told }, { data: came }] });
    expect(await exported(answer.id)).toMatchObject({ ...told, ...came, metadata });
  });

  it.each([
    ['a long message', { status: 'FAILED', error: { code: 'E', message: 'x'.repeat(20_000) } }],
    ['a NUL', { status: 'FAILED', error: { code: 'E', message: 'a\0b' } }],
    ['half a character', { status: 'FAILED', error: { code: 'E', message: '\ud83d' } }],
    ['an empty message', { status: 'FAILED', error: { code: '', message: '' } }],
    ['an empty request id', { status: 'SUCCESS', requestId: '' }],
    ['a fraction', { status: 'SUCCESS', durationMs: 12.7 }],
  ])('do not keep a result from being recorded: %s', async (_what, result) => {
    const { body } = await post('/sync', `{${START},"actor":"jane"}`);
    expect(await post(`/sync/${body.id}/status`, JSON.stringify(result), {}, 'PATCH')).toMatchObject({ status: 200 });
  });

  it('are repeated under an Idempotency-Key as they were sent', async () => {
    const body = `{${START},"actor":"jane","reason":"cut \\ud83d"}`;
    const first = await post('/sync', body, { 'idempotency-key': 'half' });
    const second = await post('/sync', body, { 'idempotency-key': 'half' });
    expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
    const other = await post('/sync', body.replace('ud83d', 'ud83c'), { 'idempotency-key': 'half' });
    expect(other.status).toBe(422);
  });

  it('are replaced in the answer of the platform, which says so, and refused in what was sent', async () => {
    const kept = await post('/sync', `{${START},"actor":"j","result":{"status":"SUCCESS","response":{"t":"\\ud83d"}}}`);
    expect((await service.api('GET', `/sync/${kept.body.id}/snapshot`)).body).toMatchObject({
      received: { content: { t: '\ufffd' } },
    });
    expect((await shown(kept.body.id)).metadata).toMatchObject({ responseChanged: expect.stringContaining('U+FFFD') });
    const refused = await post('/sync', `{${START},"actor":"j","data":{"t":"\\ud83d"}}`);
    expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('lone surrogate') } });
  });

  it('are refused where they name something', async () => {
    for (const name of ['\\ud83d', '\\u0000', '.', '..']) {
      const body = `{"platform":"ext","direction":"PUSH","typeKey":"${name}","actor":"jane"}`;
      expect(await post('/sync', body)).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('typeKey') },
      });
    }
  });
});

describe('the record, after all this', () => {
  it('is consistent', async () => {
    const open = (await service.api('GET', '/sync/history?status=IN_PROGRESS&limit=100')).body as { items: Sync[] };
    for (const { id } of open.items) await service.app.get(SyncWriter).settle(id, { status: 'SUCCESS' });
    expect(await findings(service.databaseUrl)).toEqual([]);
  });
});
