import { Migration } from '@mikro-orm/migrations';

export class Migration0024Outcome extends Migration {
  override up(): void {
    // What is known of the effect, beside the status; null for pulls, and for syncs of before.
    this.addSql(`
      alter table sync_history
        add column outcome text collate "C"
          check (outcome in ('APPLIED', 'NOT_APPLIED', 'PARTLY_APPLIED', 'UNKNOWN')),
        add column evidence text collate "C" check (evidence in ('OBSERVED', 'ANSWERED', 'REPORTED'))`);
    // Open questions are few, and asked for again and again.
    this.addSql(`create index sync_history_unknown on sync_history (id) where outcome = 'UNKNOWN'`);
    // Whose turn it is to push an item to a target: a sync that is settled has given it back, without another write. Only
    // the holder changes, and no index has it.
    this.addSql(`
      create table push_turn (
        platform    text collate "C" not null,
        environment text collate "C" not null,
        kind        text collate "C" not null,
        type_key    text collate "C" not null,
        holder      uuid,
        primary key (platform, environment, kind, type_key)
      ) with (fillfactor = 70)`);
    // What stands at a target, item by item, and its history: both are made from events, in the order of their positions.
    const shown = `
        platform     text collate "C" not null,
        environment  text collate "C" not null,
        kind         text collate "C" not null,
        type_key     text collate "C" not null,
        state        text collate "C" not null check (state in ('PRESENT', 'ABSENT', 'UNKNOWN')),
        version_hash text collate "C",
        digest       text collate "C",
        evidence     text collate "C" check (evidence in ('OBSERVED', 'ANSWERED', 'REPORTED')),
        since        timestamptz not null,
        sync_id      uuid not null,
        changed_by   text,
        changed_at   text`;
    this.addSql(`
      create table live_state (${shown},
        put_hash       text collate "C",
        push_ended     float8,
        external_ended float8,
        primary key (platform, environment, kind, type_key)
      ) with (fillfactor = 70)`);
    this.addSql(`create index live_state_type on live_state (type_key, kind)`);
    this.addSql(`
      create table live_state_history (${shown},
        position bigint not null,
        primary key (platform, environment, kind, type_key, position)
      )`);
    this.addSql(`create table live_position (last bigint not null)`);
    this.addSql(`insert into live_position values (0)`);
    // For syncs of one call that wait: all their turns, or none. A sync that a newer push has overtaken gets none, and the
    // others go without it. Later is what was recorded later, by the clock of the database.
    this.addSql(`
      create function take_turns(sync_ids uuid[]) returns table (sync_id uuid, blocked_by uuid, overtaken_by uuid)
      language plpgsql as $$
      begin
        insert into push_turn as t (platform, environment, kind, type_key)
          select h.target_platform, h.environment, h.kind, h.type_key from sync_history h
          where h.id = any(sync_ids) order by 1, 2, 3, 4
          on conflict do nothing;
        perform from push_turn t join sync_history h on h.target_platform = t.platform
            and h.environment = t.environment and h.kind = t.kind and h.type_key = t.type_key
          where h.id = any(sync_ids) order by t.platform, t.environment, t.kind, t.type_key for update of t;
        return query with asked as materialized (
            select h.id, t.platform, t.environment, t.kind, t.type_key,
              (select b.id from sync_history b where b.id = t.holder and b.id <> h.id and b.completed_at is null) as blocked,
              (select n.id from sync_history n
               where n.type_key = h.type_key and n.kind = h.kind and n.target_platform = h.target_platform
                 and n.environment = h.environment and n.sync_direction = 'PUSH' and n.started_at > h.started_at
                 and n.id >= uuid_at(h.started_at - interval '1 day') and n.expires_at is null
                 and n.completed_at is not null and n.outcome is distinct from 'NOT_APPLIED' limit 1) as overtaken
            from sync_history h join push_turn t on h.target_platform = t.platform
              and h.environment = t.environment and h.kind = t.kind and h.type_key = t.type_key
            where h.id = any(sync_ids)),
          free as (select not exists (select from asked where blocked is not null and overtaken is null) as all_free),
          taken as (
            update push_turn t set holder = case when f.all_free then a.id end from asked a, free f
            where t.platform = a.platform and t.environment = a.environment and t.kind = a.kind and t.type_key = a.type_key
              and a.overtaken is null and (f.all_free or t.holder = a.id))
        select a.id, a.blocked, a.overtaken from asked a;
      end $$`);
  }
}
