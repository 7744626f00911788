import { binder, whereSql } from '#tracking';
import type { Piece, Pieces } from './period.pieces.ts';
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
/** Stretches of the history that are each planned by themselves. */
const MOST_PLANNED = 50;
const MEASURES = [...SUMS, ...MAXIMA].map((name) => `h.${name}`).join(', ');

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

type Bind = (value: unknown, type: string) => string;

/** One statement, so all of it is as of one moment. Its rows carry `uncounted`; the only one of an empty answer has no `at`. */
export function readStatement(question: StatsQuestion, pieces: Pieces, byType: boolean) {
  const { bind, parameters } = binder();
  const { by = [], durations = true } = question;
  const keys = ['at', ...by].join(', ');
  const isCovered = pieces.covered.some(({ from, to }) => from < to);
  const at = `width_bucket(h.started_at, ${bind(question.starts.slice(0, -1), 'timestamptz[]')})`;
  const columns = [`${at} as at`, ...by.map((name) => `h.${name}`)].join(', ');
  const facts = factColumns('true', `h.sync_status <> 'IN_PROGRESS'`);
  const raw = [
    ...rawParts(question.scope, pieces.raw, bind).map((part) => `select ${columns}, ${facts} from ${part}`),
    ...(isCovered ? [uncountedPart(question.scope, columns, at, pieces.covered, bind)] : []),
  ];
  const rolled = [
    rolledPart(byType ? TYPE_DAILY : DAILY, pieces.days, question, bind),
    ...(byType ? [] : [rolledPart(HOURLY, pieces.hours, question, bind)]),
  ];
  const text = `
    with uncounted as materialized (${isCovered ? UNCOUNTED : 'select where false'}),
    rolled as (${rolled.join(' union all ')}),
    raw as (${raw.join(' union all ') || `select ${columns}, ${facts} from sync_history h where false`}),
    sums as (
      select ${keys}, ${summed()}
      from (select ${keys}, ${[...SUMS, ...MAXIMA].join(', ')} from rolled union all select ${keys}, ${[...SUMS, ...MAXIMA].join(', ')} from raw) part
      group by ${keys})
    ${durations ? `, histogram as (${histogram(keys)})` : ''}
    select (select count(*) from uncounted)::float8 as uncounted, ${['at', ...by].join(', ')},
      ${SUMS.map((name) => `${name}::float8`).join(', ')}, ${MAXIMA.join(', ')}${durations ? ', buckets, counts' : ''}
    from (select) one left join sums on true ${durations ? `left join histogram using (${keys})` : ''}`;
  return { text, parameters };
}

/** In the order in which events get their positions. */
const UNCOUNTED = `
  (select sync_id, type from sync_event where position > (select last from sync_stats_position)
   order by position limit ${MOST_UNCOUNTED + 1})
  union all
  (select sync_id, type from sync_event where position is null order by created_at, id limit ${MOST_UNCOUNTED + 1})`;

function uncountedPart(scope: AnalyticsScope, columns: string, at: string, covered: Piece[], bind: Bind): string {
  const moments = (end: 'from' | 'to') =>
    bind(
      covered.map((piece) => new Date(piece[end])),
      'timestamptz[]',
    );
  return `
    select ${columns}, ${factColumns(COUNTED_STEPS.started('u.type'), COUNTED_STEPS.settled('u.type'))}
    from uncounted u cross join lateral (${syncOf('u.sync_id')}) h
    where ${COUNTED_STEPS.any('u.type')} and ${whereSql({ ...scope, window: EVER }, bind)}
      and h.started_at >= (${moments('from')})[${at}] and h.started_at < (${moments('to')})[${at}]`;
}

const EVER = { from: null, to: null, default: false };

/** Sources of history rows `h`: a few stretches as a condition each; of many, each by the index of starts. */
function rawParts(scope: AnalyticsScope, raw: Pieces['raw'], bind: Bind): string[] {
  const window = (from: number, to: number) => ({ from: new Date(from), to: new Date(to), default: false });
  if (raw.length <= MOST_PLANNED) {
    return raw.map(({ from, to }) => `sync_history h where ${whereSql({ ...scope, window: window(from, to) }, bind)}`);
  }
  const moments = (end: 'from' | 'to') =>
    bind(
      raw.map((piece) => new Date(piece[end])),
      'timestamptz[]',
    );
  const whole = window(raw[0]!.from, raw.at(-1)!.to);
  return [
    `unnest(${moments('from')}, ${moments('to')}) as stretch (begins, ends) cross join lateral (
       select * from sync_history h
       where h.started_at >= begins and h.started_at < ends and ${whereSql({ ...scope, window: whole }, bind)} offset 0) h`,
  ];
}

function rolledPart(
  { name, span }: StatsTable,
  pieces: Piece[],
  { scope, by = [], durations = true }: StatsQuestion,
  bind: Bind,
): string {
  const moments = (end: 'from' | 'to') =>
    bind(
      pieces.map((piece) => new Date(piece[end])),
      'timestamptz[]',
    );
  const numbers = bind(
    pieces.map(({ at }) => at),
    'integer[]',
  );
  return `
    select ${['piece.at', ...by.map((key) => `h.${key}`)].join(', ')}, ${MEASURES}${durations ? ', h.buckets, h.counts' : ''}
    from unnest(${moments('from')}, ${moments('to')}, ${numbers}) as piece (begins, ends, at)
    join ${name} h on h.${span} >= piece.begins and h.${span} < piece.ends
    where ${whereSql({ ...scope, window: EVER }, bind)}`;
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
