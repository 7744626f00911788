import { Migration } from '@mikro-orm/migrations';

export class Migration0042Expectation extends Migration {
  override up(): void {
    // Syncs that have to succeed at a target by a time that comes again and again. One that has ended stays, to be read.
    this.addSql(`
      create table expectation (
        id          uuid primary key,
        platform    text collate "C" not null,
        environment text collate "C" not null,
        name        text not null,
        direction   text collate "C" not null check (direction in ('PUSH', 'PULL')),
        actor       text,
        trigger     text collate "C",
        kind        text collate "C",
        type_key    text collate "C",
        at_least    integer not null check (at_least > 0),
        cron        text collate "C" not null,
        time_zone   text collate "C" not null,
        within_ms   bigint not null check (within_ms > 0),
        reason      text not null,
        created_by  text not null,
        created_at  timestamptz not null default clock_timestamp(),
        ended_at    timestamptz,
        ended_by    text,
        end_reason  text,
        next_at     timestamptz not null,
        check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null))
      )`);
    this.addSql(`create index expectation_target on expectation (platform, environment, id)`);
    this.addSql(`create index expectation_in_force on expectation (next_at) where ended_at is null`);
    // A health condition and an alert name it.
    this.addSql(`
      create unique index expectation_name on expectation (platform, environment, name) where ended_at is null`);
    // What was found at each time at which it was due, and whether it was fulfilled afterwards.
    this.addSql(`
      create table expectation_check (
        expectation_id uuid not null references expectation,
        due_at         timestamptz not null,
        counts_from    timestamptz not null,
        next_due_at    timestamptz not null,
        outcome        text collate "C" not null check (outcome in ('MET', 'MISSED', 'TOO_FEW', 'LATE')),
        counted        integer not null check (counted >= 0),
        first_sync_id  uuid,
        last_sync_id   uuid,
        checked_at     timestamptz not null default clock_timestamp(),
        late_at        timestamptz,
        late_sync_id   uuid,
        is_final       boolean not null,
        primary key (expectation_id, due_at),
        check ((outcome = 'LATE') = (late_at is not null) and (late_at is null) = (late_sync_id is null)),
        check (is_final or outcome in ('MISSED', 'TOO_FEW'))
      )`);
    this.addSql(`create index expectation_check_open on expectation_check (expectation_id, due_at) where not is_final`);
  }
}
