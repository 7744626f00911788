import { binder, type FilterConditions, momentColumn, whereSql } from '#history';
import type { IntervalParts, Span } from './interval-parts.ts';
import { EVENT_COLUMNS, isCounted, stepsOf, syncOf } from './stats.statements.ts';
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

/** Uncounted events that an answer takes in; usually there are those of half a second. */
export const MAX_UNCOUNTED = 10_000;
/** Spans of a table that are each planned by themselves, with its months left out that they do not touch. */
const MAX_PLANNED = 50;

/** Which sums are wanted. */
export interface StatsQuestion {
  scope: FilterConditions;
  /** Where the buckets begin, and, last, where they end. */
  starts: Date[];
  /** By what they are told apart besides the bucket. */
  by?: Dimension[];
  /** Whether histograms are wanted: without them the answer comes sooner. */
  durations?: boolean;
}

/** Gives a value its parameter in the statement. */
type Bind = (value: unknown, type: string) => string;

const MEASURES = [...SUMS, ...MAXIMA];
const EVER = { from: null, to: null, default: false };
/** A sync with all that has happened to it. */
const WHOLE = { started: 'true', settled: `h.sync_status <> 'IN_PROGRESS'`, learned: 'false', outcome: 'h.outcome' };

/** One statement, so all of it is as of one moment. Its rows carry `uncounted`; the only one of an empty answer has no `at`. */
export function readStatement(
  { scope, starts, by = [], durations = true }: StatsQuestion,
  parts: IntervalParts,
  byType: boolean,
) {
  const { bind, parameters } = binder();
  const bounds = bind(starts.slice(0, -1), 'timestamptz[]');
  const at = (moment: string) => `width_bucket(${moment}, ${bounds})`;
  const keysOf = (moment: string) => [`${at(moment)} as at`, ...by.map((name) => `h.${name}`)].join(', ');
  const keys = ['at', ...by].join(', ');
  const measures = `${MEASURES.map((name) => `h.${name}`).join(', ')}${durations ? ', h.buckets, h.counts' : ''}`;
  const moment = momentColumn(scope);
  const stats = (table: StatsTable, spans: Span[]) =>
    sources(table.name, table.span, spans, scope, bind).map(
      (source) => `select ${keysOf(`h.${table.span}`)}, ${measures} from ${source}`,
    );
  const facts = factColumns(WHOLE);
  const isCovered = parts.covered.some(({ from, to }) => from < to);
  const rolled = [...stats(byType ? TYPE_DAILY : DAILY, parts.days), ...stats(HOURLY, parts.hours)];
  const raw = [
    ...sources('sync_history', moment, parts.raw, scope, bind).map(
      (source) => `select ${keysOf(`h.${moment}`)}, ${facts} from ${source}`,
    ),
    ...(isCovered ? [uncountedSyncs(keysOf('h.started_at'), at('h.started_at'), parts.covered, scope, bind)] : []),
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

/** Rows `h` of a table in some spans of time: each is a condition of its own, or, of many, looked up by the index. */
function sources(table: string, moment: string, spans: Span[], scope: FilterConditions, bind: Bind): string[] {
  if (spans.length === 0) return [];
  const isHistory = table === 'sync_history';
  const among = ({ from, to }: Span) =>
    whereSql({ ...scope, window: isHistory ? { from: new Date(from), to: new Date(to), default: false } : EVER }, bind);
  const between = (from: string, to: string) => `h.${moment} >= ${from} and h.${moment} < ${to}`;
  if (spans.length <= MAX_PLANNED) {
    return spans.map((span) => {
      const bounds = [bind(new Date(span.from), 'timestamptz'), bind(new Date(span.to), 'timestamptz')] as const;
      return `${table} h where ${between(...bounds)} and ${among(span)}`;
    });
  }
  const whole = { from: spans[0]!.from, to: spans.at(-1)!.to };
  return [
    `unnest(${moments(spans, 'from', bind)}, ${moments(spans, 'to', bind)}) as span (begins, ends)
     cross join lateral (
       select * from ${table} h where ${between('begins', 'ends')} and ${among(whole)} offset 0) h`,
  ];
}

/** In the order in which events get their positions. */
const UNCOUNTED = `
  select ${EVENT_COLUMNS} from sync_event where position > (select last from sync_stats_position)
  order by position limit ${MAX_UNCOUNTED + 1}`;

/** What uncounted events bring to what is read from the stats. */
function uncountedSyncs(keys: string, at: string, covered: Span[], scope: FilterConditions, bind: Bind): string {
  return `
    select ${keys}, ${factColumns(stepsOf('u'))}
    from uncounted u cross join lateral (${syncOf('u.sync_id')}) h
    where ${isCounted('u.type')} and ${whereSql({ ...scope, window: EVER }, bind)}
      and h.started_at >= (${moments(covered, 'from', bind)})[${at}]
      and h.started_at < (${moments(covered, 'to', bind)})[${at}]`;
}

function moments(spans: Span[], end: 'from' | 'to', bind: Bind): string {
  return bind(
    spans.map((span) => new Date(span[end])),
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
