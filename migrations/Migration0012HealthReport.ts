import { Migration } from '@mikro-orm/migrations';

export class Migration0012HealthReport extends Migration {
  override up(): void {
    // Whoever comes first makes the report of a window; another revision of it is asked for by a person.
    this.addSql(`
      create table health_report (
        id          uuid primary key,
        platform    text collate "C" not null,
        environment text collate "C" not null,
        window_from timestamptz not null,
        window_to   timestamptz not null check (window_to > window_from),
        revision    integer not null check (revision > 0),
        slot        text collate "C",
        health      text collate "C" not null check (health in ('HEALTHY', 'DEGRADED', 'FAILING', 'STALE', 'UNKNOWN')),
        inputs      text not null,
        actor       text not null,
        created_at  timestamptz not null default clock_timestamp(),
        unique (platform, environment, window_from, window_to, revision)
      )`);
    this.addSql(`create index health_report_newest on health_report (platform, environment, window_to, id)`);
  }
}
