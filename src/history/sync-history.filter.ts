import { asFarAsAllowed } from '#access';
import { fieldsWith, type FilteredField } from '#recording';
import {
  assertTimeZone,
  type DateOrDay,
  EARLIEST,
  isDateOrDay,
  labelsOf,
  labelTextsProblem,
  momentIn,
  readDateOrDay,
} from '#validation';
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
  const { last, timeZone = 'UTC', startDate: start, endDate: end, ...named } = namedFilter(asked);
  const filter = asFarAsAllowed(named);
  assertTimeZone(timeZone);
  const [startDate, endDate] = [momentOf('startDate', start, timeZone), momentOf('endDate', end, timeZone)];
  if (last !== undefined && (startDate ?? endDate)) {
    throw new InvalidFilterError('last', 'must not be combined with startDate or endDate', 'CONFLICT');
  }
  if (startDate && endDate && startDate >= endDate)
    throw new InvalidFilterError('endDate', 'must be after startDate', 'CONFLICT');
  if (
    filter.dateField === 'completed' &&
    filter.status &&
    [filter.status].flat().every((one) => one === 'IN_PROGRESS')
  ) {
    throw new InvalidFilterError('dateField', 'cannot be "completed" for syncs that are IN_PROGRESS', 'CONFLICT');
  }
  const labelProblem = labelTextsProblem([filter.label ?? []].flat());
  if (labelProblem) throw new InvalidFilterError('label', labelProblem, 'WRONG_FORM');
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
  if (!isDateOrDay(read))
    throw new InvalidFilterError(name, 'must be a Date, or a date such as 2026-10-24', 'NOT_A_TIME');
  return momentIn(timeZone, read);
}

/** The syncs of a deployment or call are few, and found by an index. */
export function isSmall({ deploymentId, callId }: FilterConditions): boolean {
  return deploymentId !== undefined || callId !== undefined;
}

function lastMs(last: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(last) ?? [];
  if (!count || !unit || count === '0')
    throw new InvalidFilterError('last', 'must be like 90m, 24h or 7d', 'WRONG_FORM');
  return Number(count) * UNITS[unit]!;
}

function before(moment: Date, ms: number): Date {
  return new Date(Math.max(moment.getTime() - ms, EARLIEST.getTime()));
}

/** Clocks of services and of the database differ by less than this; ids are made by services, before they are stored. */
const CLOCK_SLACK_MS = 60 * 60 * 1000;
/** A request that is sent again under its Idempotency-Key keeps its ids for a day. */
const OLDEST_ID_MS = DAY_MS + CLOCK_SLACK_MS;

/** Gives a value its parameter in a statement. */
export type Bind = (value: unknown, type: string) => string;

/** Collects the parameters of a statement. */
export function binder(): { bind: Bind; parameters: unknown[] } {
  const parameters: unknown[] = [];
  return { parameters, bind: (value, type) => `$${parameters.push(value)}::${type}` };
}

/** What a filter may ask of a sync `h`. */
interface Condition {
  /** Null where it does not ask. */
  value: unknown;
  type: string;
  sql: (parameter: string) => string;
  /** The same of a single value. */
  single?: Condition;
}

/** The filter as SQL over `sync_history h`; each value goes through `bind`, which gives its place in the statement. */
export function whereSql(filter: ResolvedFilter, bind: Bind): string {
  const { after, before } = idRange(filter);
  const asked = [...conditionsOn(filter), ...ids('>=', after), ...ids('<', before)].filter(
    ({ value }) => value !== null,
  );
  return (
    asked
      .map(({ single, ...many }) => single ?? many)
      .map(({ value, type, sql }) => sql(bind(value, type)))
      .join(' and ') || 'true'
  );
}

/** The same without the range of ids, as text that is the same for every filter. */
export function anyWhereSql(filter: ResolvedFilter, bind: Bind): string {
  return conditionsOn(filter)
    .map(({ value, type, sql }) => {
      const parameter = bind(value, type);
      return `(${parameter} is null or ${sql(parameter)})`;
    })
    .join(' and ');
}

/** The column of the time that a filter's interval applies to. */
export function momentColumn({ dateField }: FilterConditions): 'completed_at' | 'started_at' {
  return dateField === 'completed' ? 'completed_at' : 'started_at';
}

/** The range of ids in which the moment can lie: this is what leaves out whole months. */
export function idRange({ window: { from, to }, dateField }: ResolvedFilter): { after?: string; before?: string } {
  return {
    // What is completed in a month may have started in an earlier one.
    ...(from && dateField !== 'completed' && { after: uuidAt(from, -OLDEST_ID_MS) }),
    ...(to && { before: uuidAt(to, CLOCK_SLACK_MS) }),
  };
}

/** All of them but labels, asked or not, always in the same order and of the same types. */
function conditionsOn(filter: ResolvedFilter): Condition[] {
  const classes = filter.statusClass && [filter.statusClass].flat().map((name) => Number(name[0]));
  const pattern = filter.q === undefined ? null : `%${filter.q.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return [
    ...fieldsWith('filter').map(({ name, column, type }) => oneOf(`h.${column}`, type, filter[name as FilteredField])),
    oneOf('h.status_code / 100', 'integer', classes),
    oneOf('h.forced', 'boolean', filter.forced),
    {
      ...{ value: pattern, type: 'text' },
      sql: (parameter) => `(h.type_key ilike ${parameter} or h.error_message ilike ${parameter})`,
    },
    ...(['started_at', 'completed_at'] as const).flatMap((column) => {
      const { from, to } = column === momentColumn(filter) ? filter.window : { from: null, to: null };
      return [
        { value: from, type: 'timestamptz', sql: (parameter: string) => `h.${column} >= ${parameter}` },
        { value: to, type: 'timestamptz', sql: (parameter: string) => `h.${column} < ${parameter}` },
      ];
    }),
    ...(filter.label === undefined ? [] : [labelled([filter.label].flat())]),
  ];
}

function labelled(texts: string[]): Condition {
  return {
    ...{ value: JSON.stringify(labelsOf(texts)), type: 'jsonb' },
    // An array, so that the index of deployments is used: their syncs are few.
    sql: (parameter) => `h.deployment_id = any(array(select labelled_deployments(${parameter})))`,
  };
}

function oneOf(column: string, type: string, value: unknown): Condition {
  const values = value === undefined ? null : [value].flat();
  const many = { value: values, type: `${type}[]`, sql: (parameter: string) => `${column} = any(${parameter})` };
  if (values?.length !== 1) return many;
  // An index whose next column is the id then gives the order as well.
  return { ...many, single: { value: values[0], type, sql: (parameter) => `${column} = ${parameter}` } };
}

function ids(operator: string, id: string | undefined): Condition[] {
  return [{ value: id ?? null, type: 'uuid', sql: (parameter) => `h.id ${operator} ${parameter}` }];
}

/** The smallest UUIDv7 of a moment. */
function uuidAt(moment: Date, shiftMs: number): string {
  const time = Math.min(Math.max(moment.getTime() + shiftMs, 0), 2 ** 48 - 1);
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
