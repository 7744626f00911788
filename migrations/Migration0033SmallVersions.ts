import { Migration } from '@mikro-orm/migrations';

export class Migration0033SmallVersions extends Migration {
  override up(): void {
    this.addSql(`
      alter table snapshot drop constraint snapshot_encoding_check,
        add constraint snapshot_encoding_check check (encoding in ('identity', 'gzip', 'zstd')) not valid`);
    // The contents of older versions of a content type, one after another, compressed as one. A reader knows from the
    // version where its content begins.
    this.addSql(`
      create table snapshot_pack (
        id            integer generated always as identity primary key,
        original_size integer not null check (original_size between 1 and 10000000),
        content       bytea not null
      )`);
    this.addSql(`
      alter table snapshot_pack alter column content set storage external, set (toast_tuple_target = 8160)`);
    // A version is written as few bytes: digests as bytes, nothing that another column or row says. Its content is a snapshot,
    // or a part of a pack; neither can be dropped while a version names it. Fixed sizes stand first, so that none is padded.
    this.addSql(`
      create table stored_version (
        created_at      timestamptz not null default now(),
        number          integer not null check (number > 0),
        pack_id         integer references snapshot_pack,
        pack_start      integer check (pack_start >= 0),
        pack_size       integer check (pack_size > 0),
        platform        text collate "C" not null,
        kind            text collate "C" not null,
        type_key        text collate "C" not null,
        version_hash    bytea not null check (octet_length(version_hash) = 32),
        content_digest  bytea check (octet_length(content_digest) = 32 and content_digest <> version_hash),
        origin          text collate "C" not null check (origin in ('AUTHORED', 'OBSERVED', 'RECORDED')),
        author          text not null,
        message         text,
        snapshot_digest text collate "C" references snapshot deferrable initially deferred,
        check ((snapshot_digest is null) = (pack_id is not null)),
        check (num_nulls(pack_id, pack_start, pack_size) in (0, 3)),
        check (snapshot_digest = encode(coalesce(content_digest, version_hash), 'hex'))
      )`);
    this.addSql(`
      insert into stored_version (created_at, number, platform, kind, type_key, version_hash, content_digest, origin, author,
        message, snapshot_digest)
      select created_at, number, platform, kind, type_key, decode(version_hash, 'hex'),
        decode(nullif(snapshot_digest, version_hash), 'hex'), origin, author, message, snapshot_digest
      from content_type_version order by platform, kind, type_key, number`);
    this.addSql(`set constraints all immediate`);
    this.addSql(`drop function commit_version(text, text, text, text, text, text, text, text, boolean)`);
    this.addSql(`drop table content_type_version`);
    this.addSql(`alter table stored_version add primary key (platform, kind, type_key, number)`);
    // A hash index holds four bytes of each, whatever its length.
    this.addSql(`
      create index stored_version_hash on stored_version using hash ((encode(version_hash, 'hex') collate "C"))`);
    this.addSql(`
      create index stored_version_content on stored_version ((encode(content_digest, 'hex') collate "C"))
      where content_digest is not null`);
    // Asks whether a version still names a snapshot, and which ones can be packed.
    this.addSql(`
      create index stored_version_snapshot on stored_version (snapshot_digest) where snapshot_digest is not null`);
    this.addSql(`
      create view content_type_version as
      select platform, kind, type_key, number, encode(version_hash, 'hex') collate "C" as version_hash,
        (select encode(p.version_hash, 'hex') from stored_version p where p.platform = v.platform and p.kind = v.kind
          and p.type_key = v.type_key and p.number = v.number - 1) collate "C" as parent_hash,
        encode(coalesce(content_digest, version_hash), 'hex') collate "C" as snapshot_digest,
        origin, author, message, created_at
      from stored_version v`);
    // Where the content of a digest stands that is no snapshot of its own any more.
    this.addSql(`
      create view packed_snapshot as
      select encode(version_hash, 'hex') collate "C" as digest, pack_id, pack_start, pack_size
      from stored_version where pack_id is not null and content_digest is null
      union all
      select encode(content_digest, 'hex') collate "C", pack_id, pack_start, pack_size
      from stored_version where pack_id is not null and content_digest is not null`);
    // As before. Content that is packed is named where it stands: whoever packs it keeps out who stores a snapshot.
    this.addSql(`
      create function commit_version(
        new_platform text, new_kind text, new_type_key text, new_hash text, new_digest text, new_origin text,
        new_author text, new_message text, only_unknown boolean, out number integer, out created boolean
      ) language plpgsql as $$
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
              select * from stored_version v
                where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
                  and encode(v.version_hash, 'hex') collate "C" = new_hash
                  and (v.origin = 'AUTHORED' or new_origin <> 'AUTHORED')
                offset 0) v
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
