import { type Bind, binder, type CoveredInterval, type FilterConditions, momentColumn, whereSql } from '#history';
import type { IntervalParts, Span } from './interval-parts.ts';
import { EVENT_COLUMNS, isCounted, stepsOf, syncOf } from './stats.statements.ts';
import { type Dimension, MAXIMA, numberColumns, STATS_SINCE, type StatsTable, SUMS } from './stats.tables.ts';

/** Uncounted events that an answer takes in; usually there are those of half a second. */
export const MAX_UNCOUNTED = 10_000;
/** Spans of a table that are each planned by themselves, with its months left out that they do not touch. */
const MAX_PLANNED = 50;

/** How much earlier or later than its start the id of a sync may be, at the most. */
const IDS_BEFORE_MS = 26 * 60 * 60 * 1000;
const IDS_AFTER_MS = 2 * 60 * 60 * 1000;

/** Which sums are wanted. */
export interface StatsQuestion {
  scope: FilterConditions;
  /** Where the buckets begin, and, last, where they end. */
  starts: Date[];
  /** By what they are told apart besides the bucket. */
  by?: Dimension[];
  /** Whether histograms are wanted: without them the answer comes sooner. */
  durations?: boolean;
  /** Whether the newest moments are wanted. They cannot be taken off again, so no unit is read that is longer than asked. */
  latest?: boolean;
}

/** Upon what an answer stands. */
export interface Basis {
  /** Events that are not counted yet, {@link MAX_UNCOUNTED} and some at the most. */
  uncounted: number;
  /** The first day that is not summed. */
  until: Date;
  /** Since when the history is whole; null where nothing was taken off. */
  since: Date | null;
}

export const EVER = { from: null, to: null, default: false };
/** A sync with all that has happened to it. */
const WHOLE = {
  ...{ started: 'true', settled: `h.sync_status <> 'IN_PROGRESS'`, learned: 'false' },
  ...{ outcome: 'h.outcome', evidence: 'h.evidence' },
};

/**
 * One statement, so all of it is as of one moment. Its rows carry {@link Basis}; the only one of an empty answer has no `at`.
 * `tables` are those of the parts.
 */
export function readStatement(
  { scope, starts, by = [], durations = true, latest = false }: StatsQuestion,
  parts: IntervalParts,
  tables: StatsTable[],
) {
  const { bind, parameters } = binder();
  const at = bucketOf(starts, bind);
  const keysOf = (moment: string) => [`${at(moment)} as at`, ...by.map((name) => `h.${name}`)].join(', ');
  const keys = ['at', ...by].join(', ');
  const sums = [...SUMS, ...(latest ? MAXIMA : [])];
  const moment = momentColumn(scope);
  const facts = numberColumns(WHOLE);
  const isCovered = parts.covered.some(({ from, to }) => from < to);
  const measures = [...sums, ...(durations ? ['buckets', 'counts'] : [])].map((name) => `h.${name}`).join(', ');
  const rolled = tables.flatMap(({ name, span }, index) =>
    sources(name, span, parts.whole[index]!, scope, bind).map(
      (source) => `select ${keysOf(`h.${span}`)}, ${measures} from ${source}`,
    ),
  );
  const ofHistory = (spans: Span[], sign: 1 | -1) =>
    sources('sync_history', moment, spans, scope, bind).map(
      (source) => `select ${keysOf(`h.${moment}`)}, ${facts}, ${sign} as sign from ${source}`,
    );
  const raw = [
    ...ofHistory(parts.raw, 1),
    ...ofHistory(parts.surplus, -1),
    ...(isCovered ? [uncountedSyncs(keysOf('h.started_at'), at('h.started_at'), parts.covered, scope, bind)] : []),
  ];
  const signed = sums.map((name) => (MAXIMA.includes(name) ? name : `sign * ${name} as ${name}`));
  const parted = [
    ...(rolled.length > 0 ? [`select ${[keys, ...sums].join(', ')} from rolled`] : []),
    `select ${[keys, ...signed].join(', ')} from raw`,
  ];
  const text = `
    with uncounted as materialized (${isCovered ? UNCOUNTED : 'select where false'})
    ${rolled.length > 0 ? `, rolled as (${rolled.join(' union all ')})` : ''}
    , raw as (${raw.join(' union all ') || `select ${keysOf('h.started_at')}, ${facts}, 1 as sign from sync_history h where false`})
    , sums as (
      select ${keys}, ${sums.map(added).join(', ')} from (${parted.join(' union all ')}) part
      group by ${keys} having sum(total) > 0)
    ${durations ? `, histogram as (${histogram(keys, rolled.length > 0)})` : ''}
    select (select count(*) from uncounted)::float8 as uncounted, (select summed_until from sync_stats_position) as until,
      ${parts.surplus.length > 0 ? STATS_SINCE : 'null::timestamptz'} as since, ${keys}, ${sums.join(', ')}${durations ? `, ${asText('buckets')}, ${asText('counts')}` : ''}
    from (select) one left join sums on true ${durations ? `left join histogram using (${keys})` : ''}`;
  return { text, parameters };
}

