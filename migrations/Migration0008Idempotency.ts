import { Migration } from '@mikro-orm/migrations';

export class Migration0008Idempotency extends Migration {
  override up(): void {
    // The ids of what a request makes come from its seed: whoever does it again makes the same, once.
    this.addSql(`
      create table idempotency_key (
        scope          text collate "C" not null,
        key            text collate "C" not null,
        request_digest text collate "C" not null,
        seed           uuid not null,
        holder         uuid not null,
        locked_until   timestamptz not null,
        status         text collate "C" not null default 'RUNNING' check (status in ('RUNNING', 'DONE')),
        answer_status  smallint,
        location       text,
        answer         text,
        created_at     timestamptz not null default clock_timestamp(),
        primary key (scope, key),
        check ((status = 'DONE') = (answer_status is not null and answer is not null))
      )`);
    this.addSql(`create index idempotency_key_age on idempotency_key (created_at)`);
  }
}
