import { Migration } from '@mikro-orm/migrations';

const DIMENSIONS = ['target_platform', 'environment', 'sync_direction', 'trigger'];
const TABLES = [
  { name: 'sync_stats_hourly', key: ['hour', ...DIMENSIONS] },
  { name: 'sync_stats_daily', key: ['day', ...DIMENSIONS] },
  { name: 'sync_stats_type_daily', key: ['day', ...DIMENSIONS, 'kind', 'type_key'] },
];
const OUTCOMES = ['APPLIED', 'NOT_APPLIED', 'PARTLY_APPLIED', 'UNKNOWN'];
const COLUMNS = OUTCOMES.map((outcome) => outcome.toLowerCase());

export class Migration0028OutcomesAndDrift extends Migration {
  override up(): void {
    // Nobody counts meanwhile. The history is read before a table is locked, so that readers wait for the update only.
    this.addSql(`select from sync_stats_position for update`);
    this.addSql(`
      create table outcome_before as
      with late as (
        select sync_id, bool_or(type <> 'sync.outcome_known') as settled, bool_or(type = 'sync.outcome_known') as learned
        from sync_event
        where (position is null or position > (select last from sync_stats_position))
          and type in ('sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known')
        group by sync_id)
      select date_trunc('hour', h.started_at, 'UTC') as hour, date_trunc('day', h.started_at, 'UTC') as day,
        ${DIMENSIONS.map((name) => `h.${name}`).join(', ')}, h.kind, h.type_key,
        case when l.learned then 'UNKNOWN' else h.outcome end as outcome, count(*) as count
      from sync_history h left join late l on l.sync_id = h.id
      where h.outcome is not null and l.settled is not true
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9`);
    for (const { name, key } of TABLES) {
      this.addSql(
        `alter table ${name} ${COLUMNS.map((column) => `add column ${column} integer not null default 0`).join(', ')}`,
      );
      const sums = OUTCOMES.map(
        (outcome, index) => `coalesce(sum(count) filter (where outcome = '${outcome}'), 0) as ${COLUMNS[index]}`,
      );
      this.addSql(`
        update ${name} s set ${COLUMNS.map((column) => `${column} = b.${column}`).join(', ')}
        from (select ${key.join(', ')}, ${sums.join(', ')} from outcome_before group by ${key.join(', ')}) b
        where ${key.map((column) => `s.${column} = b.${column}`).join(' and ')}`);
      // A replica of an earlier version must not count on: it would leave the outcomes out.
      this.addSql(`alter table ${name} ${COLUMNS.map((column) => `alter column ${column} drop default`).join(', ')}`);
    }
    this.addSql(`drop table outcome_before`);
    // Few items are unknown, or are not what was put there, and health asks for them again and again.
    this.addSql(`
      create index live_state_questionable on live_state (platform, environment)
      where state = 'UNKNOWN' or (put_hash is not null and version_hash is distinct from put_hash)`);
  }
}
