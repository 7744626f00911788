import { EVIDENCE_BEFORE, FACETS_DAILY, FACETS_HOURLY, facetsCounted, stateColumns } from './facet.statements.ts';
import {
  BASE_TABLES,
  DIMENSIONS,
  MAXIMA,
  numberColumns,
  STATS_TABLES,
  type StatsTable,
  type Steps,
  summed,
  SUMS,
  TYPE,
} from './stats.tables.ts';

const started = (type: string) => `${type} = 'sync.recorded'`;
const settled = (type: string) => `${type} in ('sync.succeeded', 'sync.failed', 'sync.partial')`;
const learned = (type: string) => `${type} = 'sync.outcome_known'`;

/** SQL: whether an event is a step of its sync that is counted. Each occurs once; a late result changes no number. */
export function isCounted(type: string): string {
  return `${type} in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known')`;
}

/** What is read of an event that may be counted: an outcome may change in the row, and in the event it stays. */
export const EVENT_COLUMNS = `sync_id, type, data->>'outcome' as outcome, data->>'evidence' as evidence`;

/** The step of its sync that an event is; the event has the {@link EVENT_COLUMNS}. */
export function stepsOf(event: string): Steps {
  const type = `${event}.type`;
  return {
    ...{ started: started(type), settled: settled(type), learned: learned(type) },
    ...{ outcome: `${event}.outcome`, evidence: `${event}.evidence` },
  };
}

/** Events that are counted at once. */
export const BATCH = 5_000;

/** The position, held; no row while somebody else counts. */
export const HELD = 'select last, summed_until from sync_stats_position for update skip locked';

/**
 * Counts the next events and moves the position: one statement, so all or nothing. What an event brings stands in the
 * row of its sync, but for outcome and evidence: those of the event stay so. What belongs to days that are over goes into the
 * summed tables as well.
 */
export const PROJECT = `
  with held as (${HELD}),
  batch as (
    select position, ${EVENT_COLUMNS} from sync_event
    where position > (select last from held) order by position limit ${BATCH}),
  fact as (
    select ${keyColumns('h')}, ${factColumns(stepsOf('b'))}
    from batch b cross join lateral (${syncOf('b.sync_id')}) h where ${isCounted('b.type')}),
  ${countedFrom('fact', STATS_TABLES)}, ${facetsCounted('fact', [FACETS_HOURLY, FACETS_DAILY])},
  moved as (
    update sync_stats_position set last = position, summed = position
    from (select max(position) as position from batch) b where position is not null)
  select count(*)::integer as count from batch`;

/** Counts the syncs of a range of ids, $1 to $2, that started at or after $3. */
export const RECOUNT = `
  with pending as (${pendingSteps('false')}),
  fact as (${factsOfHistory('h.id >= $1 and h.id < $2 and h.started_at >= $3')}),
  ${countedFrom('fact', BASE_TABLES)}, ${facetsCounted('fact', [FACETS_HOURLY])}
  select 1`;

/** Counts what the events after the position bring to syncs that started before $1, as {@link RECOUNT} does. */
export const CATCH_UP_BEFORE = `
  with fact as (
    select ${keyColumns('h')}, ${factColumns(stepsOf('e'))}
    from (
      select ${EVENT_COLUMNS} from sync_event
      where position > (select last from sync_stats_position) and ${isCounted('type')}) e
    join sync_history h on h.id = e.sync_id
    where h.started_at < $1),
  ${countedFrom('fact', BASE_TABLES)}, ${facetsCounted('fact', [FACETS_HOURLY])}
  select 1`;

