import { Migration } from '@mikro-orm/migrations';

export class Migration0014Alert extends Migration {
  override up(): void {
    // Whether somebody was told that a place is unwell, and since when it has looked otherwise.
    this.addSql(`
      create table alert_state (
        platform       text collate "C" not null,
        environment    text collate "C" not null,
        is_unwell      boolean not null default false,
        otherwise_since timestamptz,
        primary key (platform, environment)
      )`);
    // What is to be told, and how far that is: nothing is lost with a process that dies over it.
    this.addSql(`
      create table alert (
        id              uuid primary key,
        type            text collate "C" not null check (type in ('health.alert', 'health.recovery', 'health.test')),
        payload         text not null,
        status          text collate "C" not null default 'PENDING' check (status in ('PENDING', 'DELIVERED', 'FAILED')),
        attempts        integer not null default 0,
        next_attempt_at timestamptz not null default clock_timestamp(),
        locked_until    timestamptz,
        status_code     smallint,
        error           text,
        created_at      timestamptz not null default clock_timestamp(),
        delivered_at    timestamptz,
        check ((status = 'DELIVERED') = (delivered_at is not null))
      )`);
    this.addSql(`create index alert_pending on alert (next_attempt_at) where status = 'PENDING'`);
  }
}
