import { wilsonInterval } from '#statistics';
import { denseStretches } from './cusum.ts';
import { dominant, evidenceOf, type FailurePattern, type FailurePlace, typeKeysOf } from './failure-patterns.ts';
import type { RetryTally, SyncSeries } from './sync-series.ts';

const CERTAINTY = 15;
const LEAST_USUAL = 0.05;
const LEAST_CALLS_BEFORE = 50;
/** Above this the success rate does not hide anything. */
const MOST_FAILURES = 0.2;

/** Whether more and more of what succeeds needs another try; `taken` are syncs that another pattern explains. */
export function retryDecay(
  place: FailurePlace,
  series: SyncSeries,
  isTaken: (order: number) => boolean,
): FailurePattern[] {
  const usual = usualShare(series);
  const retried = series.retried.filter(({ order }) => !isTaken(order));
  const others = retried.map(({ successesBefore }, index) => successesBefore - index);
  const dense = Math.min(0.9, Math.max(3 * usual, usual + 0.2));
  const stretches = denseStretches(others, { usual, dense, certainty: CERTAINTY });
  const [longest] = stretches.toSorted((a, b) => b.score - a.score);
  if (!longest) return [];
  const first = retried[longest.from]!;
  const last = retried[stretches.at(-1)!.to]!;
  const syncs = stretches.flatMap(({ from, to }) => retried.slice(from, to + 1));
  const failures = series.failures.filter(({ order }) => order >= first.order && order <= last.order).length;
  if (failures > MOST_FAILURES * (last.order - first.order + 1)) return [];
  return [
    {
      ...place,
      shape: 'retry-decay',
      typeKeys: typeKeysOf(syncs),
      errorCode: dominant(
        syncs.map(({ errorCode }) => errorCode),
        0.7,
      ),
      fingerprint: null,
      firstSeen: syncs[0]!.startedAt,
      lastSeen: last.startedAt,
      count: syncs.length,
      evidence: evidenceOf(syncs),
      summary: `${syncs.length} calls succeeded only after a retry. The usual share is at most ${Math.round(usual * 100)} %.`,
    },
  ];
}

/** The share that is usual at the most: of before, or of the first quarter when there is too little before. */
function usualShare({ retriesBefore, retriesAtFirst }: SyncSeries): number {
  const known = [retriesBefore, retriesAtFirst].find(({ calls }) => calls >= LEAST_CALLS_BEFORE);
  return known ? Math.min(Math.max(highest(known), LEAST_USUAL), 0.6) : 2 * LEAST_USUAL;
}

function highest({ calls, retried }: RetryTally): number {
  return wilsonInterval(retried, calls)!.high;
}
