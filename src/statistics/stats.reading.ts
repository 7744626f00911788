import { binder, whereSql } from '#history';
import type { Pieces, Stretch } from './interval-parts.ts';
import { COUNTED_STEPS, syncOf } from './stats.statements.ts';
import {
  DAILY,
  type Dimension,
  factColumns,
  HOURLY,
  MAXIMA,
  type StatsTable,
  summed,
  SUMS,
  TYPE_DAILY,
} from './stats.tables.ts';
import type { AnalyticsScope } from './sync-numbers.ts';

/** Uncounted events that an answer takes in; usually there are those of half a second. */
export const MOST_UNCOUNTED = 10_000;
/** Stretches of a table that are each planned by themselves, with its months left out that they do not touch. */
const MOST_PLANNED = 50;

/** Which sums are wanted. */
export interface StatsQuestion {
  scope: AnalyticsScope;
  /** Where the buckets begin, and, last, where they end. */
  starts: Date[];
  /** By what they are told apart besides the bucket. */
  by?: Dimension[];
  /** Whether histograms are wanted: without them the answer comes sooner. */
  durations?: boolean;
}

/** Gives a value its place in the statement. */
type Bind = (value: unknown, type: string) => string;

const MEASURES = [...SUMS, ...MAXIMA];
const EVER = { from: null, to: null, default: false };

/** One statement, so all of it is as of one moment. Its rows carry `uncounted`; the only one of an empty answer has no `at`. */
export function readStatement(
  { scope, starts, by = [], durations = true }: StatsQuestion,
  pieces: Pieces,
  byType: boolean,
) {
  const { bind, parameters } = binder();
  const bounds = bind(starts.slice(0, -1), 'timestamptz[]');
  const at = (moment: string) => `width_bucket(${moment}, ${bounds})`;
  const keysOf = (moment: string) => [`${at(moment)} as at`, ...by.map((name) => `h.${name}`)].join(', ');
  const keys = ['at', ...by].join(', ');
  const measures = `${MEASURES.map((name) => `h.${name}`).join(', ')}${durations ? ', h.buckets, h.counts' : ''}`;
  const stats = (table: StatsTable, stretches: Stretch[]) =>
    sources(table.name, table.span, stretches, scope, bind).map(
      (source) => `select ${keysOf(`h.${table.span}`)}, ${measures} from ${source}`,
    );
  const facts = factColumns('true', `h.sync_status <> 'IN_PROGRESS'`);
  const isCovered = pieces.covered.some(({ from, to }) => from < to);
  const rolled = [...stats(byType ? TYPE_DAILY : DAILY, pieces.days), ...stats(HOURLY, pieces.hours)];
  const raw = [
    ...sources('sync_history', 'started_at', pieces.raw, scope, bind).map(
      (source) => `select ${keysOf('h.started_at')}, ${facts} from ${source}`,
    ),
    ...(isCovered ? [uncountedFacts(keysOf('h.started_at'), at('h.started_at'), pieces.covered, scope, bind)] : []),
  ];
  const nothing = (table: string, moment: string, columns: string) =>
    `select ${keysOf(moment)}, ${columns} from ${table} h where false`;
  const text = `
    with uncounted as materialized (${isCovered ? UNCOUNTED : 'select where false'}),
    rolled as (${rolled.join(' union all ') || nothing(TYPE_DAILY.name, 'h.day', measures)}),
    raw as (${raw.join(' union all ') || nothing('sync_history', 'h.started_at', facts)}),
    sums as (
      select ${keys}, ${summed()} from (
        select ${keys}, ${MEASURES.join(', ')} from rolled union all select ${keys}, ${MEASURES.join(', ')} from raw) part
      group by ${keys})
    ${durations ? `, histogram as (${histogram(keys)})` : ''}
    select (select count(*) from uncounted)::float8 as uncounted, ${keys},
      ${SUMS.map((name) => `${name}::float8`).join(', ')}, ${MAXIMA.join(', ')}${durations ? ', buckets, counts' : ''}
    from (select) one left join sums on true ${durations ? `left join histogram using (${keys})` : ''}`;
  return { text, parameters };
}

/** Rows `h` of a table in some stretches of time: each is a condition of its own, or, of many, looked up by the index. */
function sources(table: string, moment: string, stretches: Stretch[], scope: AnalyticsScope, bind: Bind): string[] {
  if (stretches.length === 0) return [];
  const isHistory = table === 'sync_history';
  const among = ({ from, to }: Stretch) =>
    whereSql({ ...scope, window: isHistory ? { from: new Date(from), to: new Date(to), default: false } : EVER }, bind);
  const between = (from: string, to: string) => `h.${moment} >= ${from} and h.${moment} < ${to}`;
  if (stretches.length <= MOST_PLANNED) {
    return stretches.map((stretch) => {
      const bounds = [bind(new Date(stretch.from), 'timestamptz'), bind(new Date(stretch.to), 'timestamptz')] as const;
      return `${table} h where ${between(...bounds)} and ${among(stretch)}`;
    });
  }
  const whole = { from: stretches[0]!.from, to: stretches.at(-1)!.to };
  return [
    `unnest(${moments(stretches, 'from', bind)}, ${moments(stretches, 'to', bind)}) as stretch (begins, ends)
     cross join lateral (
       select * from ${table} h where ${between('begins', 'ends')} and ${among(whole)} offset 0) h`,
  ];
}

/** In the order in which events get their positions. */
const UNCOUNTED = `
  (select sync_id, type from sync_event where position > (select last from sync_stats_position)
   order by position limit ${MOST_UNCOUNTED + 1})
  union all
  (select sync_id, type from sync_event where position is null order by created_at, id limit ${MOST_UNCOUNTED + 1})`;

/** What uncounted events bring to what is read from the stats. */
function uncountedFacts(keys: string, at: string, covered: Stretch[], scope: AnalyticsScope, bind: Bind): string {
  const { started, settled, any } = COUNTED_STEPS;
  return `
    select ${keys}, ${factColumns(started('u.type'), settled('u.type'))}
    from uncounted u cross join lateral (${syncOf('u.sync_id')}) h
    where ${any('u.type')} and ${whereSql({ ...scope, window: EVER }, bind)}
      and h.started_at >= (${moments(covered, 'from', bind)})[${at}]
      and h.started_at < (${moments(covered, 'to', bind)})[${at}]`;
}

function moments(stretches: Stretch[], end: 'from' | 'to', bind: Bind): string {
  return bind(
    stretches.map((stretch) => new Date(stretch[end])),
    'timestamptz[]',
  );
}

function histogram(keys: string): string {
  return `
    select ${keys}, array_agg(bucket order by bucket) as buckets, array_agg(count order by bucket) as counts
    from (
      select ${keys}, bucket, sum(count)::float8 as count
      from (
        select ${keys}, u.bucket, u.count from rolled, unnest(buckets, counts) as u (bucket, count)
        union all
        select ${keys}, bucket, 1 from raw where bucket is not null) counted
      group by ${keys}, bucket) merged
    group by ${keys}`;
}
