import type { Interval } from '#statistics';
import type { SettledSync } from './failure-patterns.ts';

/** Durations by the bucket in which their logarithm lies: a step is 5 %. */
export type LogHistogram = Map<number, number>;

/** What one type needed in one slice of the interval. */
export interface DurationCell {
  counts: LogHistogram;
  slowest: { id: string; typeKey: string; durationMs: number };
  first: Date;
  last: Date;
}

export interface TypeDurations {
  typeKey: string;
  before: LogHistogram;
  slices: (DurationCell | undefined)[];
}

export const SLICES = 24;
export const STEP = Math.log(1.05);
/** Types beyond these are not compared: memory stays bounded. */
const MAX_TYPES = 5_000;

/** How long first attempts that succeeded took: before the interval, and in each of its slices. */
export class DurationGrid {
  readonly types = new Map<string, TypeDurations>();
  private readonly from: number;
  private readonly sliceMs: number;

  constructor({ from, to }: Interval) {
    this.from = from.getTime();
    this.sliceMs = Math.max((to.getTime() - this.from) / SLICES, 1);
  }

  add(key: string, { id, typeKey, durationMs, startedAt }: SettledSync): void {
    if (durationMs === null) return;
    const type = this.typeOf(key, typeKey);
    if (!type) return;
    const slice = Math.floor((startedAt.getTime() - this.from) / this.sliceMs);
    if (slice < 0) return count(type.before, bucketOf(durationMs));
    const index = Math.min(slice, SLICES - 1);
    const said = { id, typeKey, durationMs };
    const cell = (type.slices[index] ??= { counts: new Map(), slowest: said, first: startedAt, last: startedAt });
    count(cell.counts, bucketOf(durationMs));
    cell.last = startedAt;
    if (durationMs > cell.slowest.durationMs) cell.slowest = said;
  }

  private typeOf(key: string, typeKey: string): TypeDurations | undefined {
    const known = this.types.get(key);
    if (known || this.types.size >= MAX_TYPES) return known;
    const type = { typeKey, before: new Map(), slices: [] };
    this.types.set(key, type);
    return type;
  }
}

function bucketOf(durationMs: number): number {
  return Math.round(Math.log(Math.max(durationMs, 1)) / STEP);
}

function count(histogram: LogHistogram, bucket: number, by = 1): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + by);
}

/** Several histograms as one, each moved by so many steps. */
export function together(parts: { counts: LogHistogram; by?: number }[]): LogHistogram {
  const sum: LogHistogram = new Map();
  for (const { counts, by = 0 } of parts) for (const [bucket, times] of counts) count(sum, bucket + by, times);
  return sum;
}

export function sizeOf(histogram: LogHistogram): number {
  return histogram.values().reduce((sum, times) => sum + times, 0);
}

/** The middle of a histogram that is not empty, in steps. */
export function medianOf(histogram: LogHistogram): number {
  const half = sizeOf(histogram) / 2;
  let passed = 0;
  for (const [bucket, times] of [...histogram].toSorted(([a], [b]) => a - b)) {
    // Within a step values are spread evenly: else a median would jump by whole steps.
    if (passed + times >= half) return bucket - 0.5 + (half - passed) / times;
    passed += times;
  }
  return 0;
}

/** How far from the middle values usually are (median absolute deviation, as a standard deviation), one step at least. */
export function spreadOf(histogram: LogHistogram): number {
  const middle = medianOf(histogram);
  const deviations: LogHistogram = new Map();
  for (const [bucket, times] of histogram) count(deviations, Math.round(Math.abs(bucket - middle)), times);
  return Math.max(1.4826 * medianOf(deviations), 1);
}
