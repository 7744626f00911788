const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** In milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** From where the numbers of a list of buckets come. Neighbours are one span, whatever buckets they belong to. */
export interface IntervalParts {
  /** Whole UTC days and hours, each within a bucket: from the stats. */
  days: Span[];
  hours: Span[];
  /** Of each bucket, in order, what days and hours cover together; of no length where that is nothing. */
  covered: Span[];
  /** The rest: from the history. */
  raw: Span[];
}

/** Cuts buckets into whole days, whole hours, and what is left at their ends. `units` says which stats there are. */
export function partsOf(starts: Date[], units: { days: boolean; hours: boolean }): IntervalParts {
  const parts: IntervalParts = { days: [], hours: [], covered: [], raw: [] };
  for (let at = 1; at < starts.length; at += 1) {
    const [from, to] = [starts[at - 1]!.getTime(), starts[at]!.getTime()];
    const days = within(from, to, units.days ? DAY_MS : undefined);
    const covered = units.hours ? within(from, to, HOUR_MS) : days;
    const [firstDay, lastDay] = days.from < days.to ? [days.from, days.to] : [covered.to, covered.to];
    parts.covered.push(covered);
    add(parts.raw, from, covered.from);
    add(parts.hours, covered.from, firstDay);
    add(parts.days, days.from, days.to);
    add(parts.hours, lastDay, covered.to);
    add(parts.raw, covered.to, to);
  }
  return parts;
}

/** The whole units in a span of time; of no length, at its beginning, where there is none. */
function within(from: number, to: number, unit?: number): Span {
  if (!unit) return { from, to: from };
  const [first, last] = [Math.ceil(from / unit) * unit, Math.floor(to / unit) * unit];
  return first < last ? { from: first, to: last } : { from, to: from };
}

function add(spans: Span[], from: number, to: number): void {
  if (from === to) return;
  const before = spans.at(-1);
  if (before?.to === from) before.to = to;
  else spans.push({ from, to });
}
