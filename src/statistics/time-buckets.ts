import type { Bucket } from './sync-numbers.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** The first moment that a `Date` holds. */
const EARLIEST_MS = -8.64e15;
const UNITS: Record<Bucket, { ms: number; origin: number }> = {
  hour: { ms: HOUR_MS, origin: 0 },
  day: { ms: DAY_MS, origin: 0 },
  // The first Monday of 1970.
  week: { ms: 7 * DAY_MS, origin: 4 * DAY_MS },
};

/** A time during which the clocks of a zone are this far ahead of UTC. */
interface Run {
  from: number;
  to: number;
  offset: number;
}

/** About how many buckets a interval has. */
export function bucketCount(bucket: Bucket, from: Date, to: Date): number {
  return Math.ceil((to.getTime() - from.getTime()) / UNITS[bucket].ms) + 1;
}

/**
 * Where the buckets of a interval begin, by the clocks of an IANA zone, and, last, where the interval ends. An hour that a
 * change of the clocks repeats is a bucket of its own; a day has 23 or 25 hours then. Throws a `RangeError` for a zone
 * that is none.
 */
export function bucketStarts(bucket: Bucket, zone: string, from: Date, to: Date): Date[] {
  const { ms, origin } = UNITS[bucket];
  const starts = [from.getTime()];
  let highest = Number.NEGATIVE_INFINITY;
  // A day before, a change of the clocks may have begun what they now come to once more.
  const before = Math.max(from.getTime() - DAY_MS, EARLIEST_MS);
  for (const run of runs(zone, before, to.getTime())) {
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

/** Clocks change at most once a day. */
function runs(zone: string, from: number, to: number): Run[] {
  const offsetAt = clockOffset(zone);
  const found: Run[] = [];
  let current: Run = { from, to, offset: offsetAt(from) };
  for (let day = from; day < to; day += DAY_MS) {
    const next = Math.min(day + DAY_MS, to);
    const offset = offsetAt(next);
    if (offset === current.offset) continue;
    const change = firstWith(offset, day, next, offsetAt);
    found.push({ ...current, to: change });
    current = { from: change, to, offset };
  }
  return [...found, current];
}

function firstWith(offset: number, before: number, at: number, offsetAt: (moment: number) => number): number {
  let [low, high] = [before, at];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}

/** How far the clocks of a zone are ahead of UTC at a moment, in milliseconds. */
function clockOffset(zone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', era: 'short' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (moment) => {
    const parts: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(moment)) parts[type] = value;
    const { era, year, month, day, hour, minute, second } = parts;
    const fullYear = era === 'BC' ? 1 - Number(year) : Number(year);
    // Date.UTC takes the years 0 to 99 for those of the 20th century; four centuries later the calendar is the same.
    const centuries = fullYear < 100 ? 4 : 0;
    const clock = Date.UTC(
      fullYear + centuries * 100,
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    );
    return clock - centuries * CENTURY_MS - Math.floor(moment / 1000) * 1000;
  };
}

/** A quarter of four, which are the same number of days whichever they are. */
const CENTURY_MS = (146_097 / 4) * DAY_MS;
