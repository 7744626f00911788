import type { FsckDatabase, Finding } from '#database';
import type { JsonObject } from '#json';
import { DEFAULT_MODEL, type PlatformModel } from '#platform';
import { decompressPackFor, partOf, type PreparedSnapshot, SnapshotCorruptError, unpack } from '#snapshot';
import { ContentTypeHasher } from './content-type.hasher.ts';

interface Link {
  platform: string;
  kind: string;
  type_key: string;
  number: number;
  previous_number: number | null;
}

interface Content {
  platform: string;
  kind: string;
  type_key: string;
  number: number;
  version_hash: string;
  digest: string;
  encoding: PreparedSnapshot['encoding'] | null;
  original_size: number;
  content: Buffer;
  pack_original_size: number;
  pack_content: Buffer | null;
  pack_start: number;
  pack_size: number;
}

/**
 * Versions form chains without a gap, and their definitions are there and hash to what they say, by the model of
 * their platform.
 */
export async function* checkVersions(
  database: FsckDatabase,
  modelOf: (platform: string) => PlatformModel = () => DEFAULT_MODEL,
): AsyncGenerator<Finding> {
  const links = database.rows<Link>(`
    select * from (
      select platform, kind, type_key, number, lag(number) over chain as previous_number
      from stored_version window chain as (partition by platform, kind, type_key order by number)) v
    where number <> coalesce(previous_number, 0) + 1`);
  for await (const link of links) {
    yield finding(link, 'version.chain', `it comes after number ${link.previous_number ?? 0}`);
  }
  // A hash that is the digest of its snapshot is proven with the snapshots.
  const contents = database.rows<Content>(
    `select v.platform, v.kind, v.type_key, v.number, encode(v.version_hash, 'hex') as version_hash,
       encode(coalesce(v.content_digest, v.version_hash), 'hex') as digest, s.encoding, s.original_size, s.content,
       p.original_size as pack_original_size, p.content as pack_content, v.pack_start, v.pack_size
     from stored_version v left join snapshot s on s.digest = v.snapshot_digest left join snapshot_pack p on p.id = v.pack_id
     where (s.digest is null and p.id is null) or v.content_digest is not null`,
    1,
  );
  const hasher = new ContentTypeHasher();
  for await (const row of contents) {
    const { version_hash, digest } = row;
    if (row.encoding === null && row.pack_content === null) {
      yield finding(row, 'version.snapshot', `there is no snapshot ${digest}`);
      continue;
    }
    try {
      const bytes = await bytesOf(row);
      const actual = hasher.generateHash(JSON.parse(bytes.toString('utf8')) as JsonObject, modelOf(row.platform));
      if (actual !== version_hash) yield finding(row, 'version.hash', `its definition hashes to ${actual}`);
    } catch (error) {
      if (!(error instanceof SnapshotCorruptError)) throw error;
      yield finding(row, 'version.hash', error.message);
    }
  }
}

async function bytesOf(row: Content): Promise<Buffer> {
  const { digest, encoding, original_size: originalSize, content } = row;
  if (encoding) return unpack({ digest, encoding, originalSize, content });
  const pack = { originalSize: row.pack_original_size, content: row.pack_content! };
  return partOf(await decompressPackFor(digest, pack), { digest, start: row.pack_start, size: row.pack_size });
}

function finding(
  { platform, kind, type_key, number }: Pick<Link, 'platform' | 'kind' | 'type_key' | 'number'>,
  rule: string,
  problem: string,
): Finding {
  return { rule, subject: `version ${number} of the ${platform} ${kind} "${type_key}"`, problem };
}