/** The driver takes many times as long to read an array. */
function asText(numbers: string): string {
  return `array_to_string(${numbers}, ' ') as ${numbers}`;
}

function added(name: string): string {
  return MAXIMA.includes(name) ? `max(${name}) as ${name}` : `sum(${name})::float8 as ${name}`;
}

/** SQL: the bucket of a moment, from 1. What is read beyond the ends belongs to the bucket at that end. */
function bucketOf(starts: Date[], bind: Bind): (moment: string) => string {
  if (starts.length === 2) return () => '1';
  const bounds = bind(starts.slice(0, -1), 'timestamptz[]');
  return (moment) => `greatest(width_bucket(${moment}, ${bounds}), 1)`;
}

/** Rows `h` of a table in some spans of time: each is a condition of its own, or, of many, looked up by the index. */
export function sources(table: string, moment: string, spans: Span[], scope: FilterConditions, bind: Bind): string[] {
  if (spans.length === 0) return [];
  const among = (span: Span) => whereSql({ ...scope, window: table === 'sync_history' ? monthsOf(span) : EVER }, bind);
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

/**
 * Leaves out the months in which no id of a sync of a span can lie. Bounds any closer would have the index of ids read, and a
 * day of it for a minute of syncs.
 */
function monthsOf({ from, to }: Span): CoveredInterval {
  const month = (moment: number, later: number) => {
    const at = new Date(moment);
    return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later);
  };
  const [first, end] = [month(from - IDS_BEFORE_MS, 0) + IDS_BEFORE_MS, month(to + IDS_AFTER_MS, 1) - IDS_AFTER_MS];
  return { from: new Date(first), to: new Date(end), default: false };
}

/** In the order in which events get their positions. */
export const UNCOUNTED = `
  select ${EVENT_COLUMNS} from sync_event where position > (select last from sync_stats_position)
  order by position limit ${MAX_UNCOUNTED + 1}`;

/** What uncounted events bring to what is read from the stats. */
function uncountedSyncs(keys: string, at: string, covered: Span[], scope: FilterConditions, bind: Bind): string {
  return `
    select ${keys}, ${numberColumns(stepsOf('u'))}, 1 as sign
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

/**
 * Its buckets are in no order: to sort them here takes longer than all the rest. Where a row is the only one of its key, as the
 * hours of a platform mostly are, its arrays are taken as they are.
 */
function histogram(keys: string, isRolled: boolean): string {
  const marked = `
    select *, count(*) over (partition by ${keys}) = 1 and (${keys}) not in (select ${keys} from raw) as is_alone from rolled`;
  const many = `select ${keys}, unnest(buckets) as bucket, unnest(counts) as count from marked where not is_alone union all`;
  return `
    ${isRolled ? `with marked as (${marked}) select ${keys}, buckets, counts::float8[] as counts from marked where is_alone union all` : ''}
    select ${keys}, array_agg(bucket) as buckets, array_agg(count) as counts
    from (
      select ${keys}, bucket, sum(count)::float8 as count
      from (
        ${isRolled ? many : ''}
        select ${keys}, bucket, sign from raw where bucket is not null) counted (${keys}, bucket, count)
      group by ${keys}, bucket having sum(count) > 0) merged
    group by ${keys}`;
}
