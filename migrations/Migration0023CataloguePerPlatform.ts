import { Migration } from '@mikro-orm/migrations';

export class Migration0023CataloguePerPlatform extends Migration {
  override up(): void {
    this.addSql(`drop function commit_version(text, text, text, text, text, text, boolean)`);
    this.addSql(`drop index content_type_version_hash`);
    this.addSql(`
      alter table content_type_version
        drop constraint content_type_version_pkey,
        add column platform text collate "C",
        add column origin   text collate "C" check (origin in ('AUTHORED', 'OBSERVED', 'RECORDED'))`);
    // A version goes to each platform whose syncs carry it, else to the one that most syncs of its type name, else to the
    // one that most syncs name. Each chain is numbered anew, because a type of two platforms was one chain.
    this.addSql(`
      with carried as materialized (
        select kind, type_key, version_hash, target_platform, count(*) as syncs,
          min(created_at) filter (where expires_at is null) as own_since
        from sync_history group by kind, type_key, version_hash, target_platform),
      usual as (
        select distinct on (kind, type_key) kind, type_key, target_platform
        from (select kind, type_key, target_platform, sum(syncs) as syncs from carried group by 1, 2, 3) by_type
        order by kind, type_key, syncs desc, target_platform),
      most as (
        select target_platform from carried group by target_platform order by sum(syncs) desc, target_platform limit 1),
      placed as (
        select v.kind, v.type_key, v.number, v.version_hash, v.snapshot_digest, v.author, v.message, v.created_at,
          coalesce(c.target_platform, u.target_platform, (select target_platform from most), 'optimizely') as platform,
          c.own_since
        from content_type_version v
        left join carried c using (kind, type_key, version_hash)
        left join usual u on u.kind = v.kind and u.type_key = v.type_key),
      recorded as (
        select distinct p.platform, p.kind, p.type_key, p.number from placed p
        join sync_history h on h.kind = p.kind and h.type_key = p.type_key and h.version_hash = p.version_hash
          and h.target_platform = p.platform and h.actor = p.author
        where h.expires_at is not null and h.sync_direction = 'PUSH' and coalesce(p.own_since > h.created_at, true)
          and abs(extract(epoch from h.created_at - p.created_at)) <= 1),
      gone as (delete from content_type_version)
      insert into content_type_version
        (platform, kind, type_key, number, version_hash, parent_hash, snapshot_digest, author, message, created_at, origin)
      select p.platform, p.kind, p.type_key, row_number() over chain, p.version_hash, lag(p.version_hash) over chain,
        p.snapshot_digest, p.author, p.message, p.created_at,
        case when r.number is null then 'AUTHORED' else 'RECORDED' end
      from placed p left join recorded r using (platform, kind, type_key, number)
      window chain as (partition by p.platform, p.kind, p.type_key order by p.number)`);
    // The checks of the references must be made before the table changes again.
    this.addSql(`set constraints all immediate`);
    this.addSql(`
      alter table content_type_version
        alter column platform set not null,
        alter column origin set not null,
        add primary key (platform, kind, type_key, number)`);
    this.addSql(`
      create index content_type_version_hash on content_type_version (platform, kind, type_key, version_hash)`);
    // Racing commits of one type meet at the primary key: the loser waits, sees the winner and takes the next number.
    this.addSql(`
      create function commit_version(
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
            select v.* into same from content_type_version v
              where v.platform = new_platform and v.kind = new_kind and v.type_key = new_type_key
                and v.version_hash = new_hash and (v.origin = 'AUTHORED' or new_origin <> 'AUTHORED')
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
    // Why a type was retired stays when it is brought back; it is retired once at a time.
    this.addSql(`
      create table content_type_retirement (
        platform         text collate "C" not null,
        kind             text collate "C" not null,
        type_key         text collate "C" not null,
        number           integer not null check (number > 0),
        retired_at       timestamptz not null default clock_timestamp(),
        retired_by       text not null,
        reason           text not null,
        reinstated_at    timestamptz,
        reinstated_by    text,
        reinstate_reason text,
        primary key (platform, kind, type_key, number),
        check (num_nulls(reinstated_at, reinstated_by, reinstate_reason) in (0, 3))
      )`);
    this.addSql(`
      create unique index content_type_retirement_open on content_type_retirement (platform, kind, type_key)
      where reinstated_at is null`);
    // Who changed an item on the platform, and when, as the platform says.
    this.addSql(`
      alter table sync_history add column changed_by text, add column changed_at timestamptz`);
  }
}
