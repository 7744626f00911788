/// <reference lib="esnext.temporal" />
import { EntityManager } from '@mikro-orm/core';
import * as fc from 'fast-check';
import { FsckDatabase, type Finding, inTransaction, type Transaction } from '#database';
import { type AskedConditions, SyncHistoryQueries } from '#history';
import type { Outcome as Effect } from '#platform';
import { SYNC_STATUSES } from '#recording';
import { FailurePatternService } from '#failures';
import {
  type Bucket,
  BUCKETS,
  checkStats,
  type Interval,
  StatsProjector,
  StatsRebuilder,
  SyncAnalyticsService,
  type SyncNumbers,
  type TimedNumbers,
} from '#statistics';
import { FACETS_DAILY, FACETS_HOURLY } from '../../src/statistics/facet.statements.ts';
import { sumUntilToday } from '../../src/statistics/stats.rebuilder.ts';
import { STATS_TABLES } from '../../src/statistics/stats.tables.ts';
import {
  addNoise,
  finishPast,
  positionEvents,
  isLearned,
  learnPast,
  type PastSync,
  pastSync,
  recordFinishedPast,
  recordPast,
} from '../support/past-syncs.ts';
import { runs } from '../support/properties.ts';
import { idAt } from '../support/random-history.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-09-05T10:17:00Z');
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];
/** A change of the clocks in each of the zones that have one, and none in UTC and Kolkata. */
const CHANGES = [
  '2026-03-08T07:00:00Z',
  '2026-03-29T01:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-10-25T01:00:00Z',
  '2026-11-01T06:00:00Z',
].map((moment) => Date.parse(moment));

/** Mostly near each other, often at the very edge of an hour. */
const moment = (change: number) =>
  fc
    .tuple(
      fc.integer({ min: -80, max: 80 }),
      fc.constantFrom(0, 1, 29 * MINUTE + 59_999, 30 * MINUTE, 59 * MINUTE + 59_999),
      fc.integer({ min: 0, max: 10 }),
    )
    .map(([hours, within, more]) => new Date(change + hours * HOUR + within + more * MINUTE));

/** Filters that the stats tell apart, and some that only the history does. */
const COUNTED = ['platform', 'environment', 'direction', 'trigger', 'typeKey', 'kind'] as const;
const NOT_COUNTED = ['actor', 'status', 'forced', 'outcome'] as const;
/** Every sync matches it, and only the history can tell. */
const ANY_STATUS = { status: [...SYNC_STATUSES] };

const scope: fc.Arbitrary<AskedConditions> = fc
  .tuple(
    fc.oneof(fc.subarray([...COUNTED], { maxLength: 2 }), fc.subarray([...COUNTED, ...NOT_COUNTED], { maxLength: 3 })),
    fc.record({
      platform: fc.constantFrom('optimizely', ['optimizely', 'other']),
      environment: fc.constantFrom('default', ['staging']),
      direction: fc.constantFrom<('PUSH' | 'PULL')[]>('PUSH', 'PULL'),
      trigger: fc.constantFrom('API' as const, ['API' as const, 'DEPLOYMENT' as const]),
      typeKey: fc.constantFrom('Article', ['Article', 'Hero'], 'Missing'),
      kind: fc.constantFrom('contentType', 'propertyGroup'),
      actor: fc.constantFrom('jane', ['jane', 'joe']),
      status: fc.constantFrom<('FAILED' | 'IN_PROGRESS')[]>('FAILED', 'IN_PROGRESS'),
      forced: fc.boolean(),
      outcome: fc.constantFrom<('UNKNOWN' | 'APPLIED')[]>('UNKNOWN', 'APPLIED'),
    }),
  )
  .map(([names, values]) => Object.fromEntries(names.map((name) => [name, values[name]])));

const question = fc.record({
  scope,
  bucket: fc.constantFrom(...BUCKETS),
  zone: fc.constantFrom(...ZONES),
  from: fc.integer({ min: -90 * 60, max: 60 * 60 }),
  minutes: fc.oneof(
    fc.integer({ min: 1, max: 90 * 60 }),
    fc.integer({ min: 30, max: 180 }),
    fc.constantFrom(60, 1440, 2880),
  ),
  ragged: fc.boolean(),
});
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

