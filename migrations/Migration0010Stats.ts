import { Migration } from '@mikro-orm/migrations';

const TABLES = [
  { name: 'sync_stats_hourly', span: 'hour', type: false },
  { name: 'sync_stats_daily', span: 'day', type: false },
  { name: 'sync_stats_type_daily', span: 'day', type: true },
];

export class Migration0010Stats extends Migration {
  override up(): void {
    // Syncs by the UTC hour or day in which they started. A duration is counted in the bucket `buckets[i]`, `counts[i]` times.
    for (const { name, span, type } of TABLES) {
      this.addSql(`
        create table ${name} (
          ${span}         timestamptz not null check (${span} = date_trunc('${span}', ${span}, 'UTC')),
          target_platform text collate "C" not null,
          environment     text collate "C" not null,
          sync_direction  text collate "C" not null,
          trigger         text collate "C" not null,
          ${type ? 'kind text collate "C" not null, type_key text collate "C" not null,' : ''}
          total           integer not null,
          success         integer not null,
          failed          integer not null,
          partial         integer not null,
          first_success   integer not null,
          retries         integer not null,
          measured        integer not null,
          duration_sum    bigint not null,
          last_at         timestamptz,
          last_success_at timestamptz,
          buckets         smallint[] not null,
          counts          integer[] not null,
          check (cardinality(buckets) = cardinality(counts)),
          primary key (${span}, target_platform, environment, sync_direction, trigger${type ? ', kind, type_key' : ''})
        ) with (fillfactor = 80)`);
    }
    this.addSql(`create index sync_stats_type_daily_type on sync_stats_type_daily (type_key, day)`);
    // The last event that is counted; the one row that whoever counts holds.
    this.addSql(`create table sync_stats_position (last bigint not null)`);
    this.addSql(`insert into sync_stats_position values (0)`);
    // The part of an hour is read from the history: rows stand there nearly in the order of their start.
    this.addSql(`
      create index sync_history_started on sync_history using brin (started_at)
        with (pages_per_range = 32, autosummarize = on)`);
  }
}
