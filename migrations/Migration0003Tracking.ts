import { Migration } from '@mikro-orm/migrations';

export class Migration0003Tracking extends Migration {
  override up(): void {
    // A UUIDv7 begins with its time in milliseconds, so a month is a range of ids.
    this.addSql(`
      create function uuid_at(moment timestamptz) returns uuid language sql immutable strict as $$
        select (lpad(to_hex(floor(extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
      $$`);
    this.addSql(`
      create table sync_history (
        id                uuid primary key,
        call_id           uuid not null,
        kind              text collate "C" not null,
        type_key          text collate "C" not null,
        version_hash      text collate "C",
        target_platform   text collate "C" not null,
        environment       text collate "C" not null,
        sync_direction    text collate "C" not null check (sync_direction in ('PUSH', 'PULL')),
        sync_status       text collate "C" not null default 'IN_PROGRESS'
                          check (sync_status in ('IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL')),
        pushed_digest     text collate "C",
        response_digest   text collate "C",
        status_code       smallint,
        request_id        text,
        error_code        text collate "C",
        error_message     text,
        error_fingerprint text collate "C",
        retry_count       smallint not null default 0 check (retry_count >= 0),
        sync_metadata     json,
        deployment_id     uuid,
        replay_of         uuid,
        actor             text not null,
        trigger           text collate "C" not null
                          check (trigger in ('API', 'CLI', 'SCHEDULE', 'DEPLOYMENT', 'ROLLBACK', 'REPLAY')),
        reason            text,
        forced            boolean not null default false,
        owner             uuid,
        started_at        timestamptz not null default clock_timestamp(),
        completed_at      timestamptz,
        duration_ms       integer check (duration_ms >= 0),
        created_at        timestamptz not null default clock_timestamp(),
        check ((sync_status = 'IN_PROGRESS') = (completed_at is null))
      ) partition by range (id)`);
    this.addSql(`create index sync_history_type on sync_history (type_key, id)`);
    this.addSql(`create index sync_history_platform on sync_history (target_platform, environment, id)`);
    this.addSql(
      `create index sync_history_deployment on sync_history (deployment_id, id) where deployment_id is not null`,
    );
    this.addSql(`create index sync_history_unsettled on sync_history (sync_status, id) where sync_status <> 'SUCCESS'`);
    this.addSql(`
      create table sync_event (
        id         uuid primary key,
        sync_id    uuid not null,
        type       text collate "C" not null,
        data       json not null default '{}',
        position   bigint,
        created_at timestamptz not null default clock_timestamp()
      ) partition by range (id)`);
    this.addSql(`create index sync_event_sync on sync_event (sync_id, id)`);
    this.addSql(`
      create function refuse_event_change() returns trigger language plpgsql as $$
      begin
        raise exception 'sync_event is append-only: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
      end $$`);
    this.addSql(`
      create trigger append_only before delete or update of id, sync_id, type, data, created_at on sync_event
        for each row execute function refuse_event_change()`);
    // A position is filled in once; whether it may be is said here, so that no function runs for it.
    this.addSql(`
      create trigger append_only_position before update of position on sync_event
        for each row when (old.position is not null or new.position is null) execute function refuse_event_change()`);
    this.addSql(`
      create trigger append_only_truncate before truncate on sync_event
        for each statement execute function refuse_event_change()`);
    this.addSql(`
      create function ensure_sync_partitions(first timestamptz, months integer) returns void language plpgsql as $$
      declare
        month timestamp := date_trunc('month', first at time zone 'UTC');
        parent text;
      begin
        perform pg_advisory_xact_lock(hashtext('ensure_sync_partitions'));
        for i in 1 .. months loop
          foreach parent in array array['sync_history', 'sync_event'] loop
            execute format('create table if not exists %I partition of %I for values from (%L) to (%L)',
              parent || to_char(month, '_YYYY_MM'), parent,
              uuid_at(month at time zone 'UTC'), uuid_at((month + interval '1 month') at time zone 'UTC'));
          end loop;
          month := month + interval '1 month';
        end loop;
      end $$`);
    this.addSql(`select ensure_sync_partitions(now() - interval '1 month', 4)`);
  }
}