function periodOf({ from, minutes, ragged }: Question, change: number): { from: Date; to: Date } {
  const start = change + (ragged ? from : Math.round(from / 60) * 60) * MINUTE;
  return { from: new Date(start), to: new Date(start + minutes * MINUTE) };
}

function holds(asked: AskedConditions, sync: PastSync): boolean {
  const row = { ...sync, status: sync.outcome?.status ?? 'IN_PROGRESS', outcome: sync.outcome?.effect };
  return Object.entries(asked).every(([name, values]) => [values].flat().includes(row[name as 'platform'] as never));
}

/** When the bucket in which a moment lies begins, by the calendar of the language. */
function bucketOf(moment: Date, bucket: Bucket, zone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(zone);
  if (bucket === 'hour') return local.round({ smallestUnit: 'hour', roundingMode: 'floor' }).epochMilliseconds;
  const day = local.startOfDay();
  return (bucket === 'day' ? day : day.subtract({ days: day.dayOfWeek - 1 }).startOfDay()).epochMilliseconds;
}

/** As it is once it is known what an unknown push did. */
function afterLearning(sync: PastSync): PastSync {
  return isLearned(sync) ? { ...sync, outcome: { ...sync.outcome!, effect: sync.outcome!.learned } } : sync;
}

/** One after another, as anybody would count them. */
function recounted(syncs: PastSync[]): SyncNumbers {
  const outcomes = syncs.map((sync) => sync.outcome).filter((outcome) => outcome !== null);
  const of = (status: string) => outcomes.filter((outcome) => outcome.status === status).length;
  const settled = outcomes.length;
  const retries = outcomes.reduce((sum, outcome) => sum + outcome.retryCount, 0);
  const durations = outcomes
    .map(({ durationMs }) => durationMs)
    .filter((duration) => duration !== null)
    .sort((a, b) => a - b);
  const rank = (share: number) => durations[Math.max(0, Math.ceil(share * durations.length) - 1)] ?? null;
  const effects = (effect: Effect) => outcomes.filter((outcome) => outcome.effect === effect).length;
  const clean = outcomes.filter(({ status, retryCount }) => status === 'SUCCESS' && retryCount === 0).length;
  return {
    counts: {
      total: syncs.length,
      inProgress: syncs.length - settled,
      success: of('SUCCESS'),
      failed: of('FAILED'),
      partial: of('PARTIAL'),
    },
    outcomes: {
      applied: effects('APPLIED'),
      notApplied: effects('NOT_APPLIED'),
      partlyApplied: effects('PARTLY_APPLIED'),
      unknown: effects('UNKNOWN'),
    },
    successRate: settled ? of('SUCCESS') / settled : null,
    successRateInterval: settled ? wilson(of('SUCCESS') / settled, settled) : null,
    firstAttemptSuccessRate: settled ? clean / settled : null,
    attempts: settled + retries,
    retries,
    retryBurden: settled ? retries / settled : null,
    duration: {
      mean: durations.length ? durations.reduce((sum, duration) => sum + duration, 0) / durations.length : null,
      p50: rank(0.5),
      p95: rank(0.95),
      p99: rank(0.99),
    },
  };
}

/** The roots of (p − rate)² = z² p (1 − p) ÷ n, by which Wilson's interval is defined. */
function wilson(rate: number, n: number): { low: number; high: number } {
  const z2 = 1.959963984540054 ** 2;
  const [a, b, c] = [1 + z2 / n, -(2 * rate + z2 / n), rate ** 2];
  const root = Math.sqrt(Math.max(b ** 2 - 4 * a * c, 0));
  return { low: (-b - root) / (2 * a), high: (-b + root) / (2 * a) };
}

