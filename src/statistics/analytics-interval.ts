import { type HistoryFilter, InvalidFilterError, resolveFilter, type CoveredInterval } from '#history';
import type { StatisticsFilter, Interval } from './sync-numbers.ts';

const USUAL = '24h';

/** What is asked for: a scope, and its time as a history is asked for it. */
export type AnalyticsFilter = StatisticsFilter & Pick<HistoryFilter, 'startDate' | 'endDate' | 'last'>;

/**
 * Fixes the time that is asked for, once; the last 24 hours by default, and until now when only the start is given.
 * Throws `InvalidFilterError` for what cannot hold together.
 */
export function resolveInterval(
  { startDate, endDate, last, ...scope }: AnalyticsFilter,
  now = new Date(),
): { scope: StatisticsFilter; interval: Interval; window: CoveredInterval } {
  if (endDate && !startDate) throw new InvalidFilterError('endDate', 'needs startDate');
  const isUsual = !startDate && last === undefined;
  const until = startDate && !endDate ? now : endDate;
  const { window } = resolveFilter({ startDate, endDate: until, last: isUsual ? USUAL : last }, { now });
  const { from, to } = window as { from: Date; to: Date };
  return { scope, interval: { from, to }, window: { ...window, default: isUsual } };
}
