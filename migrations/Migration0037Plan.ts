import { Migration } from '@mikro-orm/migrations';

export class Migration0037Plan extends Migration {
  override up(): void {
    this.addSql(`
      create table plan (
        id              uuid primary key,
        platform        text collate "C" not null,
        environment     text collate "C" not null,
        source          jsonb not null,
        actor           text not null,
        reason          text,
        forced          boolean not null,
        digest          text not null,
        read_call_id    uuid not null,
        sent_order      jsonb not null,
        approval        text not null check (approval in ('NOT_NEEDED', 'PENDING', 'APPROVED', 'REFUSED')),
        created_at      timestamptz not null default clock_timestamp(),
        expires_at      timestamptz not null,
        decided_at      timestamptz,
        decided_by      text,
        decision_reason text,
        check ((approval in ('APPROVED', 'REFUSED')) = (decided_at is not null)),
        check ((decided_at is null) = (decided_by is null) and (decided_at is null) = (decision_reason is null)))`);
    this.addSql(`create index plan_target on plan (platform, environment, id)`);
    // Of type json: jsonb would rewrite numbers and refuse some texts.
    this.addSql(`
      create table plan_item (
        plan_id  uuid not null references plan,
        kind     text collate "C" not null,
        type_key text collate "C" not null,
        content  json not null,
        primary key (plan_id, kind, type_key))`);

    this.addSql(`
      alter table deployment
        add column plan_id uuid references plan,
        add column on_drift text not null default 'stop' check (on_drift in ('stop', 'overwrite', 'skip')),
        add column promoted_from text,
        add column labels jsonb not null default '{}',
        add column read_at timestamptz,
        add column checked_at timestamptz,
        add column verified_at timestamptz,
        add column verify_call_id uuid`);
    // A plan is deployed once.
    this.addSql(`create unique index deployment_plan on deployment (plan_id) where plan_id is not null`);
    this.addSql(`create index deployment_labels on deployment using gin (labels jsonb_path_ops)`);
    this.addSql(`
      alter table deployment_item
        add column action text check (action in ('CREATE', 'UPDATE', 'DELETE', 'UNCHANGED')),
        add column position integer not null default 0,
        add column before_state text check (before_state in ('PRESENT', 'ABSENT', 'UNKNOWN')),
        add column before_sync_id uuid,
        add column verification text check (verification in ('VERIFIED', 'DIVERGED', 'UNVERIFIABLE')),
        add column held_hash text,
        add column error_code text,
        alter column version_hash drop not null`);
    this.addSql(`alter table deployment_item drop constraint deployment_item_status_check`);
    this.addSql(`
      alter table deployment_item
        add constraint deployment_item_status_check
          check (status in ('IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL', 'NOT_SENT', 'UNCHANGED')),
        add constraint deployment_item_version_check check (version_hash is not null or action = 'DELETE')`);
  }
}
