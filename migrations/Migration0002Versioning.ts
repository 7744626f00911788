import { Migration } from '@mikro-orm/migrations';

export class Migration0002Versioning extends Migration {
  override up(): void {
    this.addSql(`
      create table content_type_version (
        kind            text collate "C" not null,
        type_key        text collate "C" not null,
        number          integer not null check (number > 0),
        version_hash    text collate "C" not null,
        parent_hash     text collate "C" check ((parent_hash is null) = (number = 1)),
        snapshot_digest text collate "C" not null references snapshot deferrable initially deferred,
        author          text not null,
        message         text,
        created_at      timestamptz not null default now(),
        primary key (kind, type_key, number)
      )`);
    this.addSql(`create index content_type_version_hash on content_type_version (kind, type_key, version_hash)`);
    // Racing commits of one type meet at the primary key: the loser waits, sees the winner and takes the next number.
    this.addSql(`
      create function commit_version(
        new_kind text, new_type_key text, new_hash text, new_digest text, new_author text, new_message text,
        only_unknown boolean, out number integer, out created boolean
      ) language plpgsql as $$
      declare
        latest content_type_version;
      begin
        loop
          select v.* into latest from content_type_version v
            where v.kind = new_kind and v.type_key = new_type_key order by v.number desc limit 1;
          number := latest.number;
          created := false;
          if latest.version_hash = new_hash then
            return;
          end if;
          if only_unknown and exists (
            select from content_type_version v
              where v.kind = new_kind and v.type_key = new_type_key and v.version_hash = new_hash
          ) then
            return;
          end if;
          number := coalesce(latest.number, 0) + 1;
          insert into content_type_version (kind, type_key, number, version_hash, parent_hash, snapshot_digest, author, message)
            values (new_kind, new_type_key, commit_version.number, new_hash, latest.version_hash, new_digest, new_author, new_message)
            on conflict do nothing;
          created := found;
          if created then
            return;
          end if;
        end loop;
      end $$`);
  }
}
