import { Migration } from '@mikro-orm/migrations';

export class Migration0004Deployment extends Migration {
  override up(): void {
    this.addSql(`
      create table deployment (
        id           uuid primary key,
        platform     text collate "C" not null,
        environment  text collate "C" not null,
        status       text collate "C" not null default 'IN_PROGRESS'
                     check (status in ('IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL')),
        reason       text,
        actor        text not null,
        forced       boolean not null default false,
        rollback_of  uuid references deployment,
        plan_digest  text collate "C" not null,
        error_code   text collate "C",
        error_message text,
        created_at   timestamptz not null default clock_timestamp(),
        completed_at timestamptz,
        check ((status = 'IN_PROGRESS') = (completed_at is null))
      )`);
    this.addSql(`create index deployment_rollback on deployment (rollback_of) where rollback_of is not null`);
    this.addSql(`
      create table deployment_item (
        deployment_id uuid not null references deployment,
        kind          text collate "C" not null,
        type_key      text collate "C" not null,
        version_hash  text collate "C" not null,
        previous_hash text collate "C",
        sync_id       uuid,
        status        text collate "C" not null default 'IN_PROGRESS'
                      check (status in ('IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL')),
        primary key (deployment_id, kind, type_key)
      )`);
  }
}
