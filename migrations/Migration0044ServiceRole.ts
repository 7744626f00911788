import { Migration } from '@mikro-orm/migrations';

const OWNERS_FUNCTIONS = [
  'ensure_sync_partitions(timestamptz, integer)',
  'drop_sync_month(text, uuid, uuid)',
  'prune_journal()',
];

export class Migration0044ServiceRole extends Migration {
  override up(): void {
    // Whole months before the current one that a role other than the owner's cannot drop; without a row it drops none.
    this.addSql(`
      create table retention_minimum (
        fact_months integer not null check (fact_months between 1 and 1200),
        is_only     boolean primary key default true check (is_only)
      )`);
    // Who may act for the owner could drop the tables anyway: of its login, because these functions run as the owner.
    this.addSql(`
      create function acts_for_owner() returns boolean language sql stable as $$
        select pg_has_role(session_user, relowner, 'member') from pg_class where oid = 'sync_event'::regclass
      $$`);
    // 0: any month that is over can be dropped; null: none can.
    this.addSql(`
      create function fact_months_to_keep() returns integer language sql stable as $$
        select case when acts_for_owner() then 0 else (select fact_months from retention_minimum) end
      $$`);
    // As before, and for others than the owner nothing but months in which a sync can have begun.
    this.addSql(`
      create or replace function ensure_sync_partitions(first timestamptz, months integer) returns void
      language plpgsql as $$
      declare
        this_month timestamp := date_trunc('month', now() at time zone 'UTC');
        month timestamp := date_trunc('month', first at time zone 'UTC');
        parent text;
        part text;
      begin
        if not acts_for_owner() and (months not between 1 and 4 or month < this_month - interval '121 months'
            or month + months * interval '1 month' > this_month + interval '3 months') then
          raise exception 'the months of % from % are not those of a record', months, first
            using errcode = 'insufficient_privilege';
        end if;
        perform pg_advisory_xact_lock(hashtext('ensure_sync_partitions'));
        for i in 1 .. months loop
          foreach parent in array array['sync_history', 'sync_event'] loop
            part := parent || to_char(month, '_YYYY_MM');
            if to_regclass(quote_ident(part)) is null then
              execute format('create table %I (like %I including defaults including constraints)', part, parent);
              execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part,
                uuid_at(month at time zone 'UTC'), uuid_at((month + interval '1 month') at time zone 'UTC'));
            end if;
          end loop;
          month := month + interval '1 month';
        end loop;
      end $$`);
    // Drops a month (YYYY-MM), and says so by an event: how many syncs it had, or null while one of them is in progress. Writes
    // wait behind it while it waits for a reader: only for a bounded time.
    this.addSql(`
      create function drop_sync_month(month text, event_id uuid, epoch_event_id uuid) returns bigint
      language plpgsql set timezone = 'UTC' set lock_timeout = '1s' as $$
      declare
        first timestamptz;
        kept integer := fact_months_to_keep();
        history text := 'sync_history_' || replace(month, '-', '_');
        events text := 'sync_event_' || replace(month, '-', '_');
        syncs bigint;
        is_open boolean;
        last_position bigint;
      begin
        if month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then
          raise exception '"%" is no month', month using errcode = 'invalid_parameter_value';
        end if;
        first := (month || '-01')::timestamptz;
        if kept is null or first >= date_trunc('month', now()) - kept * interval '1 month' then
          raise exception 'the role "%" may not drop the month %', session_user, month
            using errcode = 'insufficient_privilege',
              detail = coalesce(format('The month and the %s before it are kept.', kept), 'The owner lets it drop none.');
        end if;
        -- One at a time, because each reads the month before it locks it. Nobody else waits while it is counted.
        perform pg_advisory_xact_lock(hashtext('drop_sync_month'));
        execute format('select count(*) from %I', history) into syncs;
        -- The projector holds this first, too.
        perform from event_position for update;
        execute format('lock table %I in exclusive mode', history);
        execute format('select exists (select from %I where sync_status = %L)', history, 'IN_PROGRESS') into is_open;
        if is_open then
          return null;
        end if;
        execute format('select coalesce(max(position), 0) from %I', events) into last_position;
        execute format('drop table %I, %I', history, events);
        perform add_service_event(event_id, epoch_event_id, 'retention.applied',
          json_build_object('month', month, 'syncs', syncs, 'lastPosition', last_position));
        return syncs;
      end $$`);
    // Entries that are projected are needed no more. Those that are deleted are not looked at again: while somebody reads for
    // long, they stay in the index.
    this.addSql(`
      create function prune_journal() returns void language sql as $$
        with due as (select writer, pruned, projected from journal_writer where projected > pruned for update skip locked),
        gone as (
          delete from sync_journal j using due d
          where j.writer = d.writer and j.number > d.pruned and j.number <= d.projected),
        forgotten as (
          delete from journal_writer w where w.moved_at < clock_timestamp() - interval '1 hour' and w.projected = w.pruned
            and not exists (select from sync_journal j where j.writer = w.writer))
        update journal_writer w set pruned = d.projected from due d where w.writer = d.writer
      $$`);
    // Their names mean the tables of this schema, whatever the caller has in its own.
    for (const owners of OWNERS_FUNCTIONS) {
      this.addSql(`
        do $do$ begin
          execute format('alter function ${owners} security definer set search_path = %I, pg_temp', current_schema());
        end $do$`);
      this.addSql(`revoke execute on function ${owners} from public`);
    }
  }
}
