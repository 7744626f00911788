const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** In milliseconds. */
export interface Stretch {
  from: number;
  to: number;
}

/** From where the numbers of a list of buckets come. Neighbours are one stretch, whatever buckets they belong to. */
export interface Pieces {
  /** Whole UTC days and hours, each within a bucket: from the stats. */
  days: Stretch[];
  hours: Stretch[];
  /** Of each bucket, in order, what days and hours cover together; of no length where that is nothing. */
  covered: Stretch[];
  /** The rest: from the history. */
  raw: Stretch[];
}

/** Cuts buckets into whole days, whole hours, and what is left at their ends. `units` says which stats there are. */
export function piecesOf(starts: Date[], units: { days: boolean; hours: boolean }): Pieces {
  const pieces: Pieces = { days: [], hours: [], covered: [], raw: [] };
  for (let at = 1; at < starts.length; at += 1) {
    const [from, to] = [starts[at - 1]!.getTime(), starts[at]!.getTime()];
    const days = within(from, to, units.days ? DAY_MS : undefined);
    const covered = units.hours ? within(from, to, HOUR_MS) : days;
    const [firstDay, lastDay] = days.from < days.to ? [days.from, days.to] : [covered.to, covered.to];
    pieces.covered.push(covered);
    add(pieces.raw, from, covered.from);
    add(pieces.hours, covered.from, firstDay);
    add(pieces.days, days.from, days.to);
    add(pieces.hours, lastDay, covered.to);
    add(pieces.raw, covered.to, to);
  }
  return pieces;
}

/** The whole units in a stretch of time; of no length, at its beginning, where there is none. */
function within(from: number, to: number, unit?: number): Stretch {
  if (!unit) return { from, to: from };
  const [first, last] = [Math.ceil(from / unit) * unit, Math.floor(to / unit) * unit];
  return first < last ? { from: first, to: last } : { from, to: from };
}

function add(stretches: Stretch[], from: number, to: number): void {
  if (from === to) return;
  const before = stretches.at(-1);
  if (before?.to === from) before.to = to;
  else stretches.push({ from, to });
}
