import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { canonicalBytes } from './canonical-json.ts';
import type { Json } from './json.ts';
import { postgresPool } from '#database';
import { compareJson, type JsonComparison } from './snapshot-comparison.ts';
import { Snapshot } from './snapshot.entity.ts';
import { SnapshotCorruptError, SnapshotNotFoundError, SnapshotTooLargeError } from './snapshot.errors.ts';

/** Bytes of canonical JSON above which a snapshot is stored as gzip. */
export const GZIP_ABOVE = 100_000;
/** Bytes of canonical JSON that a snapshot holds at most. */
export const SNAPSHOT_LIMIT = 10_000_000;

/** Content ready to be stored: canonical, hashed, and compressed where it pays. Sizes are bytes. */
export interface PreparedSnapshot {
  digest: string;
  originalSize: number;
  storedSize: number;
  encoding: 'identity' | 'gzip';
  content: Buffer;
}

export interface SnapshotValidation {
  digest: string;
  valid: boolean;
  /** Why it is not valid. */
  problem?: string;
}

@Injectable()
export class SnapshotService {
  constructor(private readonly em: EntityManager) {}

  /** Stores the content once under its digest. Throws {@link SnapshotTooLargeError} and {@link NotJsonError}. */
  async captureSnapshot(content: Json): Promise<Omit<PreparedSnapshot, 'content'>> {
    const { content: bytes, ...snapshot } = await this.prepare(content);
    const pool = await postgresPool(this.em);
    await pool.query(
      `insert into snapshot (digest, original_size, stored_size, encoding, content) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [snapshot.digest, snapshot.originalSize, snapshot.storedSize, snapshot.encoding, bytes],
    );
    return snapshot;
  }

  /** Makes the content ready to be stored, without storing it. Gives way to other work while it runs. */
  async prepare(content: Json): Promise<PreparedSnapshot> {
    const { bytes, digest } = await canonicalBytes(content);
    if (bytes.length > SNAPSHOT_LIMIT) throw new SnapshotTooLargeError(bytes.length, SNAPSHOT_LIMIT);
    const large = bytes.length > GZIP_ABOVE;
    const stored = large ? await promisify(gzip)(bytes, { level: 6 }) : bytes;
    return {
      digest,
      originalSize: bytes.length,
      storedSize: stored.length,
      encoding: large ? 'gzip' : 'identity',
      content: stored,
    };
  }

  /** The content of a snapshot. Throws {@link SnapshotNotFoundError} and {@link SnapshotCorruptError}. */
  async read(digest: string): Promise<Json> {
    return (await this.readMany([digest])).get(digest)!;
  }

  /** The contents of several snapshots by their digests; throws as {@link read} does. */
  async readMany(digests: Iterable<string>): Promise<Map<string, Json>> {
    const wanted = new Set(digests);
    const found = await this.em.fork().find(Snapshot, { digest: { $in: [...wanted] } }, { disableIdentityMap: true });
    const contents = new Map<string, Json>();
    for (const snapshot of found) {
      contents.set(snapshot.digest, JSON.parse((await unpack(snapshot)).toString('utf8')) as Json);
      wanted.delete(snapshot.digest);
    }
    for (const missing of wanted) throw new SnapshotNotFoundError(missing);
    return contents;
  }

  /** What differs between two snapshots, by path. Throws as {@link read} does. */
  async compareSnapshots(beforeDigest: string, afterDigest: string): Promise<JsonComparison> {
    const contents = await this.readMany([beforeDigest, afterDigest]);
    return compareJson(contents.get(beforeDigest)!, contents.get(afterDigest)!);
  }

  /** Whether the stored bytes still are what their digest says. */
  async validateSnapshot(digest: string): Promise<SnapshotValidation> {
    try {
      await this.read(digest);
      return { digest, valid: true };
    } catch (error) {
      if (error instanceof SnapshotNotFoundError || error instanceof SnapshotCorruptError) {
        return { digest, valid: false, problem: error.message };
      }
      throw error;
    }
  }
}

/** The canonical bytes, checked against the digest. Never grows beyond the size that was recorded. Throws {@link SnapshotCorruptError}. */
export async function unpack(
  snapshot: Pick<Snapshot, 'digest' | 'encoding' | 'originalSize' | 'content'>,
): Promise<Buffer> {
  const { digest, encoding, content, originalSize } = snapshot;
  const bytes =
    encoding === 'gzip'
      ? await promisify(gunzip)(content, { maxOutputLength: Math.min(originalSize, SNAPSHOT_LIMIT) }).catch(
          (error: Error) => {
            throw new SnapshotCorruptError(digest, error.message);
          },
        )
      : content;
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== digest) throw new SnapshotCorruptError(digest, `its bytes hash to ${actual}`);
  return Buffer.from(bytes);
}
