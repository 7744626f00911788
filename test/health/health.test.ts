import { ReportScheduler } from '#health';
import { encodeCursor } from '#http';
import { StatsRebuilder } from '#statistics';
import { evaluateHealth, type HealthInputs, type HealthThresholds, NONE_UNMET } from '../../src/health/health.ts';
import type { ReportInputs } from '../../src/health/health-report.inputs.ts';
import { HealthReader } from '../../src/health/health.reader.ts';
import { intervalsDue } from '../../src/health/report-schedule.ts';
import { readBothWays } from '../support/pages.ts';
import { idAt, insertHistory, type RandomSync } from '../support/random-history.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** Those of the service by default. */
const THRESHOLDS: HealthThresholds = {
  windowHours: 24,
  minimumSyncs: 10,
  degradedBelow: 0.95,
  failingBelow: 0.5,
  consecutiveFailures: 5,
  staleHours: null,
};

const HOUR = 3_600_000;
const NOW = '2026-03-01T12:00:00.000Z';
const none = { count: 0, since: null, syncIds: [] };
const numbers = (success: number, failed: number): HealthInputs['numbers'] => ({
  counts: { total: success + failed, inProgress: 0, success, failed, partial: 0 },
  outcomes: { applied: success, notApplied: failed, partlyApplied: 0, unknown: 0 },
  successRate: success + failed === 0 ? null : success / (success + failed),
  successRateInterval: null,
  firstAttemptSuccessRate: null,
  ...{ attempts: 0, retries: 0, retryBurden: null },
  duration: { mean: null, p50: null, p95: null, p99: null },
});
const WELL: HealthInputs = {
  at: NOW,
  numbers: numbers(100, 0),
  lastSyncAt: '2026-03-01T11:00:00.000Z',
  lastSuccessAt: '2026-03-01T11:00:00.000Z',
  failuresInARow: { ...none, errorCode: null },
  successesInARow: 1,
  rhythmMs: null,
  ...{ drift: none, absent: none, unknown: none },
  observedAt: null,
  unmet: NONE_UNMET,
};
const unmet = (count: number): HealthInputs['unmet'] => ({
  ...{ count, since: NOW },
  items: Array.from({ length: Math.min(count, 10) }, (_, index) => ({
    ...{ id: `${index}`, name: `nightly ${index}`, code: 'EXPECTATION_MISSED', cause: `It ${index} is not met.` },
    ...{ dueAt: NOW, syncId: null },
  })),
});
const evidence = { count: 2, since: '2026-03-01T10:00:00.000Z', syncIds: ['a', 'b'] };

