import type { FsckDatabase, Finding } from '#database';
import { unpack } from './pack.ts';
import { SnapshotCorruptError } from './snapshot.errors.ts';

interface Packed {
  digest: string;
  original_size: number;
  stored_size: number;
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
    `select digest, original_size, stored_size, content from snapshot where encoding <> 'identity'`,
    1,
  );
  for await (const snapshot of packed) {
    const problem = await problemOf(snapshot);
    if (problem) yield finding(snapshot.digest, problem);
  }
}

async function problemOf({ digest, original_size, stored_size, content }: Packed): Promise<string | undefined> {
  try {
    const bytes = await unpack({ digest, encoding: 'gzip', originalSize: original_size, content });
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
