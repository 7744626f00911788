import type { FsckDatabase, Finding } from '#database';
import { decompressPack, type PackedPart, partOf, type StoredPack } from './content-pack.ts';
import { unpack } from './pack.ts';
import type { Encoding } from './snapshot.entity.ts';
import { SnapshotCorruptError } from './snapshot.errors.ts';

interface Packed {
  digest: string;
  original_size: number;
  stored_size: number;
  encoding: Encoding;
  content: Buffer;
}

/** Every snapshot hashes to its digest, and its sizes and encoding are true. */
export async function* checkSnapshots(database: FsckDatabase): AsyncGenerator<Finding> {
  // What is stored as it is, the server hashes itself; what is packed comes here one by one.
  const plain = database.rows<{ digest: string; actual: string }>(`
    select * from (
      select digest, encode(sha256(content), 'hex') as actual, original_size, stored_size, octet_length(content) as size
      from snapshot where encoding = 'identity') s
    where digest <> actual or original_size <> size or stored_size <> size`);
  for await (const { digest, actual } of plain) {
    yield finding(digest, actual === digest ? 'its sizes are not those of its bytes' : `its bytes hash to ${actual}`);
  }
  const packed = database.rows<Packed>(
    `select digest, encoding, original_size, stored_size, content from snapshot where encoding <> 'identity'`,
    1,
  );
  for await (const snapshot of packed) {
    const problem = await problemOf(snapshot);
    if (problem) yield finding(snapshot.digest, problem);
  }
  yield* checkPacks(database);
}

/** Every content of a pack hashes to its digest, and each version finds its own there. */
async function* checkPacks(database: FsckDatabase): AsyncGenerator<Finding> {
  const packs = database.rows<StoredPack & { id: number; parts: PackedPart[] }>(
    `select k.id, k.original_size as "originalSize", k.content, p.parts from snapshot_pack k
     join (select pack_id, json_agg(distinct jsonb_build_object('digest', digest, 'start', pack_start, 'size', pack_size)) as parts
       from packed_snapshot group by pack_id) p on p.pack_id = k.id`,
    1,
  );
  for await (const { id, parts, ...pack } of packs) {
    let contents: Buffer;
    try {
      contents = await decompressPack(pack);
    } catch (error) {
      const problem = `pack ${id}, in which it stands, is damaged: ${(error as Error).message}`;
      for (const { digest } of parts) yield finding(digest, problem);
      continue;
    }
    for (const part of parts) {
      try {
        partOf(contents, part);
      } catch (error) {
        if (!(error instanceof SnapshotCorruptError)) throw error;
        yield finding(part.digest, error.message);
      }
    }
  }
}

async function problemOf({
  digest,
  encoding,
  original_size,
  stored_size,
  content,
}: Packed): Promise<string | undefined> {
  try {
    const bytes = await unpack({ digest, encoding, originalSize: original_size, content });
    const isTrue = bytes.length === original_size && content.length === stored_size;
    return isTrue ? undefined : 'its sizes are not those of its bytes';
  } catch (error) {
    if (error instanceof SnapshotCorruptError) return error.message;
    throw error;
  }
}

const finding = (digest: string, problem: string): Finding => ({
  rule: 'snapshot.digest',
  subject: `snapshot ${digest}`,
  problem,
});
