import { type Outcome, OUTCOMES } from '#platform';
import { FACTS_SINCE } from '#recording';
import { bucketSql } from './duration-histogram.ts';
import type { SpanUnit } from './interval-parts.ts';

/** By what syncs are told apart: columns of the history, and of tables of stats. */
const TARGET = ['target_platform', 'environment'] as const;
export const DIMENSIONS = [...TARGET, 'sync_direction', 'trigger'] as const;
export const TYPE = ['kind', 'type_key'] as const;
export type Dimension = (typeof DIMENSIONS)[number] | (typeof TYPE)[number];

/** Syncs by the hour, day or week (from Monday), in UTC, in which they started. */
export interface StatsTable {
  name: string;
  /** The column of the time, called as the span is. */
  span: SpanUnit;
  dimensions: readonly string[];
  /** The table from whose rows its own are summed, once they are over; see {@link SUMMED_TABLES}. */
  of?: StatsTable;
}

const HOURLY: StatsTable = { name: 'sync_stats_hourly', span: 'hour', dimensions: DIMENSIONS };
const DAILY: StatsTable = { name: 'sync_stats_daily', span: 'day', dimensions: DIMENSIONS };
const TARGET_HOURLY: StatsTable = { name: 'sync_stats_target_hourly', span: 'hour', dimensions: TARGET, of: HOURLY };
const TARGET_DAILY: StatsTable = { name: 'sync_stats_target_daily', span: 'day', dimensions: TARGET, of: DAILY };
const PLATFORM_HOURLY: StatsTable = {
  name: 'sync_stats_platform_hourly',
  span: 'hour',
  dimensions: ['target_platform'],
  of: TARGET_HOURLY,
};
/** By type as well: per hour that would be half as many rows as the history has. */
const TYPE_DAILY: StatsTable = { name: 'sync_stats_type_daily', span: 'day', dimensions: [...DIMENSIONS, ...TYPE] };
const PLATFORM_TYPE = ['target_platform', ...TYPE];
const PLATFORM_TYPE_DAILY: StatsTable = {
  name: 'sync_stats_platform_type_daily',
  span: 'day',
  dimensions: PLATFORM_TYPE,
  of: TYPE_DAILY,
};
/** Weeks, not months: thirty days hold three or four whole weeks, and mostly no whole month. */
const PLATFORM_TYPE_WEEKLY: StatsTable = {
  name: 'sync_stats_platform_type_weekly',
  span: 'week',
  dimensions: PLATFORM_TYPE,
  of: PLATFORM_TYPE_DAILY,
};
/** Those into which events are counted. */
export const BASE_TABLES = [HOURLY, DAILY, TYPE_DAILY];
/** Those that are summed from others once a day is over; each after the one that it is summed from. */
export const SUMMED_TABLES = [TARGET_HOURLY, TARGET_DAILY, PLATFORM_HOURLY, PLATFORM_TYPE_DAILY, PLATFORM_TYPE_WEEKLY];
export const STATS_TABLES = [...BASE_TABLES, ...SUMMED_TABLES];

/** Tables that answer together, the shortest span first: summed ones for the days that are over, else those of the events. */
export interface Level<Table = StatsTable> {
  summed: Table[];
  base: Table[];
}

/** Those with the fewest rows stand first. */
const LEVELS: (Level & { dimensions: readonly string[] })[] = [
  { dimensions: PLATFORM_HOURLY.dimensions, summed: [PLATFORM_HOURLY, TARGET_DAILY], base: [HOURLY, DAILY] },
  { dimensions: TARGET, summed: [TARGET_HOURLY, TARGET_DAILY], base: [HOURLY, DAILY] },
  { dimensions: DIMENSIONS, summed: [], base: [HOURLY, DAILY] },
  { dimensions: PLATFORM_TYPE, summed: [PLATFORM_TYPE_DAILY, PLATFORM_TYPE_WEEKLY], base: [TYPE_DAILY] },
  { dimensions: TYPE_DAILY.dimensions, summed: [], base: [TYPE_DAILY] },
];

/** The level that tells these columns apart with the fewest rows; undefined where none does. */
export function levelWith(columns: string[]): Level | undefined {
  return LEVELS.find(({ dimensions }) => columns.every((column) => dimensions.includes(column)));
}

/**
 * SQL: the moment since which the history is whole: the stats of syncs that started before are all that is left of them.
 * Retention drops syncs by the time in their ids, which is up to a day and an hour before their start. It is planned once,
 * not for each branch.
 */
export const STATS_SINCE = `(
  select case when month = 'epoch' then month else month + interval '48 hours' end
  from (select ${timeOf(FACTS_SINCE)} as month offset 0) dropped)`;

/** SQL: the time with which a UUIDv7 begins. */
export function timeOf(id: string): string {
  return `to_timestamp(('x' || left(replace((${id})::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
}

/**
 * SQL: which steps of a sync are to be counted: it started, it was settled, its unknown outcome became known; and the outcome
 * and evidence that the step gives it.
 */
export type Steps = Record<'started' | 'settled' | 'learned' | 'outcome' | 'evidence', string>;

/** What is counted of a sync `h` at each of its {@link Steps}. All but the last are sums. */
const MEASURES: Record<string, string> = {
  total: 'started::integer',
  success: `(settled and h.sync_status = 'SUCCESS')::integer`,
  failed: `(settled and h.sync_status = 'FAILED')::integer`,
  partial: `(settled and h.sync_status = 'PARTIAL')::integer`,
  first_success: `(settled and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer`,
  retries: 'case when settled then h.retry_count else 0 end',
  measured: '(settled and h.duration_ms is not null)::integer',
  duration_sum: 'case when settled then coalesce(h.duration_ms, 0) else 0 end',
  ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome.toLowerCase(), gained(outcome)])),
};
const LATEST: Record<string, string> = {
  last_at: 'case when started then h.started_at end',
  last_success_at: `case when settled and h.sync_status = 'SUCCESS' then h.started_at end`,
};

export const SUMS = Object.keys(MEASURES);
export const MAXIMA = Object.keys(LATEST);

/** A sync as one row of numbers. */
export function numberColumns(steps: Steps): string {
  const bucket = `case when settled and h.duration_ms is not null then ${bucketSql('h.duration_ms')} end`;
  return Object.entries({ ...MEASURES, ...LATEST, bucket })
    .map(([name, sql]) => {
      const told = sql.replaceAll(
        /\b(?:started|settled|learned|outcome)\b/g,
        (step) => `(${steps[step as 'started']})`,
      );
      return `${told} as ${name}`;
    })
    .join(', ');
}

/** Adds rows of numbers up. */
export function summed(alias = ''): string {
  const of = alias && `${alias}.`;
  return [
    ...SUMS.map((name) => `sum(${of}${name}) as ${name}`),
    ...MAXIMA.map((name) => `max(${of}${name}) as ${name}`),
  ].join(', ');
}

/** An outcome that becomes known is one unknown less. */
function gained(outcome: Outcome): string {
  const gain = `coalesce(outcome = '${outcome}', false)::integer`;
  return outcome === 'UNKNOWN' ? `${gain} - learned::integer` : gain;
}
