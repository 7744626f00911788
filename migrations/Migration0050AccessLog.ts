import { Migration } from '@mikro-orm/migrations';

const DROP = 'drop_access_events(timestamptz, integer)';

/** Who read payloads, exported, managed keys, signed in, was refused, decided; see docs/access-log.md. */
export class Migration0050AccessLog extends Migration {
  override up(): void {
    // The transaction that gives positions holds this row to its end. `dropped`: retention has dropped those up to it.
    this.addSql(`
      create table access_position (
        last    bigint not null check (last >= dropped),
        last_at timestamptz not null,
        dropped bigint not null,
        is_only boolean primary key default true check (is_only)
      )`);
    this.addSql(`insert into access_position values (0, 'epoch', 0)`);
    this.addSql(`
      create table access_event (
        position     bigint primary key check (position > 0),
        id           uuid not null unique,
        created_at   timestamptz not null,
        action       text collate "C" not null check (action ~ '^[a-z]+\\.[a-z]+$'),
        principal    text collate "C",
        actor        text collate "C",
        on_behalf_of text collate "C",
        client       text collate "C",
        address      text collate "C",
        operation    text collate "C",
        platform     text collate "C",
        environment  text collate "C",
        subject      text collate "C",
        filter       jsonb,
        row_count    bigint check (row_count >= 0),
        status       integer,
        code         text collate "C",
        count        bigint not null check (count > 0),
        check ((platform is null) = (environment is null))
      )`);
    // Times rise with positions, so that an interval of time is one of positions.
    this.addSql(`create index access_event_time on access_event (created_at, position)`);
    this.addSql(`create index access_event_action on access_event (action, position)`);
    for (const column of ['principal', 'actor', 'address', 'subject', 'code']) {
      this.addSql(
        `create index access_event_${column} on access_event (${column}, position) where ${column} is not null`,
      );
    }
    this.addSql(`
      create index access_event_target on access_event (platform, environment, position) where platform is not null`);
    this.addSql(`
      create function refuse_access_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and current_setting('synctrail.drops_access_events', true) = 'on' then
          return null;
        end if;
        raise exception 'access_event is append-only: % refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
      end $$`);
    this.addSql(`
      create trigger append_only before update or delete or truncate on access_event
        for each statement execute function refuse_access_change()`);
    this.addSql(`
      create function refuse_access_rewind() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' then
          if new.last >= old.last and new.last_at >= old.last_at and new.dropped >= old.dropped then
            return new;
          end if;
        end if;
        raise exception 'positions of the access log only rise: % refused', lower(tg_op)
          using errcode = 'integrity_constraint_violation';
      end $$`);
    this.addSql(`
      create trigger only_rises before update or delete on access_position
        for each row execute function refuse_access_rewind()`);
    this.addSql(`
      create trigger only_rises_truncate before truncate on access_position
        for each statement execute function refuse_access_rewind()`);
    // Drops at most so many events before a time, the oldest first, and tells how many. A role that is not the owner's keeps
    // as many months as the owner says.
    this.addSql(`
      create function drop_access_events(before timestamptz, most integer) returns integer
      language plpgsql set timezone = 'UTC' as $$
      declare
        kept integer := fact_months_to_keep();
        first bigint;
        until bigint;
      begin
        if kept is null or before > date_trunc('month', now()) - kept * interval '1 month' then
          raise exception 'the role "%" may not drop the access log before %', session_user, before
            using errcode = 'insufficient_privilege';
        end if;
        select p.dropped into first from access_position p for update;
        select max(e.position) into until from (
          select position from access_event where position > first and created_at < before
          order by created_at, position limit most) e;
        if until is null then
          return 0;
        end if;
        -- Who may not delete is not let by the setting either.
        perform set_config('synctrail.drops_access_events', 'on', true);
        delete from access_event where position <= until;
        perform set_config('synctrail.drops_access_events', 'off', true);
        update access_position set dropped = until;
        return until - first;
      end $$`);
    this.addSql(`
      do $do$ begin
        execute format('alter function ${DROP} security definer set search_path = %I, pg_temp', current_schema());
      end $do$`);
    this.addSql(`revoke execute on function ${DROP} from public`);
  }
}
