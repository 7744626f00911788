import type { Target } from '#platform';
import { wilsonInterval } from '#statistics';
import { denseRuns } from './cusum.ts';
import { dominant, evidenceOf, type FailurePattern, typeKeysOf } from './failure-patterns.ts';
import type { RetryTally, SyncSeries } from './sync-series.ts';

const CERTAINTY = 15;
const MIN_USUAL = 0.05;
const MIN_CALLS_BEFORE = 50;
/** Above this the success rate does not hide anything. */
const MAX_FAILURES = 0.2;

/** Whether more and more of what succeeds needs another try; `taken` are syncs that another pattern explains. */
export function retryDecay(target: Target, series: SyncSeries, isTaken: (order: number) => boolean): FailurePattern[] {
  const usual = usualShare(series);
  const retried = series.retried.filter(({ order }) => !isTaken(order));
  const others = retried.map(({ successesBefore }, index) => successesBefore - index);
  const dense = Math.min(0.9, Math.max(3 * usual, usual + 0.2));
  const runs = denseRuns(others, { usual, dense, certainty: CERTAINTY });
  const [longest] = runs.toSorted((a, b) => b.score - a.score);
  if (!longest) return [];
  const first = retried[longest.from]!;
  const last = retried[runs.at(-1)!.to]!;
  const syncs = runs.flatMap(({ from, to }) => retried.slice(from, to + 1));
  const failures = series.failures.filter(({ order }) => order >= first.order && order <= last.order).length;
  if (failures > MAX_FAILURES * (last.order - first.order + 1)) return [];
  return [
    {
      ...target,
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
  const known = [retriesBefore, retriesAtFirst].find(({ calls }) => calls >= MIN_CALLS_BEFORE);
  return known ? Math.min(Math.max(highest(known), MIN_USUAL), 0.6) : 2 * MIN_USUAL;
}

function highest({ calls, retried }: RetryTally): number {
  return wilsonInterval(retried, calls)!.high;
}
