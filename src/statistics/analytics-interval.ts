import {
  type CoveredInterval,
  type FilterConditions,
  type HistoryFilter,
  InvalidFilterError,
  namedFilter,
  resolveFilter,
} from '#history';
import type { Interval } from './sync-numbers.ts';

const USUAL = '24h';

/**
 * Fixes the time that is asked for, once; the last 24 hours by default, and until now when only the start is given.
 * Throws `InvalidFilterError` for what cannot hold together.
 */
export function resolveInterval(
  filter: HistoryFilter,
  now = new Date(),
): { scope: FilterConditions; interval: Interval; window: CoveredInterval } {
  const { startDate, endDate, last, timeZone, ...conditions } = namedFilter(filter);
  if (endDate && !startDate) throw new InvalidFilterError('endDate', 'needs startDate', 'MISSING');
  const isUsual = !startDate && last === undefined;
  const until = startDate && !endDate ? now : endDate;
  const asked = { ...conditions, startDate, endDate: until, timeZone, last: isUsual ? USUAL : last };
  const { window, ...scope } = resolveFilter(asked, { now });
  const { from, to } = window as { from: Date; to: Date };
  return { scope, interval: { from, to }, window: { ...window, default: isUsual } };
}
