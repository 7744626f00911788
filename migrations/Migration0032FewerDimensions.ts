import { Migration } from '@mikro-orm/migrations';

const SUMS = [
  ...['total', 'success', 'failed', 'partial', 'first_success', 'retries', 'measured', 'duration_sum'],
  ...['applied', 'not_applied', 'partly_applied', 'unknown'],
];
const MAXIMA = ['last_at', 'last_success_at'];
const TARGET = ['target_platform', 'environment'];
const PLATFORM_TYPE = ['target_platform', 'kind', 'type_key'];
const TABLES = [
  { name: 'sync_stats_target_hourly', span: 'hour', dimensions: TARGET, of: 'sync_stats_hourly', from: 'hour' },
  {
    ...{ name: 'sync_stats_platform_hourly', span: 'hour', dimensions: ['target_platform'] },
    ...{ of: 'sync_stats_target_hourly', from: 'hour' },
  },
  { name: 'sync_stats_target_daily', span: 'day', dimensions: TARGET, of: 'sync_stats_daily', from: 'day' },
  {
    ...{ name: 'sync_stats_platform_type_daily', span: 'day', dimensions: PLATFORM_TYPE },
    ...{ of: 'sync_stats_type_daily', from: 'day' },
  },
  {
    ...{ name: 'sync_stats_platform_type_weekly', span: 'week', dimensions: PLATFORM_TYPE },
    ...{ of: 'sync_stats_platform_type_daily', from: 'day' },
  },
];
const FACETS = [
  ...['target_platform', 'environment', 'sync_direction', 'trigger'],
  ...['sync_status', 'outcome', 'evidence', 'error_code'],
];

export class Migration0032FewerDimensions extends Migration {
  override up(): void {
    // Nobody counts meanwhile.
    this.addSql(`select from sync_stats_position for update`);
    // The first day that is not summed: the tables of fewer dimensions hold what lies before it.
    this.addSql(`alter table sync_stats_position add column summed_until timestamptz`);
    this.addSql(`update sync_stats_position set summed_until = date_trunc('day', now(), 'UTC')`);
    for (const table of TABLES) this.createTable(table);
    // By type, a week is looked up among all those of its time.
    this.addSql(
      `create index sync_stats_platform_type_weekly_type on sync_stats_platform_type_weekly (type_key, week)`,
    );
    this.createFacets();
    // A replica of an earlier version must not count on: it would leave these tables out.
    this.addSql(`alter table sync_stats_position add column summed bigint`);
    this.addSql(`update sync_stats_position set summed = last`);
    this.addSql(`
      alter table sync_stats_position alter column summed_until set not null,
        alter column summed set not null, add check (summed = last)`);
  }

  private createTable({ name, span, dimensions, of, from }: (typeof TABLES)[number]): void {
    const key = [span, ...dimensions].join(', ');
    this.addSql(`
      create table ${name} (
        ${span} timestamptz not null check (${span} = date_trunc('${span}', ${span}, 'UTC')),
        ${dimensions.map((column) => `${column} text collate "C" not null`).join(', ')},
        ${SUMS.map((column) => `${column} ${column === 'duration_sum' ? 'bigint' : 'integer'} not null`).join(', ')},
        ${MAXIMA.map((column) => `${column} timestamptz`).join(', ')},
        buckets smallint[] not null,
        counts integer[] not null,
        check (cardinality(buckets) = cardinality(counts)),
        primary key (${key})
      ) with (fillfactor = 80)`);
    const rows = `(
      select date_trunc('${span}', ${from}, 'UTC') as ${span}, ${dimensions.join(', ')}, ${[...SUMS, ...MAXIMA].join(', ')}, buckets, counts
      from ${of} where ${from} < date_trunc('${span}', (select summed_until from sync_stats_position), 'UTC')) r`;
    this.addSql(`
      insert into ${name} (${key}, ${[...SUMS, ...MAXIMA].join(', ')}, buckets, counts)
      select s.*, coalesce(h.buckets, '{}'), coalesce(h.counts, '{}')
      from (
        select ${key}, ${SUMS.map((sum) => `sum(${sum})`).join(', ')}, ${MAXIMA.map((latest) => `max(${latest})`).join(', ')}
        from ${rows} group by ${key}) s
      left join (
        select ${key}, array_agg(bucket order by bucket) as buckets, array_agg(count order by bucket) as counts
        from (
          select ${key}, bucket, sum(count)::integer as count
          from ${rows}, unnest(buckets, counts) as u (bucket, count) group by ${key}, bucket) merged
        group by ${key}) h using (${key})`);
  }

  /** From the history, as far as it is counted: no table knew the state of a sync until now. */
  private createFacets(): void {
    const columns = FACETS.join(', ');
    for (const [name, span] of [
      ['sync_stats_facet_hourly', 'hour'],
      ['sync_stats_facet_daily', 'day'],
    ] as const) {
      const types = FACETS.map((column) => {
        const isNull = ['outcome', 'evidence', 'error_code'].includes(column);
        return `${column} text collate "C" ${isNull ? '' : 'not null'}`;
      });
      this.addSql(`
        create table ${name} (
          ${span} timestamptz not null check (${span} = date_trunc('${span}', ${span}, 'UTC')),
          ${types.join(', ')},
          total integer not null,
          unique nulls not distinct (${span}, ${columns})
        ) with (fillfactor = 80)`);
    }
    this.addSql(`
      insert into sync_stats_facet_hourly (hour, ${columns}, total)
      with late as (
        select sync_id, bool_or(type = 'sync.recorded') as started,
          bool_or(type in ('sync.succeeded', 'sync.failed', 'sync.partial')) as settled,
          bool_or(type = 'sync.outcome_known') as learned
        from sync_event
        where (position is null or position > (select last from sync_stats_position))
          and type in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known')
        group by sync_id)
      select date_trunc('hour', h.started_at, 'UTC') as hour, h.target_platform, h.environment, h.sync_direction, h.trigger,
        case when l.settled then 'IN_PROGRESS' else h.sync_status end as sync_status,
        case when l.settled then null when l.learned then 'UNKNOWN' else h.outcome end as outcome,
        case when l.settled then null
          when l.learned then (
            select e.data->>'evidence' from sync_event e
            where e.sync_id = h.id and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial') limit 1)
          else h.evidence end as evidence,
        case when l.settled then null else h.error_code end as error_code, count(*)
      from sync_history h left join late l on l.sync_id = h.id
      where l.started is not true
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9`);
    this.addSql(`
      insert into sync_stats_facet_daily (day, ${columns}, total)
      select date_trunc('day', hour, 'UTC') as day, ${columns}, sum(total) from sync_stats_facet_hourly
      where hour < (select summed_until from sync_stats_position)
      group by date_trunc('day', hour, 'UTC'), ${columns}`);
  }
}
