/// <reference lib="esnext.temporal" />
import * as fc from 'fast-check';
import {
  type AnalyticsScope,
  type Bucket,
  BUCKETS,
  checkStats,
  StatsProjector,
  SyncAnalyticsService,
  type SyncNumbers,
} from '#analytics';
import { Books, type Finding } from '#database';
import {
  addNoise,
  finishPast,
  givePositions,
  type PastSync,
  pastSync,
  recordFinishedPast,
  recordPast,
} from './support/past-syncs.ts';
import { connectSql, type Sql } from './support/sql.ts';
import { startTestApp, type TestApp } from './support/test-app.ts';
import { until } from './support/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
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

const scope: fc.Arbitrary<AnalyticsScope> = fc
  .tuple(
    fc.subarray(['platform', 'environment', 'direction', 'trigger', 'typeKey', 'kind'] as const, { maxLength: 2 }),
    fc.record({
      platform: fc.constantFrom('optimizely', ['optimizely', 'other']),
      environment: fc.constantFrom('default', ['staging']),
      direction: fc.constantFrom<('PUSH' | 'PULL')[]>('PUSH', 'PULL'),
      trigger: fc.constantFrom('API' as const, ['API' as const, 'DEPLOYMENT' as const]),
      typeKey: fc.constantFrom('Article', ['Article', 'Hero'], 'Missing'),
      kind: fc.constantFrom('contentType', 'propertyGroup'),
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

function holds(asked: AnalyticsScope, sync: PastSync): boolean {
  return Object.entries(asked).every(([name, values]) => [values].flat().includes(sync[name as 'platform'] as never));
}

/** When the bucket in which a moment lies begins, by the calendar of the language. */
function bucketOf(moment: Date, bucket: Bucket, zone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(zone);
  if (bucket === 'hour') return local.round({ smallestUnit: 'hour', roundingMode: 'floor' }).epochMilliseconds;
  const day = local.startOfDay();
  return (bucket === 'day' ? day : day.subtract({ days: day.dayOfWeek - 1 }).startOfDay()).epochMilliseconds;
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
  const clean = outcomes.filter(({ status, retryCount }) => status === 'SUCCESS' && retryCount === 0).length;
  return {
    counts: {
      total: syncs.length,
      inProgress: syncs.length - settled,
      success: of('SUCCESS'),
      failed: of('FAILED'),
      partial: of('PARTIAL'),
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
  for (const [name, value] of Object.entries(duration)) {
    const found = actual.duration[name as 'p50'];
    if (value === null || found === null) expect([name, found]).toEqual([name, value]);
    else expect(Math.abs(found - value)).toBeLessThanOrEqual(value * (name === 'mean' ? 1e-12 : 0.05));
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
    analytics = service.app.get(SyncAnalyticsService);
    projector = service.app.get(StatsProjector);
    for (const month of ['2026-02-01', '2026-09-01']) await sql('select ensure_sync_partitions($1, 4)', [month]);
  });
  afterAll(async () => {
    await sql.close();
    await service.close();
  });

  const emptied = () =>
    sql(`
      alter table sync_event disable trigger user;
      truncate sync_event, sync_history, sync_stats_hourly, sync_stats_daily, sync_stats_type_daily;
      update event_position set last = 0; update sync_stats_position set last = 0;
      alter table sync_event enable trigger user`);

  const counted = async () => {
    await givePositions(sql);
    await until('nobody else is counting', async () => {
      await projector.project();
      return (await projector.lag()) === 0;
    });
  };

  async function findings(): Promise<Finding[]> {
    const books = await Books.open(service.databaseUrl);
    const found = await Array.fromAsync(checkStats(books));
    await books.close();
    return found;
  }

  async function expectAnswer(syncs: PastSync[], change: number, asked: Question): Promise<void> {
    const period = periodOf(asked, change);
    const { bucket, zone } = asked;
    const meant = syncs.filter(
      (sync) => holds(asked.scope, sync) && sync.startedAt >= period.from && sync.startedAt < period.to,
    );
    expectNumbers(await analytics.numbers(asked.scope, period), recounted(meant));
    const series = await analytics.timeseries(asked.scope, period, bucket, zone);
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

  it('are those of a recount, at any moment of counting, over changes of the clocks in any zone', async () => {
    const anySync = (change: number) =>
      fc.tuple(pastSync(moment(change)), fc.constantFrom('at once', 'late', 'outside'));
    const anyHistory = fc.constantFrom(...CHANGES).chain((change) =>
      fc.record({
        change: fc.constant(change),
        drawn: fc.array(anySync(change), { maxLength: 60, size: 'max' }),
        questions: fc.array(question, { minLength: 16, maxLength: 16 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anyHistory, async ({ change, drawn, questions }) => {
        const those = (...ways: string[]) => drawn.filter(([, way]) => ways.includes(way)).map(([sync]) => sync);
        const expectAnswers = async (syncs: PastSync[], asked: Question[]) => {
          for (const one of asked) await expectAnswer(syncs, change, one);
        };
        const late = those('late');
        const sofar = [...those('at once', 'outside'), ...late.map((sync) => ({ ...sync, outcome: null }))];
        await emptied();
        await recordPast(sql, those('at once', 'late'));
        await recordFinishedPast(sql, those('outside'));
        await finishPast(sql, those('at once'));
        await expectAnswers(sofar, questions.slice(0, 4));
        await counted();
        await expectAnswers(sofar, questions.slice(4, 8));
        await addNoise(sql, sofar);
        await finishPast(sql, late);
        await expectAnswers(those('at once', 'late', 'outside'), questions.slice(8, 12));
        await counted();
        await expectAnswers(those('at once', 'late', 'outside'), questions.slice(12, 16));
        expect(await findings()).toEqual([]);
      }),
      { numRuns: 20, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);
});
