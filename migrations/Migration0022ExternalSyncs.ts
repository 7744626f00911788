import { Migration } from '@mikro-orm/migrations';

/** From here on, versions that syncs name are checked: `fsck` asks when this was run. */
export class Migration0022ExternalSyncs extends Migration {
  override up(): void {
    // A sync of the past, recorded afterwards. Its id has the time of its start, so it lies in the month of its start.
    this.addSql(`alter table sync_history add column backfilled boolean not null default false`);
    // A month that is attached does not wait for readers of the others, and so recording does not wait behind it.
    this.addSql(`
      create or replace function ensure_sync_partitions(first timestamptz, months integer) returns void
      language plpgsql as $$
      declare
        month timestamp := date_trunc('month', first at time zone 'UTC');
        parent text;
        part text;
      begin
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
  }
}
