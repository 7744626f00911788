import { v4 as uuidv4 } from 'uuid';
import { findings, sql } from '../support/fsck.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Sync {
  id: string;
  callId: string;
  trigger: string;
  backfilled: boolean;
  startedAt: string;
  completedAt: string | null;
  durationMs: number | null;
  events: { type: string; data: Record<string, unknown>; createdAt: string }[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

let service: TestApp;
beforeAll(async () => {
  service = await startTestApp({ ...optimizelyAt('http://127.0.0.1:9'), LEASE_MS: '500' });
});
afterAll(() => service?.close());

const ago = (days: number, ms = 0) => new Date(Date.now() - days * DAY_MS + ms).toISOString();
const aSync = (given: object = {}) => ({
  ...{ platform: 'contentful', direction: 'PUSH', typeKey: 'Article', actor: 'nightly', ...given },
});

async function post(given: object, path = '/sync', key?: string) {
  const headers = { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) };
  const answer = await fetch(`${service.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(given) });
  const body = (await answer.json()) as Sync & { ids: string[]; code: string; detail: string; field: string };
  return { status: answer.status, body };
}

async function recorded(given: object): Promise<Sync> {
  const { status, body } = await post(aSync(given));
  expect({ status, body }).toMatchObject({ status: 201 });
  return shown(body.id);
}

async function shown(id: string): Promise<Sync> {
  return (await service.api('GET', `/sync/${id}?include=events`)).body;
}

async function listed(query: string): Promise<Sync[]> {
  return ((await service.api('GET', `/sync/history?${query}`)).body as { items: Sync[] }).items;
}

async function total(query: string): Promise<number> {
  return ((await service.api('GET', `/sync/analytics?${query}`)).body as { counts: { total: number } }).counts.total;
}

describe('a batch', () => {
  it('is one call, whose id may be given', async () => {
    const syncs = [aSync(), aSync({ typeKey: 'Page' })];
    const { body } = await post({ syncs }, '/sync/batch');
    const calls = await Promise.all(body.ids.map(async (id) => (await shown(id)).callId));
    expect(calls).toEqual([body.callId, body.callId]);
    const callId = uuidv4();
    const given = await post({ callId: callId.toUpperCase(), syncs }, '/sync/batch');
    expect(given.body.callId).toBe(callId);
    expect(await listed(`callId=${callId}`)).toHaveLength(2);
  });

  it('leaves a sync the call that it names itself', async () => {
    const callId = uuidv4();
    const { body } = await post({ syncs: [aSync({ callId }), aSync()] }, '/sync/batch');
    expect((await shown(body.ids[0]!)).callId).toBe(callId);
    expect((await shown(body.ids[1]!)).callId).toBe(body.callId);
  });

  it('has the same ids when it is sent again under its key, also for syncs of the past', async () => {
    const batch = { syncs: [aSync({ startedAt: ago(3) }), aSync()] };
    const first = await post(batch, '/sync/batch', 'again');
    await sql(
      service.databaseUrl,
      `update idempotency_key set status = 'RUNNING', answer = null, answer_status = null, locked_until = now() where key = 'again'`,
    );
    const second = await post(batch, '/sync/batch', 'again');
    expect(second).toEqual(first);
    expect(await listed(`callId=${first.body.callId}`)).toHaveLength(2);
  });
});

describe('a single sync', () => {
  it('may name its call and how it came about', async () => {
    const callId = uuidv4();
    const sync = await recorded({ callId: callId.toUpperCase(), trigger: 'SCHEDULE' });
    expect(sync).toMatchObject({ callId, trigger: 'SCHEDULE', backfilled: false });
    expect((await post(aSync({ trigger: 'MOON' }))).status).toBe(400);
    expect((await post(aSync({ callId: 'mine' }))).status).toBe(400);
  });
});

describe('a sync of the past', () => {
  it('lies in its time, says that it was backfilled, and has its event now', async () => {
    const startedAt = ago(100);
    const completedAt = new Date(Date.parse(startedAt) + 840).toISOString();
    const before = Date.now();
    const sync = await recorded({ startedAt, result: { status: 'SUCCESS', completedAt } });
    expect(sync).toMatchObject({ backfilled: true, startedAt, completedAt, durationMs: 840 });
    const [start, end] = sync.events;
    expect(start).toMatchObject({ type: 'sync.recorded', data: { startedAt } });
    expect(end).toMatchObject({ type: 'sync.succeeded', data: { completedAt, durationMs: 840 } });
    expect(Date.parse(start!.createdAt)).toBeGreaterThanOrEqual(before - 1_000);
    expect(Number.parseInt(sync.id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse(startedAt));
    const [{ table }] = (await sql<{ table: string }>(
      service.databaseUrl,
      `select tableoid::regclass::text as table from sync_history where id = $1`,
      [sync.id],
    )) as [{ table: string }];
    expect(table).toBe(`sync_history_${startedAt.slice(0, 7).replace('-', '_')}`);
  });

  it('is found in its interval, sorts by its start, and can be filtered and exported', async () => {
    const typeKey = 'Sorted';
    const now = await recorded({ typeKey });
    const old = await recorded({ typeKey, startedAt: ago(40), result: { status: 'SUCCESS', durationMs: 5 } });
    const older = await recorded({ typeKey, startedAt: ago(400), result: { status: 'FAILED', durationMs: 5 } });
    const ids = async (query: string) => (await listed(`typeKey=${typeKey}&${query}`)).map(({ id }) => id);
    expect(await ids('')).toEqual([now.id, old.id, older.id]);
    expect(await ids('last=24h')).toEqual([now.id]);
    expect(await ids(`startDate=${ago(41)}&endDate=${ago(39)}`)).toEqual([old.id]);
    expect(await ids(`dateField=completed&startDate=${ago(401)}&endDate=${ago(399)}`)).toEqual([older.id]);
    expect(await ids('backfilled=true')).toEqual([old.id, older.id]);
    expect(await ids('backfilled=false')).toEqual([now.id]);
    const file = await fetch(`${service.url}/api/v1/sync/history/export?format=ndjson&callId=${old.callId}`);
    expect(JSON.parse(await file.text())).toMatchObject({ id: old.id, backfilled: true });
  });

  it('counts in its hour, and not as now', async () => {
    const platform = 'counted';
    const metric = async () => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => line.startsWith('synctrail_syncs_total{'))
        .toString();
    };
    const before = await metric();
    await recorded({ platform, startedAt: ago(10), result: { status: 'FAILED', durationMs: 5 } });
    expect(await metric()).toBe(before);
    expect(await total(`platform=${platform}&last=24h`)).toBe(0);
    expect(await total(`platform=${platform}&startDate=${ago(11)}&endDate=${ago(9)}`)).toBe(1);
  });

  it('may end later, with the end that it had', async () => {
    const startedAt = ago(2);
    const { id } = await recorded({ startedAt });
    const completedAt = new Date(Date.parse(startedAt) + 60_000).toISOString();
    const early = await service.api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS', completedAt: ago(3) });
    expect(early).toMatchObject({ status: 400, body: { code: 'INVALID_TIME', field: 'completedAt' } });
    const ended = await service.api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS', completedAt });
    expect(ended).toMatchObject({ status: 200, body: { completedAt } });
    expect(await shown(id)).toMatchObject({ completedAt, durationMs: 60_000 });
  });

  it('ends after its duration where only that is known', async () => {
    const startedAt = ago(5);
    const completedAt = new Date(Date.parse(startedAt) + 13).toISOString();
    const sync = await recorded({ startedAt, result: { status: 'SUCCESS', durationMs: 12.7 } });
    expect(sync).toMatchObject({ completedAt, durationMs: 13 });
  });

  it('may be a few seconds ahead, as clocks are', async () => {
    const startedAt = new Date(Date.now() + 2_000).toISOString();
    const sync = await recorded({ startedAt });
    const ended = await service.api('PATCH', `/sync/${sync.id}/status`, { status: 'SUCCESS' });
    expect(ended.status).toBe(200);
    expect((await shown(sync.id)).durationMs).toBe(0);
  });

  it.each<[string, object, string]>([
    ['in the future', { startedAt: ago(-1) }, 'startedAt'],
    ['older than ten years', { startedAt: ago(3_700) }, 'startedAt'],
    ['before there were such ids', { startedAt: '1969-12-31T23:59:59Z' }, 'startedAt'],
    [
      'that ends before it starts',
      { startedAt: ago(1), result: { status: 'SUCCESS', completedAt: ago(2) } },
      'completedAt',
    ],
    ['that ends in the past without a start', { result: { status: 'SUCCESS', completedAt: ago(1) } }, 'completedAt'],
    [
      'that ends in the future',
      { startedAt: ago(1), result: { status: 'SUCCESS', completedAt: ago(-1) } },
      'completedAt',
    ],
    ['that has ended at an unknown time', { startedAt: ago(1), result: { status: 'SUCCESS' } }, 'completedAt'],
  ])('is refused with 400: %s', async (_what, given, field) => {
    expect(await post(aSync(given))).toMatchObject({ status: 400, body: { code: 'INVALID_TIME', field } });
    const batch = await post({ syncs: [aSync(), aSync(given)] }, '/sync/batch');
    expect(batch).toMatchObject({ status: 400, body: { code: 'INVALID_TIME', index: 1 } });
  });

  it('does not wait for readers of other months, and makes each month once', async () => {
    const reader = sql(service.databaseUrl, 'select pg_sleep(2), count(*) from sync_history');
    const batch = {
      syncs: Array.from({ length: 24 }, (_, n) => aSync({ startedAt: ago(700 + 30 * n), typeKey: `M${n}` })),
    };
    const both = await Promise.all([post(batch, '/sync/batch'), post(batch, '/sync/batch')]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    await reader;
  });
});

describe('a month that retention has dropped, or will drop', () => {
  it('takes no sync any more', async () => {
    const strict = await startTestApp({ ...optimizelyAt('http://127.0.0.1:9'), RETENTION_FACT_MONTHS: '2' });
    try {
      const old = await strict.api('POST', '/sync', aSync({ startedAt: ago(100) }));
      expect(old).toMatchObject({ status: 400, body: { code: 'INVALID_TIME' } });
      expect((await strict.api('POST', '/sync', aSync({ startedAt: ago(20) }))).status).toBe(201);
    } finally {
      await strict.close();
    }
  });
});

describe('the record, after all this', () => {
  it('is consistent, and tells when a start is not that of its event', async () => {
    expect(await findings(service.databaseUrl)).toEqual([]);
    await sql(
      service.databaseUrl,
      `update sync_history set started_at = now() where backfilled and sync_status = 'FAILED'`,
    );
    const rules = (await findings(service.databaseUrl)).map(({ rule }) => rule);
    expect(rules).toContain('sync.row');
  });
});
