import { EARLIEST } from '#validation';
import type { Target } from '#platform';
/** The syncs that started at or after `from` and before `to`. */
export interface Interval {
  from: Date;
  to: Date;
}

/** A whole day in the year 9999: to it there is no part of a day that would be looked for in the history. */
export const ENDLESS_MS = Date.UTC(9999, 0, 1);

/** What the syncs of a interval were like. A rate of nothing is null, never NaN. */
export interface SyncNumbers {
  /** By status now, whenever they were settled. */
  counts: { total: number; inProgress: number; success: number; failed: number; partial: number };
  /** Settled pushes by what is known of their effect now. */
  outcomes: { applied: number; notApplied: number; partlyApplied: number; unknown: number };
  /** Success ÷ settled, 0 to 1. */
  successRate: number | null;
  /** Where the true rate lies with a certainty of 95 %, however few were settled (Wilson). */
  successRateInterval: { low: number; high: number } | null;
  /** Succeeded at attempt 1 ÷ settled, 0 to 1. */
  firstAttemptSuccessRate: number | null;
  /** Of settled syncs. */
  attempts: number;
  /** Of settled syncs: attempts after the first. */
  retries: number;
  /** Retries ÷ settled. */
  retryBurden: number | null;
  /** Of settled syncs, in milliseconds; percentiles by nearest rank, within 5 %. */
  duration: { mean: number | null; p50: number | null; p95: number | null; p99: number | null };
}

/** The numbers of an interval, and of the same time before. A change of what is not known is null. */
export interface ComparedNumbers extends SyncNumbers {
  before: SyncNumbers & Interval;
  /** Relative for total and mean duration, the difference for the success rate. */
  change: { total: number | null; successRate: number | null; duration: number | null };
}

/** A content type by the time its syncs take. Times are milliseconds. */
export interface SlowType {
  kind: string;
  typeKey: string;
  /** Settled syncs. */
  count: number;
  mean: number;
  /** Within 5 %. */
  p95: number;
}

export const BUCKETS = ['hour', 'day', 'week'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** The numbers of one bucket of a interval, cut where the interval begins and ends. */
export interface TimedNumbers extends SyncNumbers {
  from: Date;
  to: Date;
}

export const GROUPS = ['platform', 'environment', 'direction', 'trigger'] as const;
export type Group = (typeof GROUPS)[number];

/** The numbers of the syncs that have some values in common. */
export interface GroupedNumbers extends SyncNumbers {
  group: Partial<Record<Group, string>>;
}

/** A target with which something was ever synchronised. */
export interface SyncedTarget extends Target {
  lastSyncAt: Date;
  lastSuccessAt: Date | null;
}

/** In milliseconds. */
export function lengthOf({ from, to }: Interval): number {
  return to.getTime() - from.getTime();
}

/** As long as this one and right before it, but not before our era. */
export function intervalBefore({ from, to }: Interval): Interval {
  const earliest = Math.min(EARLIEST.getTime(), from.getTime());
  return { from: new Date(Math.max(2 * from.getTime() - to.getTime(), earliest)), to: from };
}

/** Of the standard normal distribution: 95 % lie within this many deviations. */
const Z = 1.959963984540054;

/** Where the true rate of `hits` among `count` lies with a certainty of 95 % (Wilson's score interval); null of nothing. */
export function wilsonInterval(hits: number, count: number): { low: number; high: number } | null {
  if (count === 0) return null;
  const rate = hits / count;
  const scale = 1 + Z ** 2 / count;
  const centre = (rate + Z ** 2 / (2 * count)) / scale;
  const half = (Z * Math.sqrt((rate * (1 - rate)) / count + Z ** 2 / (4 * count ** 2))) / scale;
  // At the ends the arithmetic misses by a hair.
  return { low: hits === 0 ? 0 : centre - half, high: hits === count ? 1 : centre + half };
}
