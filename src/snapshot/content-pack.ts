import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { SnapshotCorruptError } from './snapshot.errors.ts';

/** Bytes that the contents of a pack have together at most: who reads one of them unpacks all. */
export const MAX_PACK_BYTES = 9_000_000;
/** A pack of so many contents of its newest one's size is full: more of them would hardly make a version smaller. */
export const FULL_PACK = 200;

/** How a pack is stored: contents one after another, compressed as one. */
export interface StoredPack {
  originalSize: number;
  content: Buffer;
}

/** Where a content stands in a pack. */
export interface PackedPart {
  digest: string;
  start: number;
  size: number;
}

const { ZSTD_c_compressionLevel, ZSTD_c_enableLongDistanceMatching, ZSTD_c_windowLog, ZSTD_c_checksumFlag } = constants;
const PARAMS = {
  [ZSTD_c_compressionLevel]: 9,
  // A version is found again in one before it, however long both are.
  [ZSTD_c_enableLongDistanceMatching]: 1,
  [ZSTD_c_windowLog]: 23,
  [ZSTD_c_checksumFlag]: 0,
};

/** Each chunk of an answer is a way to another thread and back. */
const CHUNK_BYTES = 1_000_000;

export function compressPack(contents: Buffer): Promise<Buffer> {
  return promisify(zstdCompress)(contents, { params: PARAMS, chunkSize: CHUNK_BYTES });
}

/** The contents of a pack, one after another. Never grows beyond the size that was recorded. */
export async function decompressPack({ originalSize, content }: StoredPack): Promise<Buffer> {
  const contents = await promisify(zstdDecompress)(content, {
    maxOutputLength: Math.max(originalSize, 1),
    chunkSize: CHUNK_BYTES,
  });
  if (contents.length !== originalSize) {
    throw new Error(`its pack has ${contents.length} bytes, and ${originalSize} were written`);
  }
  return contents;
}

/** One content, checked against its digest. Throws {@link SnapshotCorruptError}. */
export function partOf(contents: Buffer, { digest, start, size }: PackedPart): Buffer {
  // A copy: the others are not kept for it.
  const part = Buffer.from(contents.subarray(start, start + size));
  const actual = hash('sha256', part);
  if (actual !== digest) throw new SnapshotCorruptError(digest, `its bytes in the pack hash to ${actual}`);
  return part;
}

/** The contents of a pack, or an error that names the digest for which it is read. */
export function decompressPackFor(digest: string, pack: StoredPack): Promise<Buffer> {
  return decompressPack(pack).catch((error: Error) => {
    throw new SnapshotCorruptError(digest, error.message);
  });
}
