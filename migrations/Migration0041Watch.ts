import { Migration } from '@mikro-orm/migrations';

export class Migration0041Watch extends Migration {
  override up(): void {
    // A pull of everything that comes again and again. A watch that has ended stays, to be read.
    this.addSql(`
      create table watch (
        id                uuid primary key,
        platform          text collate "C" not null,
        environment       text collate "C" not null,
        cron              text collate "C" not null,
        time_zone         text collate "C" not null,
        source            text collate "C" not null check (source in ('API', 'CONFIGURATION')),
        reason            text not null,
        actor             text not null,
        created_at        timestamptz not null default clock_timestamp(),
        ended_at          timestamptz,
        ended_by          text,
        end_reason        text,
        next_at           timestamptz,
        run_owner         uuid,
        run_due_at        timestamptz,
        run_started_at    timestamptz,
        run_call_id       uuid,
        run_tries         smallint not null default 0,
        last_due_at       timestamptz,
        last_started_at   timestamptz,
        last_ended_at     timestamptz,
        last_call_id      uuid,
        last_differences  integer,
        last_accepted     integer,
        last_error_code   text,
        last_error        text,
        check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)),
        check ((run_owner is null) = (run_due_at is null) and (run_owner is null) = (run_call_id is null)),
        check (ended_at is not null or (next_at is null) = (run_owner is not null))
      )`);
    this.addSql(`create index watch_target on watch (platform, environment, id)`);
    this.addSql(`create index watch_in_force on watch (next_at) where ended_at is null`);
    // Replicas that start together write what the configuration says once.
    this.addSql(`
      create unique index watch_configured on watch (platform, environment, cron, time_zone)
        where source = 'CONFIGURATION' and ended_at is null`);
  }
}
