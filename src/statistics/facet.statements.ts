import type { SpanUnit } from './interval-parts.ts';
import { DIMENSIONS, type Steps } from './stats.tables.ts';

/** Syncs by the hour or day, in UTC, in which they started, and by every field that facets count. Rows may be of no sync. */
export interface FacetTable {
  name: string;
  /** The column of the time, called as the span is. */
  span: SpanUnit;
}

export const FACETS_HOURLY: FacetTable = { name: 'sync_stats_facet_hourly', span: 'hour' };
/** Summed from the hours once a day is over. */
export const FACETS_DAILY: FacetTable = { name: 'sync_stats_facet_daily', span: 'day' };

/** What a sync is found to be: it changes with each of its steps. */
const STATE = ['sync_status', 'outcome', 'evidence', 'error_code'];
/** The columns by which facets count. */
export const FACET_COLUMNS: string[] = [...DIMENSIONS, ...STATE];
const COLUMNS = FACET_COLUMNS.join(', ');

/** SQL: the evidence that a sync `h` had at its end, before it became known what it did. */
export const EVIDENCE_BEFORE = `(
  select e.data->>'evidence' from sync_event e
  where e.sync_id = h.id and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial') limit 1)`;

/** A step of a sync `h` as far as facets tell it apart. */
export function stateColumns({ started, settled, learned, outcome, evidence }: Steps): string {
  const steps = `(${started}) as is_started, (${settled}) as is_settled, (${learned}) as is_learned`;
  const before = `case when ${learned} then ${EVIDENCE_BEFORE} end as evidence_before`;
  return `${steps}, h.sync_status, ${outcome} as outcome, ${evidence} as evidence, ${before}, h.error_code`;
}

/** What steps of syncs change in the counts: the columns of facets, `change`, and when the sync started. */
export function facetSteps(steps: string): string {
  const dimensions = DIMENSIONS.map((name) => `f.${name}`).join(', ');
  return `
    select f.started_at, ${dimensions}, ${STATE.map((name) => `c.${name}`).join(', ')}, c.change
    from (${steps}) f cross join lateral (${facetChanges('f')}) c`;
}

/** The common table expressions that add facts to tables: a sync leaves the row that it was in. */
export function facetsCounted(facts: string, tables: FacetTable[]): string {
  const key = ({ span }: FacetTable) => `${span}, ${COLUMNS}`;
  const counted = tables.map((table) => {
    const isSummed = table === FACETS_DAILY;
    const total = `select ${key(table)}, sum(total) as total from facet_hours ${isSummed ? 'where day < (select summed_until from held)' : ''}
      group by ${key(table)} having sum(total) <> 0`;
    return `${table.name}_in as (
      insert into ${table.name} as s (${key(table)}, total) ${total}
      on conflict (${key(table)}) do update set total = s.total + excluded.total)`;
  });
  return [`facet_hours as (${facetHours(facts)})`, ...counted].join(', ');
}

/** Sums the days that are over at $2 and were not at $1. */
export const SUM_UP_FACETS = `
  insert into ${FACETS_DAILY.name} (day, ${COLUMNS}, total) ${daysOfHours('hour >= $1 and hour < $2')}`;

/** Where the hours differ from facts since a moment. */
export function hourDifferences(facts: string, since: string): string {
  const expected = `select hour, ${COLUMNS}, total from (${facetHours('fact')}) f`;
  const actual = `select hour, ${COLUMNS}, total from ${FACETS_HOURLY.name} where hour >= ${since}`;
  return `with ${facts} ${differing('hour', actual, expected)}`;
}

/** Where the days differ from the hours. */
export const DAY_DIFFERENCES = differing(
  'day',
  `select day, ${COLUMNS}, total from ${FACETS_DAILY.name}`,
  daysOfHours('hour < (select summed_until from sync_stats_position)'),
);

/** Rows whose key is null in part have no join: both sides are added up. */
function differing(span: string, actual: string, expected: string): string {
  return `
    select ${span}, ${COLUMNS}, sum(total) as total, sum(expected) as expected_total
    from (
      select ${span}, ${COLUMNS}, total, 0 as expected from (${actual}) a
      union all
      select ${span}, ${COLUMNS}, 0, total from (${expected}) e) both_of_them
    group by ${span}, ${COLUMNS} having sum(total) <> sum(expected)`;
}

function daysOfHours(where: string): string {
  return `
    select date_trunc('day', hour, 'UTC') as day, ${COLUMNS}, sum(total) as total from ${FACETS_HOURLY.name} where ${where}
    group by date_trunc('day', hour, 'UTC'), ${COLUMNS} having sum(total) <> 0`;
}

/** Facts that are alike change the same counts, so they are put together first. */
function facetHours(facts: string): string {
  const steps = `hour, day, ${COLUMNS}, evidence_before, is_started, is_settled, is_learned`;
  const dimensions = DIMENSIONS.map((name) => `f.${name}`).join(', ');
  const state = STATE.map((name) => `c.${name}`).join(', ');
  return `
    select f.hour, f.day, ${dimensions}, ${state}, sum(c.change * f.count) as total
    from (select ${steps}, count(*) as count from ${facts} group by ${steps}) f cross join lateral (${facetChanges('f')}) c
    group by f.hour, f.day, ${dimensions}, ${state}`;
}

/** Which counts a fact changes: in which row a sync is after its step, and in which it was before. */
function facetChanges(fact: string): string {
  const row = (change: number, when: string, state: string[]) =>
    `(${[change, `${fact}.${when}`, ...state].join(', ')})`;
  const begun = [`'IN_PROGRESS'`, 'null', 'null', 'null'];
  const [status, error] = [`${fact}.sync_status`, `${fact}.error_code`];
  const ended = [status, `${fact}.outcome`, `${fact}.evidence`, error];
  const rows = [
    row(1, 'is_started', begun),
    row(-1, 'is_settled', begun),
    row(1, 'is_settled', ended),
    row(-1, 'is_learned', [status, `'UNKNOWN'`, `${fact}.evidence_before`, error]),
    row(1, 'is_learned', ended),
  ];
  return `select * from (values ${rows.join(', ')}) as c (change, happens, ${STATE.join(', ')}) where happens`;
}
