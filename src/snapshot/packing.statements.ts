/** Bytes of the contents that one transaction packs, and of one content: a larger one stays a snapshot of its own. */
export const MAX_PART_BYTES = 1_000_000;
/** Types that are looked up at once. */
export const TYPES_AT_ONCE = 100;
/** Versions that wait until a pack is written anew; after an hour fewer are enough. */
const ENOUGH = 4;
/** Versions that one transaction packs. */
const MAX_VERSIONS = 1_000;

const OF_TYPE = 'n.platform = v.platform and n.kind = v.kind and n.type_key = v.type_key';

/**
 * SQL: whether a version `v` with a snapshot of its own can be packed. The newest of a type, and the newest AUTHORED, stay as
 * they are: they are read and sent most.
 */
const IS_PACKABLE = `
  v.snapshot_digest is not null
  and exists (select from stored_version n where ${OF_TYPE} and n.number > v.number)
  and (v.origin <> 'AUTHORED'
    or exists (select from stored_version n where ${OF_TYPE} and n.number > v.number and n.origin = 'AUTHORED'))
  and exists (select from snapshot s where s.digest = v.snapshot_digest and s.original_size <= ${MAX_PART_BYTES})`;

/** The types after one, by their names, that have enough to be packed. */
export const NEXT_TYPES = `
  select v.platform, v.kind, v.type_key as "typeKey" from stored_version v
  where (v.platform, v.kind, v.type_key) > ($1, $2, $3) and ${IS_PACKABLE}
  group by v.platform, v.kind, v.type_key
  having count(*) >= ${ENOUGH} or min(v.created_at) < now() - interval '1 hour'
  order by v.platform, v.kind, v.type_key limit $4`;

/** What can be packed of a type, oldest first, as far as one transaction takes it; at least one. */
export const NEXT_CONTENTS = `
  select number, digest, encoding, original_size as "originalSize", content from (
    select v.number, s.digest, s.encoding, s.original_size, s.content,
      sum(s.original_size) over (order by v.number) as bytes
    from stored_version v join snapshot s on s.digest = v.snapshot_digest
    where v.platform = $1 and v.kind = $2 and v.type_key = $3 and ${IS_PACKABLE}
    order by v.number limit ${MAX_VERSIONS}) next
  where bytes <= ${MAX_PART_BYTES} order by number`;

/** The newest pack of a type when it has so much room. */
export const ROOMY_PACK = `
  select id, original_size as "originalSize", content from snapshot_pack
  where id = (
    select max(pack_id) from stored_version where platform = $1 and kind = $2 and type_key = $3) and original_size <= $4`;

export const ADD_PACK = `insert into snapshot_pack (original_size, content) values ($1, $2) returning id`;
export const REPLACE_PACK = `update snapshot_pack set original_size = $1, content = $2 where id = $3 returning id`;

export const POINT_TO_PACK = `
  update stored_version v
  set pack_id = $4, pack_start = p.start, pack_size = p.size, snapshot_digest = null
  from unnest($5::integer[], $6::text[], $7::integer[], $8::integer[]) as p (number, digest, start, size)
  where v.platform = $1 and v.kind = $2 and v.type_key = $3 and v.number = p.number and v.snapshot_digest = p.digest`;

/** A content that a version still names as its snapshot stays. */
export const DROP_PACKED = `
  delete from snapshot s where s.digest = any ($1)
    and not exists (select from stored_version v where v.snapshot_digest = s.digest)`;

/** Bytes from which a content is worth the time to compress it by itself. */
const MIN_BYTES = 2_000;

/** Plain contents of versions that have not been new for an hour, and stay snapshots of their own. */
export const NEXT_PLAIN = `
  select s.digest, s.encoding, s.original_size as "originalSize", s.content from (
    select v.snapshot_digest, sum(s.original_size) over (order by s.digest) as bytes
    from (select distinct snapshot_digest from stored_version where snapshot_digest > $1) v
    join snapshot s on s.digest = v.snapshot_digest
    where s.encoding = 'identity' and s.original_size >= ${MIN_BYTES} and s.created_at < now() - interval '1 hour'
    limit ${MAX_VERSIONS}) next join snapshot s on s.digest = next.snapshot_digest
  where bytes <= ${MAX_PART_BYTES} order by s.digest`;

export const COMPRESS_PLAIN = `
  update snapshot s set encoding = 'zstd', stored_size = octet_length(p.content), content = p.content
  from unnest($1::text[], $2::bytea[]) as p (digest, content) where s.digest = p.digest and s.encoding = 'identity'`;