describe('the health of a place', () => {
  it.each<[string, Partial<HealthInputs>, string, RegExp]>([
    [
      'nothing was ever settled',
      { lastSyncAt: null, numbers: numbers(0, 0) },
      'UNKNOWN',
      /No sync of this target has ended yet/,
    ],
    ['all succeeded', {}, 'HEALTHY', /100 % of 100 syncs/],
    [
      'few were settled, and the newest succeeded',
      { numbers: numbers(1, 1) },
      'HEALTHY',
      /newest sync succeeded. There are too few/,
    ],
    [
      'few were settled, and the newest failed',
      { numbers: numbers(1, 1), failuresInARow: { ...evidence, count: 1, errorCode: 'X' } },
      'DEGRADED',
      /newest sync failed/,
    ],
    ['some failed', { numbers: numbers(94, 6) }, 'DEGRADED', /94 %/],
    ['as many succeeded as are wanted', { numbers: numbers(95, 5) }, 'HEALTHY', /95 %/],
    ['most failed', { numbers: numbers(49, 51) }, 'FAILING', /Only 49 %/],
    ['the last five failed', { failuresInARow: { ...evidence, count: 5, errorCode: 'X' } }, 'FAILING', /last 5 .* X/],
    ['the last four failed', { failuresInARow: { ...evidence, count: 4, errorCode: 'X' } }, 'HEALTHY', /100 %/],
    ['most failed, but it is back', { numbers: numbers(49, 51), successesInARow: 5 }, 'DEGRADED', /49 %/],
    ['an expectation is not met', { unmet: unmet(1) }, 'STALE', /^It 0 is not met\.$/],
    [
      'expectations are not met',
      { unmet: unmet(12) },
      'STALE',
      /^It 0 .* It 2 is not met\. 9 more expectations are not/,
    ],
    [
      'nothing was ever sent, and an expectation is not met',
      { lastSyncAt: null, numbers: numbers(0, 0), unmet: unmet(1) },
      'STALE',
      /^It 0 is not met\.$/,
    ],
    [
      'the last five failed, and an expectation is not met',
      { failuresInARow: { ...evidence, count: 5, errorCode: 'X' }, unmet: unmet(1) },
      'FAILING',
      /last 5 .* X\. It 0 is not met\.$/,
    ],
    [
      'an expectation is not met, and others changed something',
      { unmet: unmet(1), drift: evidence },
      'STALE',
      /^It 0 is not met\. 2 items differ/,
    ],
    ['a rhythm is kept', { rhythmMs: HOUR / 2 }, 'HEALTHY', /100 %/],
    ['a rhythm is missed', { rhythmMs: HOUR / 4 }, 'STALE', /last sync was 1 h ago; one was expected every 15 min/],
    ['nobody knows what stands there', { unknown: evidence }, 'DEGRADED', /^The state of 2 items is unknown. A pull/],
    [
      'others changed something',
      { drift: evidence },
      'DEGRADED',
      /^2 items differ from what was last sent to the target.$/,
    ],
    [
      'others changed something and removed something',
      { drift: evidence, absent: { ...evidence, count: 1 } },
      'DEGRADED',
      /differ .*; the target lacks 1 of them.$/,
    ],
    [
      'others removed something',
      { drift: evidence, absent: evidence },
      'DEGRADED',
      /^The target lacks 2 items that were/,
    ],
    ['both', { drift: evidence, unknown: evidence }, 'DEGRADED', /state of 2 items is unknown. .* 2 items differ/],
    ['it is not known what stands there', { drift: null, absent: null, unknown: null }, 'HEALTHY', /100 %/],
    [
      'some failed, and others changed something',
      { numbers: numbers(94, 6), drift: evidence },
      'DEGRADED',
      /^94 % .* succeeded. 2 items differ/,
    ],
    ['most failed, and others changed something', { numbers: numbers(49, 51), drift: evidence }, 'FAILING', /49 %/],
  ])('when %s', (_when, inputs, health, cause) => {
    expect(evaluateHealth({ ...WELL, ...inputs }, THRESHOLDS)).toMatchObject({
      health,
      cause: expect.stringMatching(cause),
    });
  });
});

it('shows drift and unknown states together, since the older of them, by syncs that it names once', () => {
  const unknown = { count: 2, since: '2026-03-01T09:00:00.000Z', syncIds: ['b', 'c'] };
  expect(evaluateHealth({ ...WELL, drift: evidence, unknown }, THRESHOLDS)).toMatchObject({
    since: unknown.since,
    evidence: ['b', 'c', 'a'],
  });
});

describe('the intervals that are over', () => {
  it('are 24 whole hours, and the last ends where this one begins', () => {
    const intervals = intervalsDue('hourly', new Date('2026-03-01T12:34:56Z'), 'UTC');
    expect(intervals).toHaveLength(24);
    expect(intervals.at(-1)).toEqual({ from: new Date('2026-03-01T11:00:00Z'), to: new Date('2026-03-01T12:00:00Z') });
  });

  it('are days by the clocks of a zone, also where they change', () => {
    const intervals = intervalsDue('daily', new Date('2026-03-31T12:00:00Z'), 'Europe/Berlin');
    const hours = intervals.map(({ from, to }) => (to.getTime() - from.getTime()) / HOUR);
    expect(hours).toEqual([24, 24, 24, 24, 24, 23, 24]);
  });
});

const HOSTILE = '<script>alert(1)</script> | [x](y) `z`';
const sync = (startedAt: Date, given: Partial<RandomSync> = {}): RandomSync => ({
  ...{ id: idAt(startedAt), startedAt, typeKey: 'Article', platform: 'shop', environment: 'default' },
  ...{ direction: 'PUSH', status: 'SUCCESS', trigger: 'API', actor: 'jane', forced: false },
  ...{ errorCode: null, errorMessage: null, statusCode: 200, durationMs: 100 },
  ...given,
});
const failed = { status: 'FAILED', errorCode: 'REFUSED', errorMessage: HOSTILE, statusCode: 422 };

