import { UnknownTimeZoneError } from './unknown-time-zone.error.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The first moment that a `Date` holds. */
const EARLIEST_MS = -8.64e15;

/** A time during which the clocks of a zone are this far ahead of UTC. */
export interface ClockRun {
  from: number;
  to: number;
  offset: number;
}

/** A span of time, in milliseconds, cut where the clocks of an IANA zone change. Throws {@link UnknownTimeZoneError}. */
export function clockRuns(zone: string, start: number, to: number): ClockRun[] {
  const from = Math.max(start, EARLIEST_MS);
  const offsetAt = clockOffset(zone);
  const found: ClockRun[] = [];
  let current: ClockRun = { from, to, offset: offsetAt(from) };
  // Clocks change at most once a day.
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
  const format = formatOf(zone);
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

/** Throws {@link UnknownTimeZoneError}. */
export function assertTimeZone(zone: string): void {
  formatOf(zone);
}

/** Zones whose formats are kept: to make one takes as long as to read a page of the history. */
const MAX_FORMATS = 50;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const format = formats.get(zone) ?? newFormat(zone);
  if (formats.size < MAX_FORMATS) formats.set(zone, format);
  return format;
}

function newFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', era: 'short' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UnknownTimeZoneError(zone);
    throw error;
  }
}
