import { Injectable } from '@nestjs/common';
import { percentile } from './duration-histogram.ts';
import { TooManyBucketsError } from './statistics.errors.ts';
import { StatsReader, type StatsRow } from './stats.reader.ts';
import type { Dimension } from './stats.tables.ts';
import { type AskedConditions, conditionsOf } from '#history';
import type { Target } from '#platform';
import {
  type Bucket,
  type ComparedNumbers,
  ENDLESS_MS,
  type Group,
  type GroupedNumbers,
  type Interval,
  intervalBefore,
  type SlowType,
  type SyncedTarget,
  type SyncNumbers,
  type TimedNumbers,
  wilsonInterval,
} from './sync-numbers.ts';
import { bucketCount, bucketStarts } from './time-buckets.ts';

/** Targets that are looked after, and groups of one answer: callers choose their names. */
export const MAX_PLACES = 200;
const MAX_GROUPS = 1_000;
/** Buckets of one answer. */
export const MAX_BUCKETS = 2_000;

/**
 * What the history says in numbers: of the syncs that started in an interval, as of now. Every filter of the history holds;
 * throws `InvalidFilterError`, and `IntervalTooLongError` where more of the history would be read than an answer may.
 */
@Injectable()
export class SyncAnalyticsService {
  constructor(private readonly reader: StatsReader) {}

  async numbers(scope: AskedConditions, { from, to }: Interval): Promise<SyncNumbers> {
    const [row] = await this.reader.read({ scope: conditionsOf(scope), starts: [from, to] });
    return numbersOf(row);
  }

  /** The same with those of the time before. */
  async comparedNumbers(scope: AskedConditions, interval: Interval): Promise<ComparedNumbers> {
    const before = intervalBefore(interval);
    const [numbers, numbersBefore] = await Promise.all([this.numbers(scope, interval), this.numbers(scope, before)]);
    return { ...numbers, before: { ...before, ...numbersBefore }, change: changeOf(numbers, numbersBefore) };
  }

  /** The numbers of each of the 1,000 largest groups of syncs, most syncs first. */
  async groupedNumbers(scope: AskedConditions, { from, to }: Interval, by: Group[]): Promise<GroupedNumbers[]> {
    const rows = await this.reader.read({
      scope: conditionsOf(scope),
      starts: [from, to],
      by: by.map((group) => COLUMNS[group]),
    });
    return rows
      .map((row) => ({ group: Object.fromEntries(by.map((group) => [group, row[COLUMNS[group]]])), ...numbersOf(row) }))
      .sort((a, b) => b.counts.total - a.counts.total || (JSON.stringify(a.group) < JSON.stringify(b.group) ? -1 : 1))
      .slice(0, MAX_GROUPS);
  }

  /** Success ÷ settled, 0 to 1; null when nothing is settled. */
  async calculateSuccessRate(scope: AskedConditions, { from, to }: Interval): Promise<number | null> {
    const [row] = await this.reader.read({ scope: conditionsOf(scope), starts: [from, to], durations: false });
    return numbersOf(row).successRate;
  }

  /** The mean of the durations of settled syncs, in milliseconds; null when there are none. */
  async getAverageSyncTime(scope: AskedConditions, { from, to }: Interval): Promise<number | null> {
    const [row] = await this.reader.read({ scope: conditionsOf(scope), starts: [from, to], durations: false });
    return numbersOf(row).duration.mean;
  }

  /** Content types of which 95 % of the syncs take longest, slowest first. */
  async slowestTypes(scope: AskedConditions, { from, to }: Interval, limit: number): Promise<SlowType[]> {
    const rows = await this.reader.read({ scope: conditionsOf(scope), starts: [from, to], by: ['kind', 'type_key'] });
    return rows
      .filter((row) => row.measured > 0)
      .map((row) => ({
        kind: row.kind,
        typeKey: row.type_key,
        count: row.measured,
        mean: row.duration_sum / row.measured,
        p95: percentile(row, 0.95)!,
      }))
      .sort((a, b) => b.p95 - a.p95 || b.mean - a.mean || (nameOf(a) < nameOf(b) ? -1 : 1))
      .slice(0, limit);
  }