/** Where a table differs from the history since a moment, up to the position; or from the table that it is summed from. */
export function differences(table: StatsTable, since: string): string {
  const key = [table.span, ...table.dimensions];
  const values = [...SUMS, ...MAXIMA, 'buckets', 'counts'];
  const row = (alias: string) => `(${values.map((name) => `${alias}.${name}`).join(', ')})`;
  const ofHistory = `
    with ${factsUpToPosition(since)},
    rolled as (${rolledUp('fact', [table])}),
    expected as (${rowsOf(table)})`;
  return `
    ${table.of ? `with expected as (${summedRows(table, table.of, `'-infinity'`, SUMMED_UNTIL)})` : ofHistory}
    select ${key.map((name) => `coalesce(a.${name}, e.${name}) as ${name}`).join(', ')},
      coalesce(a.total, 0) as total, coalesce(e.total, 0) as expected_total,
      coalesce(a.success + a.failed + a.partial, 0) as settled, coalesce(e.success + e.failed + e.partial, 0) as expected_settled
    from expected e
    full join (select * from ${table.name} ${table.of ? '' : `where ${table.span} >= ${since}`}) a using (${key.join(', ')})
    where ${row('a')} is distinct from ${row('e')}`;
}

/** The common table expressions of what the history says since a moment, up to the position. */
export function factsUpToPosition(since: string): string {
  return `
    pending as (${pendingSteps('e.position > (select last from sync_stats_position)')}),
    fact as (${factsOfHistory(`h.started_at >= ${since}`)})`;
}

/** Sums a table for the time that is over at $2 and was not at $1. */
export function sumUp(table: StatsTable): string {
  const columns = [table.span, ...table.dimensions, ...SUMS, ...MAXIMA, 'buckets', 'counts'].join(', ');
  return `insert into ${table.name} (${columns}) select ${columns} from (${summedRows(table, table.of!, '$1', '$2')}) summed`;
}

/** SQL: the beginning of the first day that is not summed. */
const SUMMED_UNTIL = '(select summed_until from sync_stats_position)';

/** By the primary key, whatever the planner thinks of how many there will be. */
export function syncOf(id: string): string {
  return `select * from sync_history where id = ${id} offset 0`;
}

/** The steps of syncs that are not counted yet, by sync. */
function pendingSteps(events: string): string {
  return `
    select e.sync_id, bool_or(${started('e.type')}) as started, bool_or(${settled('e.type')}) as settled,
      bool_or(${learned('e.type')}) as learned
    from sync_event e where (${events}) and ${isCounted('e.type')} group by e.sync_id`;
}

function factsOfHistory(where: string): string {
  const isSettled = `h.sync_status <> 'IN_PROGRESS' and p.settled is not true`;
  const atEnd = (now: string, before: string) =>
    `case when ${isSettled} then case when p.learned then ${before} else ${now} end end`;
  const steps = {
    ...{ started: 'true', settled: isSettled, learned: 'false' },
    ...{ outcome: atEnd('h.outcome', `'UNKNOWN'`), evidence: atEnd('h.evidence', EVIDENCE_BEFORE) },
  };
  return `
    select ${keyColumns('h')}, ${factColumns(steps)}
    from sync_history h left join pending p on p.sync_id = h.id where ${where} and p.started is not true`;
}

function factColumns(steps: Steps): string {
  return `${numberColumns(steps)}, ${stateColumns(steps)}`;
}

function keyColumns(alias: string): string {
  return [
    `date_trunc('hour', ${alias}.started_at, 'UTC') as hour`,
    `date_trunc('day', ${alias}.started_at, 'UTC') as day`,
    ...[...DIMENSIONS, ...TYPE].map((name) => `${alias}.${name}`),
  ].join(', ');
}

/** The common table expressions that add facts to tables. */
function countedFrom(facts: string, tables: StatsTable[]): string {
  return [
    `rolled as (${rolledUp(facts, BASE_TABLES)})`,
    ...tables.flatMap((table) => (table.of ? [`${table.name}_rolled as (${rolledFrom(table, table.of)})`] : [])),
    ...tables.map((table) => `${table.name}_in as (${added(table)})`),
  ].join(', ');
}

/** Facts added up for each table at once, by bucket of duration. */
function rolledUp(facts: string, tables: StatsTable[]): string {
  const sets = tables.map(({ span, dimensions }) => `(${[span, ...dimensions, 'bucket'].join(', ')})`);
  const columns = [...new Set(tables.flatMap(({ span, dimensions }) => [span, ...dimensions]))];
  return `
    select ${columns.join(', ')}, ${levelOf(tables)} as level, bucket, ${summed()} from ${facts}
    group by grouping sets (${sets.join(', ')})`;
}

