import { type Outcome, OUTCOMES } from '#platform';
import { bucketSql } from './duration-histogram.ts';

/** By what syncs are told apart: columns of the history, and of every table of stats. */
export const DIMENSIONS = ['target_platform', 'environment', 'sync_direction', 'trigger'] as const;
export const TYPE = ['kind', 'type_key'] as const;
export type Dimension = (typeof DIMENSIONS)[number] | (typeof TYPE)[number];

/** Syncs by the hour or day, in UTC, in which they started. */
export interface StatsTable {
  name: string;
  /** The column of the time, called as the span is. */
  span: 'hour' | 'day';
  dimensions: readonly string[];
}

export const HOURLY: StatsTable = { name: 'sync_stats_hourly', span: 'hour', dimensions: DIMENSIONS };
export const DAILY: StatsTable = { name: 'sync_stats_daily', span: 'day', dimensions: DIMENSIONS };
/** By type as well: per hour that would be half as many rows as the history has. */
export const TYPE_DAILY: StatsTable = {
  name: 'sync_stats_type_daily',
  span: 'day',
  dimensions: [...DIMENSIONS, ...TYPE],
};
export const STATS_TABLES = [HOURLY, DAILY, TYPE_DAILY];

/**
 * SQL: which steps of a sync are to be counted: it started, it was settled, its unknown outcome became known; and the outcome
 * that the step gives it.
 */
export type Steps = Record<'started' | 'settled' | 'learned' | 'outcome', string>;

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
export function factColumns(steps: Steps): string {
  const bucket = `case when settled and h.duration_ms is not null then ${bucketSql('h.duration_ms')} end`;
  return Object.entries({ ...MEASURES, ...LATEST, bucket })
    .map(([name, sql]) => {
      const told = sql.replaceAll(
        /\b(?:started|settled|learned|outcome)\b/g,
        (step) => `(${steps[step as keyof Steps]})`,
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
