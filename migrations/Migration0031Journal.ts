import { Migration } from '@mikro-orm/migrations';

export class Migration0031Journal extends Migration {
  override up(): void {
    // What is recorded is appended here first, one row a group commit, numbered without gaps by each process. Everything else
    // is made from it. A row is short-lived, and its large values are neither compressed nor moved while it is small.
    this.addSql(`
      create table sync_journal (
        writer     uuid not null,
        number     bigint not null check (number > 0),
        steps      text not null,
        contents   bytea,
        written_at timestamptz not null default clock_timestamp(),
        primary key (writer, number)
      )`);
    this.addSql(`
      alter table sync_journal
        alter column steps set storage external,
        alter column contents set storage external,
        set (toast_tuple_target = 8160)`);
    // Up to which number each process's rows are projected, and up to which they are deleted.
    this.addSql(`
      create table journal_writer (
        writer    uuid primary key,
        projected bigint not null default 0,
        pruned    bigint not null default 0,
        moved_at  timestamptz not null default clock_timestamp()
      ) with (fillfactor = 50)`);
    // Steps that the tables refuse: kept whole, so that they stop nobody and are not lost.
    this.addSql(`
      create table journal_refusal (
        writer     uuid not null,
        number     bigint not null,
        ordinal    integer not null,
        step       text not null,
        problem    text not null,
        refused_at timestamptz not null default clock_timestamp(),
        primary key (writer, number, ordinal)
      )`);
    // Held by whoever gives positions, until its transaction ends.
    this.addSql(`
      create or replace function note_event_epoch(event_id uuid) returns boolean language plpgsql as $$
      declare
        known event_epoch;
        here text := event_server();
        fresh text := left(replace(gen_random_uuid()::text, '-', ''), 12);
        given bigint;
      begin
        select * into known from event_epoch order by ordinal desc limit 1;
        if known.server = here then
          return false;
        end if;
        if known.server is null then
          update event_epoch set server = here where ordinal = known.ordinal;
          return false;
        end if;
        select last into given from event_position;
        insert into event_epoch (ordinal, epoch, server, after) values (known.ordinal + 1, fresh, here, given);
        insert into sync_event (id, sync_id, type, data, position)
          values (event_id, null, 'epoch.began', json_build_object('epoch', fresh, 'previous', known.epoch, 'after', given),
            given + 1);
        update event_position set last = given + 1;
        return true;
      end $$`);
    this.addSql(`
      create function hold_event_position(event_id uuid) returns bigint language plpgsql as $$
      begin
        perform from event_position for update;
        perform note_event_epoch(event_id);
        return (select last from event_position);
      end $$`);
    // An event that is no sync's gets its position by itself.
    this.addSql(`
      create function add_service_event(event_id uuid, epoch_event_id uuid, event_type text, event_data json)
      returns void language plpgsql as $$
      declare
        given bigint := hold_event_position(epoch_event_id) + 1;
      begin
        insert into sync_event (id, sync_id, type, data, position) values (event_id, null, event_type, event_data, given);
        update event_position set last = given;
      end $$`);
    // Positions are given with the events; those that wait for one get it now.
    this.addSql(`
      with numbered as (
        select id, (select last from event_position) + row_number() over (order by created_at, id) as position
        from sync_event where position is null),
      counted as (update event_position set last = last + (select count(*) from numbered))
      update sync_event e set position = n.position from numbered n where e.id = n.id`);
    this.addSql(`drop index sync_event_unpositioned`);
    this.addSql(`alter table sync_event alter column position set not null`);
  }
}
