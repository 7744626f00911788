import { Migration } from '@mikro-orm/migrations';

export class Migration0018EventEpoch extends Migration {
  override up(): void {
    // A database that was restored, or lost its last transactions in a failover, gives positions a second time: each
    // epoch names the server that gives them, and after which position it began. The newest is the one that holds.
    this.addSql(`
      create table event_epoch (
        ordinal integer primary key check (ordinal > 0),
        epoch   text collate "C" not null unique,
        server  text collate "C",
        after   bigint not null,
        began_at timestamptz not null default clock_timestamp()
      )`);
    this.addSql(`
      insert into event_epoch (ordinal, epoch, after) values (1, left(replace(gen_random_uuid()::text, '-', ''), 12), 0)`);
    // Which server this is: another cluster, another timeline (promotion, point-in-time recovery) or another database of
    // the cluster is another one. A part that this role or this service may not ask is left empty.
    this.addSql(`
      create function event_server() returns text language plpgsql stable as $$
      declare
        cluster text := '';
        timeline text := '';
      begin
        begin
          select system_identifier::text into cluster from pg_control_system();
        exception when insufficient_privilege or undefined_function or feature_not_supported then
        end;
        begin
          timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
        exception when insufficient_privilege or undefined_function or feature_not_supported
          or object_not_in_prerequisite_state then
        end;
        return cluster || ':' || timeline || ':' || (select oid from pg_database where datname = current_database());
      end $$`);
    // Called by whoever holds the row of event_position, before it gives any: true when an epoch began.
    this.addSql(`
      create function note_event_epoch(event_id uuid) returns boolean language plpgsql as $$
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
        insert into sync_event (id, sync_id, type, data)
          values (event_id, null, 'epoch.began', json_build_object('epoch', fresh, 'previous', known.epoch, 'after', given));
        return true;
      end $$`);
  }
}
