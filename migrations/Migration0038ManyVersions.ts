import { Migration } from '@mikro-orm/migrations';

export class Migration0038ManyVersions extends Migration {
  override up(): void {
    // As before, but what has a hash is looked for by the hash alone: a plan by the key of a type reads all its versions.
    this.addSql(`
      create or replace function commit_version(
        new_platform text, new_kind text, new_type_key text, new_hash text, new_digest text, new_origin text,
        new_author text, new_message text, only_unknown boolean, out number integer, out created boolean
      ) language plpgsql
      -- A plan that was made while the table was small goes on when it is large.
      set enable_seqscan = off
      as $$
      declare
        newest integer;
        same   stored_version;
        packed packed_snapshot;
      begin
        loop
          select max(v.number) into newest from stored_version v
            where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key;
          if only_unknown then
            select v.* into same from (
              select * from stored_version v where encode(v.version_hash, 'hex') collate "C" = new_hash offset 0) v
              where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
                and (v.origin = 'AUTHORED' or new_origin <> 'AUTHORED')
              order by v.number desc limit 1;
          else
            select v.* into same from stored_version v
              where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
                and v.origin = 'AUTHORED'
              order by v.number desc limit 1;
          end if;
          number := same.number;
          created := false;
          if same.version_hash = decode(new_hash, 'hex') then
            return;
          end if;
          number := coalesce(newest, 0) + 1;
          select p.* into packed from packed_snapshot p where p.digest = new_digest limit 1;
          insert into stored_version (platform, kind, type_key, number, version_hash, content_digest, snapshot_digest, pack_id,
              pack_start, pack_size, origin, author, message)
            values (new_platform, new_kind, new_type_key, commit_version.number, decode(new_hash, 'hex'),
              decode(nullif(new_digest, new_hash), 'hex'), case when packed.pack_id is null then new_digest end,
              packed.pack_id, packed.pack_start, packed.pack_size, new_origin, new_author, new_message)
            on conflict do nothing;
          created := found;
          if created then
            return;
          end if;
        end loop;
      end $$`);
  }
}
