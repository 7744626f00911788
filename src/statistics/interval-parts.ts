const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** In UTC; a week begins on Monday. Each unit is made of whole shorter ones. */
const UNITS = {
  hour: { ms: HOUR_MS, origin: 0 },
  day: { ms: DAY_MS, origin: 0 },
  week: { ms: 7 * DAY_MS, origin: 4 * DAY_MS },
};
export type SpanUnit = keyof typeof UNITS;

/** In milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** From where the numbers of a list of buckets come. Neighbours are one span, whatever buckets they belong to. */
export interface IntervalParts {
  /** For each unit the spans of whole ones: from the stats. */
  whole: Span[][];
  /** Of each bucket, in order, what the whole units cover together; of no length where that is nothing. */
  covered: Span[];
  /** What no unit covers: from the history. */
  raw: Span[];
  /** What the units at the ends have too much, before and after all buckets: from the history, to be taken off. */
  surplus: Span[];
}

/** In which units there are stats, the shortest first: up to a day, and after it. */
interface Units {
  summed: SpanUnit[];
  until: number;
  base: SpanUnit[];
  /** Until when there is a history; where it is given, a unit at an end is taken whole if that leaves less to read. */
  now?: number;
}

/** Cuts buckets into whole units, as long as they are to be had, and what is left at their ends. */
export function partsOf(starts: Date[], { summed, until, base, now }: Units): IntervalParts {
  const whole = [...summed, ...base].map((): Span[] => []);
  const parts: IntervalParts = { whole, covered: [], raw: [], surplus: [] };
  const split = summed.length > 0 ? until : Number.NEGATIVE_INFINITY;
  for (let at = 1; at < starts.length; at += 1) {
    const [from, to] = [starts[at - 1]!.getTime(), starts[at]!.getTime()];
    const ends = { first: at === 1, last: at === starts.length - 1 };
    const covered = base[0] ? coveredOf({ from, to }, base[0], ends, now) : { from, to: from };
    parts.covered.push(covered);
    if (covered.from === covered.to) {
      add(parts.raw, from, to);
      continue;
    }
    add(parts.raw, from, covered.from);
    add(parts.surplus, covered.from, from);
    cut(whole, { from: covered.from, to: Math.min(covered.to, split) }, summed);
    cut(whole.slice(summed.length), { from: Math.max(covered.from, split), to: covered.to }, base);
    add(parts.raw, covered.to, to);
    add(parts.surplus, to, covered.to);
  }
  return parts;
}

/** The whole units for a bucket: within it, or, at an end, over it. Of no length, at its beginning, where there is none. */
function coveredOf(
  { from, to }: Span,
  unit: SpanUnit,
  ends: { first: boolean; last: boolean },
  now: number | undefined,
): Span {
  const within = { from: up(from, unit), to: down(to, unit) };
  const over = { from: down(from, unit), to: up(to, unit) };
  if (now === undefined) return within.from < within.to ? within : { from, to: from };
  const isOverFrom = ends.first && from - over.from < within.from - from;
  const isOverTo = ends.last && Math.min(over.to, now) - to < to - within.to;
  const covered = { from: isOverFrom ? over.from : within.from, to: isOverTo ? over.to : within.to };
  return covered.from < covered.to ? covered : { from, to: from };
}

/** A span of whole units of the first kind, with as many longer ones in its middle as there are. */
function cut([spans, ...longer]: Span[][], { from, to }: Span, [, unit, ...units]: SpanUnit[]): void {
  if (from >= to) return;
  const middle = unit && { from: up(from, unit), to: down(to, unit) };
  if (!middle || middle.from >= middle.to) return add(spans!, from, to);
  add(spans!, from, middle.from);
  cut(longer, middle, [unit, ...units]);
  add(spans!, middle.to, to);
}

function down(moment: number, unit: SpanUnit): number {
  const { ms, origin } = UNITS[unit];
  return Math.floor((moment - origin) / ms) * ms + origin;
}

function up(moment: number, unit: SpanUnit): number {
  const { ms, origin } = UNITS[unit];
  return Math.ceil((moment - origin) / ms) * ms + origin;
}

function add(spans: Span[], from: number, to: number): void {
  if (from >= to) return;
  const before = spans.at(-1);
  if (before?.to === from) before.to = to;
  else spans.push({ from, to });
}
