import { createHash, hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip, zstdDecompress } from 'node:zlib';
import { canonicalPieces, type Json } from '#json';
import { TimeSlice } from '#pace';
import type { Redactions } from '#redaction';
import type { Encoding, Snapshot } from './snapshot.entity.ts';
import { SnapshotCorruptError, SnapshotTooLargeError } from './snapshot.errors.ts';

/** Bytes of canonical JSON above which a snapshot is stored as gzip. */
export const GZIP_ABOVE = 100_000;
/** Bytes of canonical JSON that a snapshot holds at most. */
export const SNAPSHOT_LIMIT = 10_000_000;

/** Bytes with which several things are done in one turn of the event loop. */
const ONE_TURN = 1_000_000;

const DECOMPRESS = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) };

/** Content ready to be stored: canonical, hashed, and compressed where it pays. Sizes are bytes. */
export interface PreparedSnapshot {
  digest: string;
  originalSize: number;
  storedSize: number;
  encoding: Encoding;
  content: Buffer;
  /** What was left out of it. */
  redactions?: Redactions;
}

/**
 * Makes content ready to be stored. What is large is compressed while it is written down, so that its plain bytes are
 * never held in memory, and gives way to other work. Throws `NotJsonError` and {@link SnapshotTooLargeError}.
 */
export async function pack(value: Json): Promise<PreparedSnapshot> {
  const slice = new TimeSlice();
  const pieces = canonicalPieces(value);
  const first: Buffer[] = [];
  let size = 0;
  while (size <= GZIP_ABOVE) {
    const { value: piece } = pieces.next();
    if (!piece) return packedPlain(first);
    first.push(piece);
    size += piece.length;
    if (slice.isOver) await slice.giveWay();
  }
  return packedGzip(first, pieces, slice);
}

function packedPlain(pieces: Buffer[]): PreparedSnapshot {
  const content = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  const { length } = content;
  return { digest: hash('sha256', content), originalSize: length, storedSize: length, encoding: 'identity', content };
}

async function packedGzip(first: Buffer[], rest: Iterable<Buffer>, slice: TimeSlice): Promise<PreparedSnapshot> {
  const sha256 = createHash('sha256');
  let originalSize = 0;
  async function* measured() {
    for (const pieces of [first, rest]) {
      for (const piece of pieces) {
        originalSize += piece.length;
        sha256.update(piece);
        // The rest of what is too large is only counted.
        if (originalSize <= SNAPSHOT_LIMIT) yield piece;
        if (slice.isOver) await slice.giveWay();
      }
    }
    if (originalSize > SNAPSHOT_LIMIT) throw new SnapshotTooLargeError(originalSize, SNAPSHOT_LIMIT);
  }
  const gzip = createGzip({ level: 6 });
  const [content] = await Promise.all([buffer(gzip), pipeline(measured, gzip)]);
  return { digest: sha256.digest('hex'), originalSize, storedSize: content.length, encoding: 'gzip', content };
}

/** The canonical bytes, checked against the digest. Never grows beyond the size that was recorded. Throws {@link SnapshotCorruptError}. */
export async function unpack(
  snapshot: Pick<Snapshot, 'digest' | 'encoding' | 'originalSize' | 'content'>,
): Promise<Buffer> {
  const { digest, encoding, content, originalSize } = snapshot;
  const limits = { maxOutputLength: Math.min(originalSize, SNAPSHOT_LIMIT) };
  const bytes =
    encoding === 'identity'
      ? content
      : await DECOMPRESS[encoding](content, limits).catch((error: Error) => {
          throw new SnapshotCorruptError(digest, error.message);
        });
  // It was put together in this turn; to hash it takes milliseconds as well.
  if (bytes.length > ONE_TURN) await nextTurn();
  const actual = hash('sha256', bytes);
  if (actual !== digest) throw new SnapshotCorruptError(digest, `its bytes hash to ${actual}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