describe('health and its reports', () => {
  let database: TestDatabase;
  let sql: Sql;
  let services: TestApp[];
  const api: TestApp['api'] = (...request) => services[0]!.api(...request);

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = await connectSql(database.url);
    const hours = Array.from({ length: 30 }, (_, index) => new Date(Date.now() - (index + 0.5) * HOUR));
    await insertHistory(database.url, [
      ...hours.map((at) => sync(at)),
      ...hours.slice(0, 4).map((at) => sync(new Date(at.getTime() + 60_000), failed)),
      sync(new Date(Date.now() - 3 * HOUR), {
        platform: 'other',
        status: 'FAILED',
        errorCode: 'INTERRUPTED',
        typeKey: 'Lost',
      }),
    ]);
    const off = { DATABASE_URL: database.url, REPORT_CRON_HOURLY: 'off', REPORT_CRON_DAILY: 'off' };
    services = await Promise.all([startTestApp(off), startTestApp(off), startTestApp(off)]);
    await services[0]!.app.get(StatsRebuilder).rebuild();
    // Of two pushes at the same time nobody knows which one was last.
    const push = { platform: 'other', direction: 'PUSH', typeKey: 'Lost', actor: 'nightly' };
    const { id } = (await api('POST', '/sync', { ...push, data: { a: 1 } })).body as { id: string };
    await api('POST', '/sync', { ...push, data: { a: 2 }, result: { status: 'SUCCESS' } });
    await api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS' });
  });

  afterAll(async () => {
    for (const service of services ?? []) await service.close();
    await sql?.close();
    await database?.drop();
  });

  it('tells the condition of each place, with its cause and evidence', async () => {
    const { items } = (await api('GET', '/sync/health')).body as { items: object[] };
    expect(items).toMatchObject([
      {
        platform: 'other',
        health: 'DEGRADED',
        cause: 'The state of 1 item is unknown. A pull shows it.',
        evidence: [expect.any(String)],
        unknown: { count: 1, href: '/api/v1/live?platform=other&environment=default&state=UNKNOWN' },
        ...{ drift: { count: 0, since: null, syncIds: [] }, absent: { count: 0 }, observedAt: null },
      },
      {
        platform: 'shop',
        health: 'DEGRADED',
        cause: expect.stringMatching(/85.7 % of 28/),
        lastSyncAt: expect.any(String),
      },
    ]);
  });

  it('makes one report for each hour that is over, with three replicas at once', async () => {
    const fill = async () => Promise.all(services.map((service) => service.app.get(ReportScheduler).fill('hourly')));
    const made = (await fill()).reduce((sum, count) => sum + count);
    expect(await fill()).toEqual([0, 0, 0]);
    type Report = { window: { from: string; to: string }; revision: number; slot: string };
    const items = await readBothWays<Report>(async (cursor) => {
      return (await api('GET', `/sync/health-reports?platform=shop&limit=7${cursor ? `&cursor=${cursor}` : ''}`)).body;
    });
    const windows = items.map(({ window }) => window.from);
    expect(windows).toHaveLength(24);
    expect(new Set(windows).size).toBe(windows.length);
    expect(windows).toEqual(windows.toSorted().toReversed());
    expect(items.every(({ slot, revision }) => slot === 'hourly' && revision === 1)).toBe(true);
    // What was never synchronised before is not reported.
    const others = (await api('GET', '/sync/health-reports?platform=other&limit=100')).body as { items: typeof items };
    expect(others.items.length).toBeGreaterThan(0);
    expect(made).toBe(items.length + others.items.length);
    expect(others.items.every(({ window }) => Date.parse(window.to) > Date.now() - 3 * HOUR)).toBe(true);
  });

  it('reports a window again with the same words, and anew only when asked to', async () => {
    const [startDate, endDate] = [
      new Date(Date.now() - 24 * HOUR).toISOString(),
      new Date(Date.now() - 1000).toISOString(),
    ];
    const request = { platform: 'shop', startDate, endDate, actor: 'ann' };
    const first = (await api('POST', '/sync/health-reports', request)).body as { id: string; numbers: object };
    expect(first).toMatchObject({
      platform: 'shop',
      successRate: expect.closeTo(24 / 28, 5),
      averageDuration: 100,
      recentFailures: expect.arrayContaining([
        expect.objectContaining({ errorCode: 'REFUSED', errorMessage: HOSTILE }),
      ]),
      recommendations: expect.any(Array),
      revision: 1,
    });
    await insertHistory(database.url, [sync(new Date(Date.now() - 2 * HOUR), { ...failed, typeKey: 'Late' })]);
    expect((await api('POST', '/sync/health-reports', request)).body).toEqual(first);
    expect((await api('GET', `/health-reports/${first.id}`)).body).toEqual(first);
    // Nor do rules or thresholds of later change it.
    await sql(`update health_report set inputs = replace(inputs, '"degradedBelow":0.95', '"degradedBelow":0')`);
    expect((await api('GET', `/health-reports/${first.id}`)).body).toEqual(first);
    const fresh = (await api('POST', '/sync/health-reports', { ...request, fresh: true })).body as { id: string };
    expect(fresh).toMatchObject({ revision: 2 });
    expect((await api('GET', '/sync/health-reports/latest?platform=shop')).body).toMatchObject({ id: fresh.id });
  });

  it('is one report however many ask for it at once', async () => {
    const window = { startDate: '2020-01-01T00:00:00Z', endDate: '2020-01-02T00:00:00Z' };
    const ask = (service: TestApp) =>
      service.api('POST', '/sync/health-reports', { platform: 'shop', actor: 'ann', ...window });
    const answers = await Promise.all([...services, ...services].map(ask));
    expect(new Set(answers.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    expect(answers[0]!.body).toMatchObject({ health: 'UNKNOWN', successRate: null, averageDuration: null });
  });

  it('recommends by rule and evidence what to do about items of unknown state, from when on they are unknown', async () => {
    const inDoubt = {
      rule: 'pull-in-doubt',
      action: expect.stringMatching(/platforms\/other\/pull. GET .*&state=UNKNOWN lists them.$/),
      evidence: [expect.any(String)],
    };
    const report = (startDate: Date, endDate: Date) =>
      api('POST', '/sync/health-reports', {
        ...{ platform: 'other', actor: 'ann', startDate: startDate.toISOString(), endDate: endDate.toISOString() },
      });
    const now = Date.now();
    const { body } = await report(new Date(now - HOUR), new Date(now));
    expect(body).toMatchObject({ unknown: { count: 1 }, recommendations: expect.arrayContaining([inDoubt]) });
    const earlier = await report(new Date(now - 3 * HOUR), new Date(now - 2 * HOUR));
    expect(earlier.body).toMatchObject({
      unknown: { count: 0 },
      recommendations: expect.not.arrayContaining([inDoubt]),
    });
  });

  it('counts what failed last by the clock of the database, whatever the clock of the replica was that gave an id', async () => {
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const clocks = { platform: 'clocks', typeKey: 'Bread' };
    await insertHistory(database.url, [
      // A replica that was ahead recorded the success; by their ids, the failures came before it.
      sync(minutesAgo(40), { ...clocks, id: idAt(minutesAgo(-15)) }),
      ...[30, 25, 20, 15, 10].map((minutes) => sync(minutesAgo(minutes), { ...failed, ...clocks })),
    ]);
    const inputs = await services[0]!.app
      .get(HealthReader)
      .inputs({ platform: 'clocks', environment: 'default' }, { from: minutesAgo(60), to: minutesAgo(0) });
    expect(inputs).toMatchObject({ failuresInARow: { count: 5, errorCode: 'REFUSED' }, successesInARow: 0 });
    expect(Date.parse(inputs.lastSyncAt!)).toBeGreaterThan(Date.parse(inputs.lastSuccessAt!));
  });

  it('shows a report of an earlier version, which had counted syncs', async () => {
    const report = {
      platform: 'shop',
      actor: 'ann',
      startDate: '2021-01-01T00:00:00Z',
      endDate: '2021-01-02T00:00:00Z',
    };
    const { id } = (await api('POST', '/sync/health-reports', report)).body as { id: string };
    const [row] = await sql<{ inputs: string }>('select inputs from health_report where id = $1', [id]);
    const { health, before, ...inputs } = JSON.parse(row!.inputs) as ReportInputs;
    const { drift: _d, absent: _a, unknown: _u, observedAt: _o, numbers: kept, ...earlier } = health;
    const without = ({ outcomes: _outcomes, ...rest }: ReportInputs['before']) => rest;
    const old = { ...earlier, numbers: without(kept), inDoubt: evidence, differences: { ...evidence, count: 3 } };
    await sql('update health_report set inputs = $2 where id = $1', [
      id,
      JSON.stringify({ ...inputs, health: old, before: without(before) }),
    ]);
    expect((await api('GET', `/health-reports/${id}`)).body).toMatchObject({
      ...{ unknown: { count: 2, syncIds: ['a', 'b'] }, drift: { count: 3 }, absent: null, observedAt: null },
      ...{ numbers: { outcomes: null }, before: { outcomes: null } },
    });
    const text = await (await fetch(`${services[0]!.url}/api/v1/health-reports/${id}?format=markdown`)).text();
    expect(text).toMatch(/Items of unknown state\n- 2 since/);
    expect(text).not.toMatch(/unknown outcome/);
  });

  it.each(['markdown', 'html'])('is read by people as %s, in which foreign text stays text', async (format) => {
    const { items } = (await api('GET', '/sync/health-reports?platform=shop&limit=1')).body as {
      items: { id: string }[];
    };
    const answer = await fetch(`${services[0]!.url}/api/v1/health-reports/${items[0]!.id}?format=${format}`);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toBe(`text/${format}; charset=utf-8`);
    expect(text).toContain('Health of shop');
    expect(text).toContain('Recent failures');
    expect(text).not.toContain('<script>');
    expect(answer.headers.get('content-security-policy') ?? 'none').toContain('none');
  });

  it.each([
    ['no actor', { actor: undefined }, 400, 'INVALID_REQUEST'],
    ['a window that ends before it begins', { endDate: '2019-01-01T00:00:00Z' }, 400, 'INVALID_REQUEST'],
    ['a window in the future', { endDate: '2999-01-01T00:00:00Z' }, 400, 'INVALID_REQUEST'],
    ['a window of years', { startDate: '2000-01-01T00:00:00Z' }, 400, 'INVALID_REQUEST'],
  ])('is refused for %s', async (_what, more, status, code) => {
    const request = {
      platform: 'shop',
      actor: 'a',
      startDate: '2020-01-01T00:00:00Z',
      endDate: '2020-01-02T00:00:00Z',
      ...more,
    };
    expect(await api('POST', '/sync/health-reports', request)).toMatchObject({ status, body: { code } });
  });

  it('that was never made is a 404', async () => {
    const unknown = '019a5f0e-7c11-7aaa-8000-000000000000';
    expect(await api('GET', `/health-reports/${unknown}`)).toMatchObject({
      status: 404,
      body: { code: 'HEALTH_REPORT_NOT_FOUND' },
    });
    expect(await api('GET', `/sync/health-reports?cursor=${encodeCursor(['next', unknown])}`)).toMatchObject({
      body: { code: 'INVALID_CURSOR' },
    });
    expect(await api('GET', '/sync/health-reports/latest?platform=none')).toMatchObject({ status: 404 });
  });
});

it('names a schedule that is none at the start', async () => {
  await expect(startTestApp({ REPORT_CRON_HOURLY: 'every hour', REPORT_TIME_ZONE: 'Mars' })).rejects.toThrow(
    /REPORT_CRON_HOURLY must be a cron expression[^]*REPORT_TIME_ZONE must be a time zone/,
  );
});

it('refuses thresholds that contradict each other at the start', async () => {
  await expect(startTestApp({ HEALTH_DEGRADED_BELOW: '40', HEALTH_FAILING_BELOW: '50' })).rejects.toThrow(
    /HEALTH_FAILING_BELOW must be no more than HEALTH_DEGRADED_BELOW \(it is "50"\)/,
  );
});