/** Counts as they are, rates as far as arithmetic goes, percentiles within 5 %. */
function expectNumbers(actual: SyncNumbers, expected: SyncNumbers): void {
  const { duration, successRateInterval, ...exact } = expected;
  expect(actual).toMatchObject(exact);
  const isNear = (name: string, found: number | null, value: number | null) =>
    found === null || value === null
      ? found === value
      : Math.abs(found - value) <= value * (name === 'mean' ? 1e-12 : 0.05);
  for (const [name, value] of Object.entries(duration)) {
    const found = actual.duration[name as 'p50'];
    expect([name, found, value, isNear(name, found, value)]).toEqual([name, found, value, true]);
  }
  expect(actual.successRateInterval === null).toBe(successRateInterval === null);
  expect(actual.successRateInterval?.low ?? 0).toBeCloseTo(successRateInterval?.low ?? 0, 9);
  expect(actual.successRateInterval?.high ?? 0).toBeCloseTo(successRateInterval?.high ?? 0, 9);
}

describe('the numbers of the history', () => {
  let service: TestApp;
  let sql: Sql;
  let analytics: SyncAnalyticsService;
  let projector: StatsProjector;

  beforeAll(async () => {
    service = await startTestApp();
    sql = await connectSql(service.databaseUrl);
    await positionEvents(sql);
    analytics = service.app.get(SyncAnalyticsService);
    projector = service.app.get(StatsProjector);
  });
  afterAll(async () => {
    await sql.close();
    await service.close();
  });

  /** Nothing, of which the days until one are summed: today by default. */
  const emptied = (until = new Date().toISOString().slice(0, 10) + 'Z') =>
    sql(`
      alter table sync_event disable trigger user;
      truncate sync_event, sync_history, ${[...STATS_TABLES, FACETS_HOURLY, FACETS_DAILY].map(({ name }) => name).join(', ')};
      update event_position set last = 0; update sync_stats_position set last = 0, summed = 0, summed_until = '${until}';
      alter table sync_event enable trigger user`);

  const counted = async () => {
    await until('nobody else is counting', async () => {
      await projector.project();
      return (await projector.lag()) === 0;
    });
  };

  const summed = async () => {
    const [position] = await sql<{ since: string }>('select summed_until::text as since from sync_stats_position');
    const work = async (client: Transaction) => {
      await client.query('select from sync_stats_position for update');
      await sumUntilToday(client, position!.since);
    };
    await inTransaction(service.app.get(EntityManager), work);
  };

  async function findings(): Promise<Finding[]> {
    const books = await FsckDatabase.open(service.databaseUrl);
    const found = await Array.fromAsync(checkStats(books));
    await books.close();
    return found;
  }

  /** What a rebuild changes in the stats: nothing. */
  async function rebuilt(): Promise<object[]> {
    const each = STATS_TABLES.map(({ name }) => `select '${name} ' || to_json(s)::text as row from ${name} s`);
    const rows = () => sql<{ row: string }>(`${each.join(' union all ')} order by 1`);
    const before = new Set((await rows()).map(({ row }) => row));
    await service.app.get(StatsRebuilder).rebuild();
    return (await rows()).filter(({ row }) => !before.has(row));
  }

  async function expectAnswer(syncs: PastSync[], change: number, asked: Question): Promise<void> {
    const period = periodOf(asked, change);
    const { bucket, zone } = asked;
    const meant = syncs.filter(
      (sync) => holds(asked.scope, sync) && sync.startedAt >= period.from && sync.startedAt < period.to,
    );
    expectNumbers(await analytics.numbers(asked.scope, period), recounted(meant));
    const series = await analytics.timeseries(asked.scope, period, bucket, zone);
    await expectSameOfHistory(asked, period, series);
    const buckets = Map.groupBy(meant, ({ startedAt }) =>
      Math.max(bucketOf(startedAt, bucket, zone), period.from.getTime()),
    );
    expect([series[0]!.from, series.at(-1)!.to]).toEqual([period.from, period.to]);
    for (const [index, { from, to, ...numbers }] of series.entries()) {
      expect(to).toEqual(series[index + 1]?.from ?? period.to);
      expect(bucketOf(new Date(to.getTime() - 1), bucket, zone)).toBeLessThanOrEqual(from.getTime());
      expect(Math.max(bucketOf(from, bucket, zone), period.from.getTime())).toBe(from.getTime());
      expectNumbers(numbers, recounted(buckets.get(from.getTime()) ?? []));
      buckets.delete(from.getTime());
    }
    expect([...buckets.keys()]).toEqual([]);
  }

  /** By value, because equal counts are in any order. */
  async function facets(scope: AskedConditions, { from, to }: Interval): Promise<object> {
    const found = await service.app.get(SyncHistoryQueries).facets({ ...scope, startDate: from, endDate: to });
    const sorted = Object.entries(found.facets).map(([name, values]) => [
      name,
      values.map(({ value, count }) => `${JSON.stringify(value)} ${count}`).sort(),
    ]);
    return { total: found.total, facets: Object.fromEntries(sorted) };
  }

  /** What the stats answer is what the history itself answers. */
  async function expectSameOfHistory(asked: Question, period: Interval, series: TimedNumbers[]): Promise<void> {
    // Of the state of a sync facets know more than the numbers do.
    if (!('actor' in asked.scope || 'forced' in asked.scope)) {
      expect(await facets(asked.scope, period)).toEqual(
        await facets({ ...asked.scope, actor: ['jane', 'joe'] }, period),
      );
    }
    if (NOT_COUNTED.some((name) => name in asked.scope)) return;
    const ofHistory = { ...asked.scope, ...ANY_STATUS };
    expect(await analytics.timeseries(ofHistory, period, asked.bucket, asked.zone)).toEqual(series);
    const groups = await analytics.groupedNumbers(asked.scope, period, ['platform', 'trigger']);
    expect(await analytics.groupedNumbers(ofHistory, period, ['platform', 'trigger'])).toEqual(groups);
    const slowest = await analytics.slowestTypes(asked.scope, period, 10);
    expect(await analytics.slowestTypes(ofHistory, period, 10)).toEqual(slowest);
  }

  it('are those of a recount, at any moment of counting, over changes of the clocks in any zone', async () => {
    const anySync = (change: number) =>
      fc.tuple(pastSync(moment(change)), fc.constantFrom('at once', 'late', 'outside'));
    const anyHistory = fc.constantFrom(...CHANGES).chain((change) =>
      fc.record({
        change: fc.constant(change),
        summedDays: fc.integer({ min: -4, max: 10 }),
        drawn: fc.array(anySync(change), { maxLength: 60, size: 'max' }),
        questions: fc.array(question, { minLength: 16, maxLength: 16 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anyHistory, async ({ change, summedDays, drawn, questions }) => {
        const those = (...ways: string[]) => drawn.filter(([, way]) => ways.includes(way)).map(([sync]) => sync);
        const expectAnswers = async (syncs: PastSync[], asked: Question[]) => {
          for (const one of asked) await expectAnswer(syncs, change, one);
        };
        const late = those('late');
        const sofar = [...those('at once', 'outside'), ...late.map((sync) => ({ ...sync, outcome: null }))];
        await emptied(new Date(Math.floor(change / DAY + summedDays) * DAY).toISOString());
        await recordPast(sql, those('at once', 'late'));
        await recordFinishedPast(sql, those('outside'));
        await finishPast(sql, those('at once'));
        await expectAnswers(sofar, questions.slice(0, 4));
        await counted();
        await expectAnswers(sofar, questions.slice(4, 8));
        await addNoise(sql, sofar);
        await finishPast(sql, late);
        // Of some both are not counted yet: their end, and that it became known what they did.
        await learnPast(sql, those('at once', 'late'));
        const all = [...those('at once', 'late').map(afterLearning), ...those('outside')];
        await expectAnswers(all, questions.slice(8, 12));
        expect(await findings()).toEqual([]);
        if (summedDays % 2 === 0) await summed();
        await counted();
        await summed();
        await expectAnswers(all, questions.slice(12, 16));
        expect(await findings()).toEqual([]);
        expect(await rebuilt()).toEqual([]);
      }),
      { numRuns: runs(12), interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);

  it('are those of a recount over more parts of hours than are planned one by one', async () => {
    await emptied();
    const anywhere = fc.integer({ min: 0, max: 80 * 24 * 60 }).map((minute) => new Date(START + minute * MINUTE));
    const syncs = fc.sample(pastSync(anywhere), 400);
    await recordFinishedPast(sql, syncs);
    await counted();
    const period = { from: new Date(START), to: new Date(START + 80 * 24 * HOUR) };
    const series = await analytics.timeseries({ platform: 'optimizely' }, period, 'day', 'Asia/Kolkata');
    expect(series).toHaveLength(81);
    for (const { from, to, ...numbers } of series) {
      const meant = syncs.filter(
        ({ platform, startedAt }) => platform === 'optimizely' && startedAt >= from && startedAt < to,
      );
      expectNumbers(numbers, recounted(meant));
    }
  });

  it('name the slowest types, and the places that were ever synchronised', async () => {
    await emptied();
    const [template] = fc.sample(pastSync(fc.constant(new Date(START))), 1);
    const take = (typeKey: string, minutes: number, durationMs: number, more: Partial<PastSync> = {}): PastSync => {
      const startedAt = new Date(START + minutes * MINUTE);
      const outcome = { status: 'SUCCESS', retryCount: 0, durationMs };
      const place = { kind: 'contentType', platform: 'optimizely', environment: 'default' };
      return { ...template!, ...place, id: idAt(startedAt), typeKey, startedAt, outcome, ...more };
    };
    const syncs = [
      ...[take('Hero', 0, 900), take('Hero', 60, 100), take('Article', 61, 300), take('Bread', 2_000, 20)],
      take('Article', 90, 5, { outcome: { status: 'FAILED', retryCount: 0, durationMs: 5 }, environment: 'staging' }),
      take('Article', 95, 0, { outcome: null, environment: 'staging' }),
    ];
    await recordFinishedPast(sql, syncs);
    const period = { from: new Date(START), to: new Date(START + 1_000 * MINUTE) };
    const slowest = await analytics.slowestTypes({ environment: 'default' }, period, 10);
    expect(slowest.map(({ typeKey, count, mean }) => [typeKey, count, mean])).toEqual([
      ['Hero', 2, 500],
      ['Article', 1, 300],
    ]);
    expect(Math.abs(slowest[0]!.p95 - 900)).toBeLessThanOrEqual(45);
    expect(await analytics.slowestTypes({}, period, 1)).toHaveLength(1);
    for (const at of ['before counting', 'after counting']) {
      expect([at, await analytics.targets()]).toEqual([
        at,
        [
          {
            platform: 'optimizely',
            environment: 'default',
            lastSyncAt: syncs[3]!.startedAt,
            lastSuccessAt: syncs[3]!.startedAt,
          },
          { platform: 'optimizely', environment: 'staging', lastSyncAt: syncs[5]!.startedAt, lastSuccessAt: null },
        ],
      ]);
      await counted();
    }
  });

  it('are nulls where there is nothing', async () => {
    await emptied();
    const period = { from: new Date(START), to: new Date(START + 90 * MINUTE) };
    expect(await analytics.numbers({}, period)).toEqual(recounted([]));
    expect(await analytics.calculateSuccessRate({}, period)).toBeNull();
    expect(await analytics.getAverageSyncTime({}, period)).toBeNull();
    expect(await analytics.timeseries({}, period, 'hour', 'UTC')).toEqual([
      { from: new Date(START), to: new Date(START + 43 * MINUTE), ...recounted([]) },
      { from: new Date(START + 43 * MINUTE), to: new Date(START + 90 * MINUTE), ...recounted([]) },
    ]);
  });

  it('answer over HTTP, at once, with the window and the time before', async () => {
    await emptied();
    const record = (result: object) =>
      service.api('POST', '/sync', {
        typeKey: 'Bread',
        platform: 'shop',
        direction: 'PUSH',
        actor: 'jane',
        data: {},
        result,
      });
    await record({ status: 'SUCCESS', durationMs: 100, retryCount: 1 });
    await record({ status: 'FAILED', durationMs: 300, error: { code: 'TIMEOUT', message: 'It was too slow' } });
    const { status, body } = await service.api('GET', '/sync/analytics?platform=shop&last=2h');
    expect([status, body]).toMatchObject([
      200,
      {
        window: { default: false },
        ...{ counts: { total: 2, success: 1, failed: 1 }, successRate: 0.5, attempts: 3, retries: 1, retryBurden: 0.5 },
        ...{ firstAttemptSuccessRate: 0, duration: { mean: 200 } },
        outcomes: { applied: 1, notApplied: 1, partlyApplied: 0, unknown: 0 },
        before: { counts: { total: 0 }, outcomes: { applied: 0 }, successRate: null },
        change: { total: null, successRate: null, duration: null },
        slowestTypes: [{ kind: 'contentType', typeKey: 'Bread', count: 2, mean: 200 }],
      },
    ]);
    const series = await service.api('GET', '/sync/analytics/timeseries?bucket=hour&timeZone=Asia/Kathmandu');
    const { items, window } = series.body as { items: { counts: { total: number } }[]; window: { default: boolean } };
    expect(window.default).toBe(true);
    expect([24, 25]).toContain(items.length);
    expect(items.reduce((sum, { counts }) => sum + counts.total, 0)).toBe(2);
  });

  it('answer over HTTP by what syncs have in common', async () => {
    await emptied();
    const syncs = fc.sample(pastSync(fc.constant(new Date(Date.now() - HOUR))), 60);
    await recordFinishedPast(sql, syncs);
    for (const by of [['platform', 'environment'], ['trigger'], ['direction', 'platform']] as const) {
      const asked = by.map((name) => `by=${name}`).join('&');
      const { body } = await service.api('GET', `/sync/analytics/groups?last=2h&${asked}`);
      const { items } = body as { items: (SyncNumbers & { group: object })[] };
      const expected = Map.groupBy(syncs, (sync) => JSON.stringify(by.map((name) => [name, sync[name]])));
      expect(items.map(({ counts }) => counts.total)).toEqual(
        [...expected.values()].map(({ length }) => length).sort((a, b) => b - a),
      );
      for (const { group, ...numbers } of items) {
        expectNumbers(numbers, recounted(expected.get(JSON.stringify(Object.entries(group))) ?? []));
      }
    }
    const { status, body } = await service.api('GET', '/sync/analytics/groups?by=actor');
    expect([status, body]).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  });

  it.each([
    ['timeZone=Mars/Olympus', 'UNKNOWN_TIME_ZONE', 'timeZone'],
    ['timeZone=%00', 'INVALID_REQUEST', 'timeZone'],
    ['bucket=month', 'INVALID_REQUEST', 'bucket'],
    ['bucket=hour&last=90d', 'TOO_MANY_BUCKETS', 'bucket'],
    ['startDate=0001-01-01T00:00:00Z&endDate=%2B275760-01-01T00:00:00Z', 'TOO_MANY_BUCKETS', 'bucket'],
    ['endDate=2026-01-01T00:00:00Z', 'INVALID_FILTER', 'endDate'],
    ['startDate=2999-01-01T00:00:00Z', 'INVALID_FILTER', 'endDate'],
    ['last=0d', 'INVALID_FILTER', 'last'],
    ['status=DONE', 'INVALID_REQUEST', 'status'],
    ['actor=jane&last=93d', 'INTERVAL_TOO_LONG', 'actor'],
    ['dateField=completed&status=IN_PROGRESS', 'INVALID_FILTER', 'dateField'],
    ['platform=shop&targetPlatform=other', 'INVALID_FILTER', 'targetPlatform'],
    ['targetPlatfrom=shop', 'INVALID_REQUEST', 'targetPlatfrom'],
  ])('are not told for %s', async (query, code, field) => {
    const { status, body } = await service.api('GET', `/sync/analytics/timeseries?${query}`);
    expect([status, body]).toMatchObject([400, { code }]);
    expect(JSON.stringify((body as { errors: unknown }).errors)).toContain(field);
  });

  it('answer over HTTP under every filter of the history', async () => {
    await emptied();
    const callId = idAt(new Date());
    const record = (more: object) =>
      service.api('POST', '/sync', {
        ...{ typeKey: 'Bread', platform: 'shop', direction: 'PUSH', actor: 'jane', data: {} },
        ...{ result: { status: 'SUCCESS' }, ...more },
      });
    const failed = { status: 'FAILED', statusCode: 503, error: { code: 'TIMEOUT', message: 'The oven was cold' } };
    const { body: failure } = await record({ actor: 'joe', result: failed });
    await record({});
    const { errorFingerprint } = (await service.api('GET', `/sync/${(failure as { id: string }).id}`)).body as {
      errorFingerprint: string;
    };
    const total = async (query: string) => {
      const { status, body } = await service.api('GET', `/sync/analytics?${query}`);
      return [query, status, (body as { counts?: { total: number } }).counts?.total];
    };
    const ofFailure = [
      'actor=joe',
      'status=FAILED',
      'syncStatus=FAILED',
      'errorCode=TIMEOUT',
      'statusClass=5xx',
      'q=OVEN',
    ];
    for (const query of [...ofFailure, `errorFingerprint=${errorFingerprint}`, 'targetPlatform=shop&actor=joe']) {
      expect(await total(query)).toEqual([query, 200, 1]);
    }
    for (const query of ['forced=false', 'dateField=completed', 'targetPlatform=shop', 'actor=jane&actor=joe']) {
      expect(await total(query)).toEqual([query, 200, 2]);
    }
    for (const query of [
      `callId=${callId}&last=900d`,
      `deploymentId=${callId}&last=900d`,
      'versionHash=x',
      'forced=true',
    ]) {
      expect(await total(query)).toEqual([query, 200, 0]);
    }
    for (const path of ['groups', 'timeseries', 'failures']) {
      const { status, body } = await service.api('GET', `/sync/analytics/${path}?actor=joe&targetPlatform=shop`);
      const { items, fingerprints } = body as { items?: { counts: { total: number } }[]; fingerprints?: object[] };
      const found = items?.reduce((sum, { counts }) => sum + counts.total, 0) ?? fingerprints?.length;
      expect([path, status, found]).toEqual([path, 200, 1]);
    }
  });

  it('count syncs by their completion when asked', async () => {
    await emptied();
    const [template] = fc.sample(pastSync(fc.constant(new Date(START))), 1);
    const outcome = { status: 'SUCCESS', retryCount: 0, durationMs: 2 * HOUR };
    await recordFinishedPast(sql, [{ ...template!, outcome }]);
    const [started, completed] = [0, 2 * HOUR].map((after) => {
      return { from: new Date(START + after), to: new Date(START + after + 1) };
    });
    const totals = async (scope: AskedConditions) =>
      Promise.all([started!, completed!].map(async (at) => (await analytics.numbers(scope, at)).counts.total));
    expect(await totals({ dateField: 'started' })).toEqual([1, 0]);
    expect(await totals({ dateField: 'completed' })).toEqual([0, 1]);
    const series = await analytics.timeseries(
      { dateField: 'completed' },
      { from: started!.from, to: completed!.to },
      'hour',
      'UTC',
    );
    expect(series.map(({ counts }) => counts.total)).toEqual([0, 0, 1]);
  });

  it.each([{ targetPlatfrom: 'shop' }, { startDate: new Date() }, { dateRange: {} }, { platform: null }])(
    'asked from code refuse what is no condition: %j',
    async (wrong) => {
      const [scope, period] = [wrong as AskedConditions, { from: new Date(START), to: new Date(START + HOUR) }];
      const failures = service.app.get(FailurePatternService);
      for (const call of [
        () => analytics.numbers(scope, period),
        () => analytics.groupedNumbers(scope, period, ['platform']),
        () => analytics.calculateSuccessRate(scope, period),
        () => analytics.getAverageSyncTime(scope, period),
        () => analytics.slowestTypes(scope, period, 1),
        () => analytics.timeseries(scope, period, 'hour', 'UTC'),
        () => failures.fingerprints(scope, period),
        () => failures.detectFailurePatterns(scope, period),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'INVALID_FILTER' });
      }
    },
  );

  it('can be asked of all times', async () => {
    for (const query of ['startDate=0001-01-01T00:00:00Z&endDate=%2B275760-09-13T00:00:00Z', 'last=999999d']) {
      const { status } = await service.api('GET', `/sync/analytics?${query}`);
      expect([query, status]).toEqual([query, 200]);
    }
  });
});
