import type { Outcome, Trigger } from '#platform';
import { type Direction, type Evidence, fieldsWith, type SyncStatus } from '#recording';
import type { DateOrDay } from '#validation';
import type { DateRange } from './date-range.ts';
import { InvalidFilterError } from './history.errors.ts';

/** One value, or several of which one must hold. */
export type OneOf<T> = T | T[];

/**
 * What a history is asked for; everything given must hold. One object for list, count, facets, export, replay and
 * analytics.
 */
export interface HistoryFilter {
  typeKey?: OneOf<string>;
  kind?: OneOf<string>;
  platform?: OneOf<string>;
  environment?: OneOf<string>;
  status?: OneOf<SyncStatus>;
  outcome?: OneOf<Outcome>;
  evidence?: OneOf<Evidence>;
  direction?: OneOf<Direction>;
  trigger?: OneOf<Trigger>;
  deploymentId?: OneOf<string>;
  versionHash?: OneOf<string>;
  actor?: OneOf<string>;
  /** As `key:019a5f0e-…`. */
  principal?: OneOf<string>;
  onBehalfOf?: OneOf<string>;
  client?: OneOf<string>;
  errorCode?: OneOf<string>;
  errorFingerprint?: OneOf<string>;
  callId?: OneOf<string>;
  /** HTTP status of the platform's answer by its class. */
  statusClass?: OneOf<StatusClass>;
  /** Labels of the deployment, each `name=value`; the deployment has all of them. */
  label?: OneOf<string>;
  forced?: boolean;
  /** Whether another system recorded it after the fact. */
  backfilled?: boolean;
  /** Text that must occur in type key or error message, whatever the case. */
  q?: string;
  /** Which moment the dates are about; `started` by default. */
  dateField?: DateField;
  /** At or after. */
  startDate?: DateOrDay;
  /** Before. */
  endDate?: DateOrDay;
  /** The time until now, instead of dates: `90m`, `24h`, `7d`. */
  last?: string;
  /** Zone whose days the dates are: a name from the IANA database; `UTC` by default. */
  timeZone?: string;
  /** The same as `platform`. */
  targetPlatform?: OneOf<string>;
  /** The same as `status`. */
  syncStatus?: OneOf<SyncStatus>;
  /** The same as `startDate` and `endDate`. */
  dateRange?: DateRange;
}

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

export const DATE_FIELDS = ['started', 'completed'] as const;
export type DateField = (typeof DATE_FIELDS)[number];

/** Names of the original requirement, and the names that mean the same. */
const SAME = { targetPlatform: 'platform', syncStatus: 'status' } as const;
const TIMES = ['startDate', 'endDate', 'last', 'timeZone'] as const;
const CONDITIONS = [
  ...fieldsWith('filter').map(({ name }) => name),
  'statusClass',
  'label',
  'forced',
  'q',
  'dateField',
];
const NAMES = [...CONDITIONS, ...TIMES];

/** A filter in which each thing has one name. */
export type NamedFilter = Omit<HistoryFilter, keyof typeof SAME | 'dateRange'>;
/** What a filter asks of a sync, whatever its time. */
export type FilterConditions = Omit<NamedFilter, (typeof TIMES)[number]>;
/** The same, by any of their names. */
export type AskedConditions = Omit<HistoryFilter, (typeof TIMES)[number] | 'dateRange'>;

/**
 * The filter by our names, without what is left out. A filter that is ignored is a wrong answer: throws
 * {@link InvalidFilterError} for an unknown name, for null, and for two names with different values.
 */
export function namedFilter({ dateRange, ...filter }: HistoryFilter): NamedFilter {
  const named: Record<string, unknown> = {};
  const take = (asked: string, name: string, value: unknown) => {
    if (value === undefined) return;
    if (value === null) throw new InvalidFilterError(asked, 'must not be null; leave it out instead');
    if (!NAMES.includes(name))
      throw new InvalidFilterError(asked, `is unknown; the filter takes ${offered()}`, 'UNKNOWN_FIELD');
    if (Object.hasOwn(named, name) && !isSame(named[name], value))
      throw new InvalidFilterError(asked, `differs from ${name}`, 'CONFLICT');
    named[name] = value;
  };
  for (const [asked, value] of Object.entries(filter)) if (!Object.hasOwn(SAME, asked)) take(asked, asked, value);
  for (const [asked, name] of Object.entries(SAME)) take(asked, name, filter[asked as keyof typeof SAME]);
  if (dateRange !== undefined) {
    const { from, to } = rangeOf(dateRange);
    take('dateRange', 'startDate', from);
    take('dateRange', 'endDate', to);
  }
  return named;
}

/** The conditions of a question that gives its interval beside them. Throws {@link InvalidFilterError}. */
export function conditionsOf(asked: AskedConditions): FilterConditions {
  const named: NamedFilter = namedFilter(asked);
  const time = TIMES.find((name) => named[name] !== undefined);
  if (time)
    throw new InvalidFilterError(time, 'must be left out, because the interval is given beside the filter', 'CONFLICT');
  return named;
}

/** Whether a filter names no condition and no time. Throws {@link InvalidFilterError}. */
export function holdsForAll(filter: HistoryFilter): boolean {
  const { dateField: _dateField, timeZone: _timeZone, ...asked } = namedFilter(filter);
  return Object.keys(asked).length === 0;
}

function rangeOf(range: HistoryFilter['dateRange']): { from?: unknown; to?: unknown } {
  const isRange =
    typeof range === 'object' &&
    range !== null &&
    Object.keys(range).every((name) => name === 'from' || name === 'to') &&
    Object.values(range).some((end) => end !== undefined);
  if (!isRange) throw new InvalidFilterError('dateRange', 'must be an object with from, to or both', 'NOT_AN_OBJECT');
  return range;
}

/** Values are a set, and one value is a list of one. */
function isSame(a: unknown, b: unknown): boolean {
  const set = (value: unknown) => JSON.stringify([...new Set([value].flat().map((one) => JSON.stringify(one)))].sort());
  return set(a) === set(b);
}

function offered(): string {
  return [...NAMES, ...Object.keys(SAME), 'dateRange'].toSorted().join(', ');
}
