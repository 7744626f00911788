import { fieldsWith, type FilteredField } from '#recording';
import { assertTimeZone, type DateOrDay, EARLIEST, isDateOrDay, momentIn, readDateOrDay } from '#validation';
import { InvalidFilterError } from './history.errors.ts';
import { type FilterConditions, type HistoryFilter, namedFilter } from './history-filter.ts';

/** The time that an answer covers. */
export interface CoveredInterval {
  from: Date | null;
  to: Date | null;
  /** Whether we chose it, because the question would else go through the whole history. */
  default: boolean;
}

/** A filter whose times are fixed. */
export type ResolvedFilter = FilterConditions & { window: CoveredInterval };

const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_INTERVAL_MS = 30 * DAY_MS;
const UNITS: Record<string, number> = { m: 60_000, h: 60 * 60_000, d: DAY_MS };

/**
 * Fixes relative times, once. A question that looks at every sync under it (`looksAtAll`, and any search) and names
 * neither a beginning nor something small covers the last 30 days. Throws {@link InvalidFilterError} for what cannot
 * hold together, and `UnknownTimeZoneError`.
 */
export function resolveFilter(
  asked: HistoryFilter,
  { looksAtAll = asked.q !== undefined, now = new Date() } = {},
): ResolvedFilter {
  const { last, timeZone = 'UTC', startDate: start, endDate: end, ...filter } = namedFilter(asked);
  assertTimeZone(timeZone);
  const [startDate, endDate] = [momentOf('startDate', start, timeZone), momentOf('endDate', end, timeZone)];
  if (last !== undefined && (startDate ?? endDate)) {
    throw new InvalidFilterError('last', 'must not be combined with startDate or endDate');
  }
  if (startDate && endDate && startDate >= endDate) throw new InvalidFilterError('endDate', 'must be after startDate');
  if (
    filter.dateField === 'completed' &&
    filter.status &&
    [filter.status].flat().every((one) => one === 'IN_PROGRESS')
  ) {
    throw new InvalidFilterError('dateField', 'cannot be "completed" for syncs that are IN_PROGRESS');
  }
  if (last !== undefined) return { ...filter, window: { from: before(now, lastMs(last)), to: now, default: false } };
  if (looksAtAll && !startDate && !isSmall(filter)) {
    const to = endDate ?? now;
    return { ...filter, window: { from: before(to, DEFAULT_INTERVAL_MS), to, default: true } };
  }
  return { ...filter, window: { from: startDate ?? null, to: endDate ?? null, default: false } };
}

function momentOf(name: string, value: DateOrDay | undefined, timeZone: string): Date | undefined {
  if (value === undefined) return undefined;
  const read = readDateOrDay(value);
  if (!isDateOrDay(read)) throw new InvalidFilterError(name, 'must be a Date, or a date such as 2026-10-24');
  return momentIn(timeZone, read);
}

/** The syncs of a deployment or call are few, and found by an index. */
export function isSmall({ deploymentId, callId }: FilterConditions): boolean {
  return deploymentId !== undefined || callId !== undefined;
}

function lastMs(last: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(last) ?? [];
  if (!count || !unit || count === '0') throw new InvalidFilterError('last', 'must be like 90m, 24h or 7d');
  return Number(count) * UNITS[unit]!;
}

function before(moment: Date, ms: number): Date {
  return new Date(Math.max(moment.getTime() - ms, EARLIEST.getTime()));
}

/** Clocks of services and of the database differ by less than this; ids are made by services, before they are stored. */
const CLOCK_SLACK_MS = 60 * 60 * 1000;
/** A request that is sent again under its Idempotency-Key keeps its ids for a day. */
const OLDEST_ID_MS = DAY_MS + CLOCK_SLACK_MS;

/** The filter as SQL over `sync_history h`; each value goes through `bind`, which gives its place in the statement. */
export function whereSql(filter: ResolvedFilter, bind: (value: unknown, type: string) => string): string {
  const conditions: string[] = [];
  for (const { name, column, type } of fieldsWith('filter')) {
    const value = filter[name as FilteredField];
    if (value === undefined) continue;
    // One value as `=`: an index whose next column is the id then gives the order as well.
    const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
    conditions.push(
      Array.isArray(one) ? `h.${column} = any(${bind(one, `${type}[]`)})` : `h.${column} = ${bind(one, type)}`,
    );
  }
  if (filter.statusClass !== undefined) {
    const classes = [filter.statusClass].flat().map((name) => Number(name[0]));
    conditions.push(`h.status_code / 100 = any(${bind(classes, 'integer[]')})`);
  }
  if (filter.forced !== undefined) conditions.push(`h.forced = ${bind(filter.forced, 'boolean')}`);
  if (filter.q !== undefined) {
    const pattern = bind(`%${filter.q.replaceAll(/[\\%_]/g, '\\$&')}%`, 'text');
    conditions.push(`(h.type_key ilike ${pattern} or h.error_message ilike ${pattern})`);
  }
  conditions.push(...intervalSql(filter, bind));
  return conditions.length > 0 ? conditions.join(' and ') : 'true';
}

/** The column of the time that a filter's interval applies to. */
export function momentColumn({ dateField }: FilterConditions): 'completed_at' | 'started_at' {
  return dateField === 'completed' ? 'completed_at' : 'started_at';
}

/** Besides the moment itself, the range of ids in which it can lie: this is what leaves out whole months. */
function intervalSql({ window, dateField }: ResolvedFilter, bind: (value: unknown, type: string) => string): string[] {
  const { from, to } = window;
  const column = `h.${momentColumn({ dateField })}`;
  const conditions: string[] = [];
  if (from) conditions.push(`${column} >= ${bind(from, 'timestamptz')}`);
  if (to)
    conditions.push(`${column} < ${bind(to, 'timestamptz')}`, `h.id < ${bind(uuidAt(to, CLOCK_SLACK_MS), 'uuid')}`);
  // What is completed in a month may have started in an earlier one.
  if (from && dateField !== 'completed') conditions.push(`h.id >= ${bind(uuidAt(from, -OLDEST_ID_MS), 'uuid')}`);
  return conditions;
}

/** The smallest UUIDv7 of a moment. */
function uuidAt(moment: Date, shiftMs: number): string {
  const time = Math.min(Math.max(moment.getTime() + shiftMs, 0), 2 ** 48 - 1);
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
