import { clockRuns } from '#validation';
import type { Bucket } from './sync-numbers.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const UNITS: Record<Bucket, { ms: number; origin: number }> = {
  hour: { ms: HOUR_MS, origin: 0 },
  day: { ms: DAY_MS, origin: 0 },
  // The first Monday of 1970.
  week: { ms: 7 * DAY_MS, origin: 4 * DAY_MS },
};

/** About how many buckets a interval has. */
export function bucketCount(bucket: Bucket, from: Date, to: Date): number {
  return Math.ceil((to.getTime() - from.getTime()) / UNITS[bucket].ms) + 1;
}

/**
 * Where the buckets of a interval begin, by the clocks of an IANA zone, and, last, where the interval ends. An hour that a
 * change of the clocks repeats is a bucket of its own; a day has 23 or 25 hours then. Throws
 * `UnknownTimeZoneError`.
 */
export function bucketStarts(bucket: Bucket, zone: string, from: Date, to: Date): Date[] {
  const { ms, origin } = UNITS[bucket];
  const starts = [from.getTime()];
  let highest = Number.NEGATIVE_INFINITY;
  // A day before, a change of the clocks may have begun what they now come to once more.
  for (const run of clockRuns(zone, from.getTime() - DAY_MS, to.getTime())) {
    // As numbers of the clock, which in this run runs without a jump.
    const start = run.from + run.offset - origin;
    const end = run.to + run.offset - origin;
    for (let clock = start; clock < end; clock = (Math.floor(clock / ms) + 1) * ms) {
      const index = Math.floor(clock / ms);
      const isRepeatedHour = bucket === 'hour' && clock % ms === 0;
      if (clock + origin - run.offset > from.getTime() && (index > highest || isRepeatedHour)) {
        starts.push(clock + origin - run.offset);
      }
      highest = Math.max(highest, index);
    }
  }
  return [...starts, to.getTime()].map((start) => new Date(start));
}