function levelOf(tables: StatsTable[]): string {
  if (tables.length === 1) return `'${tables[0]!.name}'`;
  const [hourly, daily, typeDaily] = tables.map(({ name }) => name);
  return `case when grouping(type_key) = 0 then '${typeDaily}' when grouping(hour) = 0 then '${hourly}' else '${daily}' end`;
}

/** The rows of a table, with their histograms, from what is rolled up. */
function rowsOf(table: StatsTable): string {
  const key = [table.span, ...table.dimensions].join(', ');
  const histogram = (of: string, type: string) =>
    `coalesce(array_agg(${of} order by bucket) filter (where bucket is not null), '{}')::${type}[]`;
  return `
    select ${key}, ${summed()}, ${histogram('bucket', 'smallint')} as buckets, ${histogram('measured', 'integer')} as counts
    from ${rolledRows(table)} group by ${key}`;
}

/** Of the days that are over: the others are not summed yet. */
function rolledFrom(table: StatsTable, of: StatsTable): string {
  const key = [table.span, ...table.dimensions, 'bucket'].join(', ');
  const until = truncated(table, '(select summed_until from held)');
  return `
    select ${keyFrom(of, table)}, bucket, ${summed()} from (select * from ${rolledRows(of)}) r where ${of.span} < ${until}
    group by ${key}`;
}

function rolledRows({ name, of }: StatsTable): string {
  return of ? `${name}_rolled` : `rolled where level = '${name}'`;
}

/** The rows of a table from those of the table that it is summed from, of the time that is over at one moment and not at another. */
function summedRows(table: StatsTable, of: StatsTable, since: string, until: string): string {
  const key = [table.span, ...table.dimensions].join(', ');
  const isMeant = `${of.span} >= ${truncated(table, since)} and ${of.span} < ${truncated(table, until)}`;
  const columns = [keyFrom(of, table), ...SUMS, ...MAXIMA, 'buckets', 'counts'].join(', ');
  const rows = `(select ${columns} from ${of.name} where ${isMeant}) s`;
  return `
    select s.*, coalesce(h.buckets, '{}') as buckets, coalesce(h.counts, '{}') as counts
    from (select ${key}, ${summed()} from ${rows} group by ${key}) s
    left join (
      select ${key}, array_agg(bucket order by bucket) as buckets, array_agg(count order by bucket) as counts
      from (
        select ${key}, bucket, sum(count)::integer as count
        from ${rows}, unnest(buckets, counts) as u (bucket, count) group by ${key}, bucket) merged
      group by ${key}) h using (${key})`;
}

/** The beginning of the span of a table in which a moment lies. */
function truncated({ span }: StatsTable, moment: string): string {
  return `date_trunc('${span}', ${moment}::timestamptz, 'UTC')`;
}

/** The key of a table by columns of one with a shorter span. */
function keyFrom({ span }: StatsTable, table: StatsTable): string {
  const own = span === table.span ? span : `date_trunc('${table.span}', ${span}, 'UTC') as ${table.span}`;
  return [own, ...table.dimensions].join(', ');
}

function added(table: StatsTable): string {
  const { name, span, dimensions } = table;
  const key = [span, ...dimensions].join(', ');
  return `
    insert into ${name} as s (${key}, ${[...SUMS, ...MAXIMA].join(', ')}, buckets, counts) ${rowsOf(table)}
    on conflict (${key}) do update set
      ${SUMS.map((sum) => `${sum} = s.${sum} + excluded.${sum}`).join(', ')},
      ${MAXIMA.map((latest) => `${latest} = greatest(s.${latest}, excluded.${latest})`).join(', ')},
      (buckets, counts) = (
        select coalesce(array_agg(bucket order by bucket), '{}'), coalesce(array_agg(count order by bucket), '{}')
        from (
          select bucket, sum(count)::integer as count from (
            select * from unnest(s.buckets, s.counts) union all select * from unnest(excluded.buckets, excluded.counts)
          ) as both_of_them (bucket, count) group by bucket) merged)`;
}