  /**
   * The numbers of each bucket of a interval, by the clocks of an IANA time zone; weeks begin on Monday. Throws
   * `UnknownTimeZoneError` and {@link TooManyBucketsError}.
   */
  async timeseries(
    scope: AskedConditions,
    { from, to }: Interval,
    bucket: Bucket,
    timeZone: string,
  ): Promise<TimedNumbers[]> {
    const starts = startsOf(bucket, timeZone, from, to);
    const rows = new Map((await this.reader.read({ scope: conditionsOf(scope), starts })).map((row) => [row.at, row]));
    return starts
      .slice(0, -1)
      .map((start, index) => ({ from: start, to: starts[index + 1]!, ...numbersOf(rows.get(index + 1)) }));
  }

  /** The environments of platforms with which something was ever synchronised: the 200 with the most syncs. */
  async targets(): Promise<SyncedTarget[]> {
    const rows = await this.reader.read({
      scope: {},
      starts: [new Date(0), new Date(ENDLESS_MS)],
      by: ['target_platform', 'environment'],
      durations: false,
      latest: true,
    });
    return rows
      .toSorted((a, b) => b.total - a.total || b.last_at!.getTime() - a.last_at!.getTime())
      .slice(0, MAX_PLACES)
      .map((row) => ({
        platform: row.target_platform,
        environment: row.environment,
        lastSyncAt: row.last_at!,
        lastSuccessAt: row.last_success_at!,
      }))
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

const COLUMNS = {
  platform: 'target_platform',
  environment: 'environment',
  direction: 'sync_direction',
  trigger: 'trigger',
} as const satisfies Record<Group, Dimension>;

function key({ platform, environment }: Target): string {
  return JSON.stringify([platform, environment]);
}

function nameOf({ typeKey, kind }: SlowType): string {
  return JSON.stringify([typeKey, kind]);
}

function startsOf(bucket: Bucket, timeZone: string, from: Date, to: Date): Date[] {
  if (bucketCount(bucket, from, to) > MAX_BUCKETS + 1) throw new TooManyBucketsError(bucket, MAX_BUCKETS);
  return bucketStarts(bucket, timeZone, from, to);
}

function changeOf(now: SyncNumbers, before: SyncNumbers): ComparedNumbers['change'] {
  const share = (a: number | null, b: number | null) => (a === null || !b ? null : a / b - 1);
  return {
    total: share(now.counts.total, before.counts.total),
    successRate: now.successRate === null || before.successRate === null ? null : now.successRate - before.successRate,
    duration: share(now.duration.mean, before.duration.mean),
  };
}

const NOTHING = {
  ...{ total: 0, success: 0, failed: 0, partial: 0, first_success: 0, retries: 0, measured: 0, duration_sum: 0 },
  ...{ applied: 0, not_applied: 0, partly_applied: 0, unknown: 0 },
  ...{ buckets: [], counts: [] },
};

/** The numbers of no row are zeros and nulls. */
function numbersOf(row: StatsRow | undefined): SyncNumbers {
  const sums = row ?? NOTHING;
  const { total, success, failed, partial, retries, measured, applied, unknown } = sums;
  const settled = success + failed + partial;
  const ofSettled = (count: number) => (settled === 0 ? null : count / settled);
  return {
    counts: { total, inProgress: total - settled, success, failed, partial },
    outcomes: { applied, notApplied: sums.not_applied, partlyApplied: sums.partly_applied, unknown },
    successRate: ofSettled(success),
    successRateInterval: wilsonInterval(success, settled),
    firstAttemptSuccessRate: ofSettled(sums.first_success),
    attempts: settled + retries,
    retries,
    retryBurden: ofSettled(retries),
    duration: {
      mean: measured === 0 ? null : sums.duration_sum / measured,
      p50: percentile(sums, 0.5),
      p95: percentile(sums, 0.95),
      p99: percentile(sums, 0.99),
    },
  };
}
