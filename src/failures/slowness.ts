import type { Target } from '#platform';
import {
  type DurationCell,
  type DurationGrid,
  type LogHistogram,
  medianOf,
  sizeOf,
  SLICES,
  spreadOf,
  STEP,
  together,
  type TypeDurations,
} from './duration-grid.ts';
import { evidenceOf, type FailurePattern } from './failure-patterns.ts';

/** A median counts as shifted when it is by 30 % above what it was, */
const MIN_SHIFT = Math.log(1.3) / STEP;
/** by so much that chance does not do it, */
const MIN_CERTAINTY = 5;
/** by more than clocks jitter, */
const MIN_MS = 10;
/** and for more than one slice. */
const MIN_SLICES = 2;
/** Fewer syncs than these are nothing to compare with, */
const MIN_BEFORE = 30;
/** and these are too few for a slice: slices are taken together. */
const MIN_IN_SLICE = 20;
const FIRST_QUARTER = SLICES / 4;

/** A type whose durations can be compared: its histograms less its own median of before, so that types can be added up. */
interface Compared {
  typeKey: string;
  base: LogHistogram;
  baseMedian: number;
  /** Slices before this one are the base. */
  begin: number;
  cells: (DurationCell | undefined)[];
}

/** Slices, `from` to before `to`, in which the median is above what it was. */
interface Shift {
  from: number;
  to: number;
  by: number;
}

/** Whether first attempts that succeed take longer than they did before, or in the first quarter when nothing was before. */
export function slowness(target: Target, grid: DurationGrid): FailurePattern[] {
  const types = [...grid.types.values()].map(compared).filter((type) => type !== undefined);
  const ofAll = shiftOf(types);
  const alone = types.map((type) => ({ type, shift: shiftOf([type]) })).filter(({ shift }) => shift !== undefined);
  const shift = ofAll ?? alone.map((one) => one.shift!).toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
  if (!shift) return [];
  const slow = alone.length > 0 ? alone.map(({ type }) => type) : types;
  const cells = slow.flatMap(({ cells: all }) => all.slice(shift.from, shift.to)).filter((cell) => cell !== undefined);
  cells.sort((a, b) => a.first.getTime() - b.first.getTime());
  const times = Math.exp(shift.by * STEP);
  const typeKeys = [...new Set(slow.map(({ typeKey }) => typeKey))].toSorted();
  return [
    {
      ...target,
      shape: 'slowness',
      typeKeys,
      errorCode: null,
      fingerprint: null,
      firstSeen: cells[0]!.first,
      lastSeen: new Date(Math.max(...cells.map(({ last }) => last.getTime()))),
      count: cells.reduce((sum, { counts }) => sum + sizeOf(counts), 0),
      evidence: evidenceOf(cells.map(({ slowest }) => slowest)),
      summary: `The median duration of ${typeKeys.length} content types rose to up to ${times.toFixed(1)} times the earlier value.`,
    },
  ];
}

function compared({ typeKey, before, slices }: TypeDurations): Compared | undefined {
  const hasBefore = sizeOf(before) >= MIN_BEFORE;
  const begin = hasBefore ? 0 : FIRST_QUARTER;
  const base = hasBefore ? before : together(slices.slice(0, begin).filter((cell) => cell !== undefined));
  if (sizeOf(base) < MIN_BEFORE / 3) return undefined;
  return { typeKey, base, baseMedian: medianOf(base), begin, cells: slices };
}

/** The longest run of slices in which these types together are slow. */
function shiftOf(types: Compared[]): Shift | undefined {
  if (types.length === 0) return undefined;
  const base = together(types.map((type) => ({ counts: type.base, by: -Math.round(type.baseMedian) })));
  const spread = spreadOf(base);
  const middle = medianOf(base);
  const usualMs = Math.exp(medianOf(together(types.map(({ base: counts }) => ({ counts })))) * STEP);
  const begin = Math.max(...types.map((type) => type.begin));
  const slices = Array.from({ length: SLICES }, (_, slice) =>
    together(
      types.flatMap(({ cells, baseMedian }) => {
        const cell = cells[slice];
        return cell ? [{ counts: cell.counts, by: -Math.round(baseMedian) }] : [];
      }),
    ),
  );
  const width = widthFor(slices.reduce((sum, slice) => sum + sizeOf(slice), 0));
  let run: Shift | undefined;
  let longest: Shift | undefined;
  for (let from = begin; from < SLICES; from += width) {
    const slice = together(slices.slice(from, from + width).map((counts) => ({ counts })));
    const size = sizeOf(slice);
    // Too little to tell neither ends nor lengthens a run.
    if (size < MIN_IN_SLICE / 4) continue;
    const by = medianOf(slice) - middle;
    const chance = MIN_CERTAINTY * spread * 1.2533 * Math.sqrt(1 / size + 1 / sizeOf(base));
    const isSlow = by >= MIN_SHIFT && by >= chance && usualMs * (Math.exp(by * STEP) - 1) >= MIN_MS;
    if (!isSlow) {
      run = undefined;
      continue;
    }
    run = run ? { from: run.from, to: from + width, by: Math.max(run.by, by) } : { from, to: from + width, by };
    if (run.to - run.from >= MIN_SLICES * width && (!longest || run.to - run.from > longest.to - longest.from)) {
      longest = run;
    }
  }
  return longest;
}

/** So many slices are taken together that each has enough. */
function widthFor(size: number): number {
  return [1, 2, 3].find((width) => (size * width) / SLICES >= MIN_IN_SLICE) ?? FIRST_QUARTER / 2;
}
