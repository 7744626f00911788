import type { FsckDatabase, Finding } from '#database';
import type { JsonObject } from '#json';
import { DEFAULT_MODEL, type PlatformModel } from '#platform';
import { type PreparedSnapshot, SnapshotCorruptError, unpack } from '#snapshot';
import { ContentTypeHasher } from './content-type.hasher.ts';

interface Link {
  platform: string;
  kind: string;
  type_key: string;
  number: number;
  parent_hash: string | null;
  previous_number: number | null;
  previous_hash: string | null;
}

interface Content {
  platform: string;
  kind: string;
  type_key: string;
  number: number;
  version_hash: string;
  snapshot_digest: string;
  encoding: PreparedSnapshot['encoding'] | null;
  original_size: number;
  content: Buffer;
}

/**
 * Versions form chains without a gap or a fork, and their definitions are there and hash to what they say, by the model of
 * their platform.
 */
export async function* checkVersions(
  database: FsckDatabase,
  modelOf: (platform: string) => PlatformModel = () => DEFAULT_MODEL,
): AsyncGenerator<Finding> {
  const links = database.rows<Link>(`
    select * from (
      select platform, kind, type_key, number, parent_hash, lag(number) over chain as previous_number,
        lag(version_hash) over chain as previous_hash
      from content_type_version window chain as (partition by platform, kind, type_key order by number)) v
    where number <> coalesce(previous_number, 0) + 1 or parent_hash is distinct from previous_hash`);
  for await (const link of links) {
    const isGap = link.number !== (link.previous_number ?? 0) + 1;
    yield finding(
      link,
      'version.chain',
      isGap
        ? `it comes after number ${link.previous_number ?? 0}`
        : `its parent is ${link.parent_hash ?? 'none'}, but the version before is ${link.previous_hash ?? 'none'}`,
    );
  }
  // A hash that is the digest of its snapshot is proven with the snapshots.
  const contents = database.rows<Content>(
    `select v.platform, v.kind, v.type_key, v.number, v.version_hash, v.snapshot_digest, s.encoding, s.original_size, s.content
     from content_type_version v left join snapshot s on s.digest = v.snapshot_digest
     where s.digest is null or v.version_hash <> v.snapshot_digest`,
    1,
  );
  const hasher = new ContentTypeHasher();
  for await (const row of contents) {
    const { version_hash, snapshot_digest: digest, encoding, original_size: originalSize, content } = row;
    if (encoding === null) {
      yield finding(row, 'version.snapshot', `there is no snapshot ${digest}`);
      continue;
    }
    try {
      const bytes = await unpack({ digest, encoding, originalSize, content });
      const actual = hasher.generateHash(JSON.parse(bytes.toString('utf8')) as JsonObject, modelOf(row.platform));
      if (actual !== version_hash) yield finding(row, 'version.hash', `its definition hashes to ${actual}`);
    } catch (error) {
      if (!(error instanceof SnapshotCorruptError)) throw error;
      yield finding(row, 'version.hash', error.message);
    }
  }
}

function finding(
  { platform, kind, type_key, number }: Pick<Link, 'platform' | 'kind' | 'type_key' | 'number'>,
  rule: string,
  problem: string,
): Finding {
  return { rule, subject: `version ${number} of the ${platform} ${kind} "${type_key}"`, problem };
}
