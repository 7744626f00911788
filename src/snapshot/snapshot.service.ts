import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, find, LONG_READ_MS } from '#database';
import { type Json, type JsonLimits, readInSlices } from '#json';
import { pack, type PreparedSnapshot, unpack } from './pack.ts';
import { compareInSlices, type JsonComparison } from './snapshot-comparison.ts';
import { Snapshot } from './snapshot.entity.ts';
import { SnapshotCorruptError, SnapshotNotFoundError } from './snapshot.errors.ts';

/** Bytes that `JSON.parse` reads in a few milliseconds. */
const PARSED_AT_ONCE = 200_000;

export interface SnapshotValidation {
  digest: string;
  valid: boolean;
  /** Why it is not valid. */
  problem?: string;
}

@Injectable()
export class SnapshotService {
  constructor(private readonly em: EntityManager) {}

  /** Stores the content once under its digest. Throws `SnapshotTooLargeError` and `NotJsonError`. */
  async captureSnapshot(content: Json): Promise<Omit<PreparedSnapshot, 'content'>> {
    const prepared = await this.prepare(content);
    await this.store(prepared);
    const { content: _bytes, ...snapshot } = prepared;
    return snapshot;
  }

  /** Makes the content ready to be stored, without storing it. Throws as {@link captureSnapshot} does. */
  prepare(content: Json): Promise<PreparedSnapshot> {
    return pack(content);
  }

  /** Stores what was prepared, once under its digest. */
  async store({ digest, originalSize, storedSize, encoding, content }: PreparedSnapshot): Promise<void> {
    await query(
      this.em,
      `insert into snapshot (digest, original_size, stored_size, encoding, content) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [digest, originalSize, storedSize, encoding, content],
    );
  }

  /** The content of a snapshot. Throws {@link SnapshotNotFoundError} and {@link SnapshotCorruptError}. */
  async read(digest: string): Promise<Json> {
    return (await this.readMany([digest])).get(digest)!;
  }

  /** The contents of several snapshots by their digests; throws as {@link read} does. */
  async readMany(digests: Iterable<string>): Promise<Map<string, Json>> {
    const wanted = new Set(digests);
    const found = await find(this.em, Snapshot, { digest: { $in: [...wanted] } }, { withinMs: LONG_READ_MS });
    const contents = new Map<string, Json>();
    for (const snapshot of found) {
      contents.set(snapshot.digest, await parsed(await unpack(snapshot)));
      wanted.delete(snapshot.digest);
    }
    for (const missing of wanted) throw new SnapshotNotFoundError(missing);
    return contents;
  }

  /** What differs between two snapshots, by path. Throws as {@link read} does. */
  async compareSnapshots(beforeDigest: string, afterDigest: string): Promise<JsonComparison> {
    const contents = await this.readMany([beforeDigest, afterDigest]);
    const { omitted: _none, ...comparison } = await compareInSlices(
      contents.get(beforeDigest),
      contents.get(afterDigest)!,
    );
    return comparison;
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

/** What was stored was within the bounds of its time. */
const UNBOUNDED: JsonLimits = {
  depth: Infinity,
  values: Infinity,
  elements: Infinity,
  members: Infinity,
  key: Infinity,
  number: Infinity,
};

/** Short content at once, a long one in slices. */
async function parsed(bytes: Buffer): Promise<Json> {
  return bytes.length < PARSED_AT_ONCE ? (JSON.parse(bytes.toString('utf8')) as Json) : readInSlices(bytes, UNBOUNDED);
}
