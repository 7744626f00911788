const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** A stretch of time, in milliseconds; `at` is the bucket that it belongs to, the first is number 1. */
export interface Piece {
  from: number;
  to: number;
  at: number;
}

/** From where the numbers of a list of buckets come. */
export interface Pieces {
  /** Whole UTC days and hours that lie in a bucket: from the stats. */
  days: Piece[];
  hours: Piece[];
  /** Of each bucket, what days and hours cover together; of no length where that is nothing. */
  covered: Piece[];
  /** The rest: from the history. Neighbours are one, whatever buckets they belong to. */
  raw: Omit<Piece, 'at'>[];
}

/** Cuts buckets into whole days, whole hours, and what is left at their ends. `units` says which stats there are. */
export function piecesOf(starts: Date[], units: { days: boolean; hours: boolean }): Pieces {
  const pieces: Pieces = { days: [], hours: [], covered: [], raw: [] };
  const take = (list: Piece[], piece: Piece) => piece.from < piece.to && list.push(piece);
  for (let at = 1; at < starts.length; at += 1) {
    const [from, to] = [starts[at - 1]!.getTime(), starts[at]!.getTime()];
    const days = within(from, to, units.days ? DAY_MS : undefined);
    const covered = units.hours ? within(from, to, HOUR_MS) : days;
    const [firstDay, lastDay] = days.from < days.to ? [days.from, days.to] : [covered.to, covered.to];
    take(pieces.days, { ...days, at });
    take(pieces.hours, { from: covered.from, to: firstDay, at });
    take(pieces.hours, { from: lastDay, to: covered.to, at });
    pieces.covered.push({ ...covered, at });
    addRaw(pieces.raw, from, covered.from);
    addRaw(pieces.raw, covered.to, to);
  }
  return pieces;
}

/** The whole units in a stretch of time; of no length, at its beginning, where there is none. */
function within(from: number, to: number, unit?: number): { from: number; to: number } {
  if (!unit) return { from, to: from };
  const [first, last] = [Math.ceil(from / unit) * unit, Math.floor(to / unit) * unit];
  return first < last ? { from: first, to: last } : { from, to: from };
}

function addRaw(raw: Pieces['raw'], from: number, to: number): void {
  if (from === to) return;
  const before = raw.at(-1);
  if (before?.to === from) before.to = to;
  else raw.push({ from, to });
}
