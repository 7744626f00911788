import { Migration } from '@mikro-orm/migrations';

export class Migration0030CommitVersion extends Migration {
  override up(): void {
    // As before, but a hash is looked up in the index of hashes: "order by number limit 1" beside it had all versions of the
    // type read, the newest first, when the hash was new.
    this.addSql(`
      create or replace function commit_version(
        new_platform text, new_kind text, new_type_key text, new_hash text, new_digest text, new_origin text,
        new_author text, new_message text, only_unknown boolean, out number integer, out created boolean
      ) language plpgsql as $$
      declare
        newest content_type_version;
        same   content_type_version;
      begin
        loop
          select v.* into newest from content_type_version v
            where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
            order by v.number desc limit 1;
          if only_unknown then
            select v.* into same from (
              select * from content_type_version v
                where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
                  and v.version_hash = new_hash and (v.origin = 'AUTHORED' or new_origin <> 'AUTHORED')
                offset 0) v
              order by v.number desc limit 1;
          else
            select v.* into same from content_type_version v
              where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
                and v.origin = 'AUTHORED'
              order by v.number desc limit 1;
          end if;
          number := same.number;
          created := false;
          if same.version_hash = new_hash then
            return;
          end if;
          number := coalesce(newest.number, 0) + 1;
          insert into content_type_version
              (platform, kind, type_key, number, version_hash, parent_hash, snapshot_digest, origin, author, message)
            values (new_platform, new_kind, new_type_key, commit_version.number, new_hash, newest.version_hash, new_digest,
              new_origin, new_author, new_message)
            on conflict do nothing;
          created := found;
          if created then
            return;
          end if;
        end loop;
      end $$`);
  }
}
