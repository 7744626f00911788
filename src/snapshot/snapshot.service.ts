import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, LONG_READ_MS, query } from '#database';
import { type Json, type JsonLimits, readInSlices } from '#json';
import { TimeSlice } from '#pace';
import { type RedactedNames, Redaction, redactionsOf } from '#redaction';
import { decompressPackFor, type PackedPart, partOf, type StoredPack } from './content-pack.ts';
import { pack, type PreparedSnapshot, unpack } from './pack.ts';
import { compareInSlices, type JsonComparison } from './snapshot-comparison.ts';
import type { Snapshot } from './snapshot.entity.ts';
import { SnapshotCorruptError, SnapshotNotFoundError } from './snapshot.errors.ts';

/** Bytes that `JSON.parse` reads in a few milliseconds. */
const PARSED_AT_ONCE = 200_000;

/** The server sends bytes as hexadecimal text, each part of which is read in a few milliseconds. */
const PART_BYTES = 500_000;
const PARTS = `
  select digest, encoding, original_size as "originalSize", substring(content from start for $2) as content
  from snapshot, generate_series(1, greatest(stored_size, 1), $2) as start
  where digest = any ($1) order by digest, start`;

/** Where the contents stand that were packed; one that several versions name may stand in several packs. */
const PACKED = `
  select distinct on (digest) digest, pack_id as "packId", pack_start as start, pack_size as size
  from packed_snapshot where digest = any ($1) order by digest, pack_id`;
const PACK_PARTS = `
  select id, original_size as "originalSize", substring(content from start for $2) as content
  from snapshot_pack, generate_series(1, octet_length(content), $2) as start
  where id = any ($1) order by id, start`;
/** Packs that are held at once. */
const PACKS_AT_ONCE = 20;

interface StoredPackPart extends StoredPack {
  id: number;
}

type StoredPart = Pick<Snapshot, 'digest' | 'encoding' | 'originalSize'> & { content: Buffer };

export interface SnapshotValidation {
  digest: string;
  valid: boolean;
  /** Why it is not valid. */
  problem?: string;
}

@Injectable()
export class SnapshotService {
  constructor(
    private readonly em: EntityManager,
    private readonly redaction: Redaction,
  ) {}

  /** Stores the content, without its secrets, once under its digest. Throws `SnapshotTooLargeError` and `NotJsonError`. */
  async captureSnapshot(content: Json, names?: RedactedNames): Promise<Omit<PreparedSnapshot, 'content'>> {
    const prepared = await this.prepare(content, names);
    await this.store(prepared);
    const { content: _bytes, ...snapshot } = prepared;
    return snapshot;
  }

  /**
   * Makes the content ready to be stored, without its secrets, and without storing it. `names` are those of its platform.
   * Throws as {@link captureSnapshot} does.
   */
  async prepare(content: Json, names?: RedactedNames): Promise<PreparedSnapshot> {
    const redacted = await this.redaction.jsonInSlices(content, names);
    const redactions = redactionsOf(redacted);
    const snapshot = await pack(redacted.value);
    return redactions ? { ...snapshot, redactions } : snapshot;
  }

  /** Stores what was prepared, once under its digest. */
  async store({ digest, originalSize, storedSize, encoding, content }: PreparedSnapshot): Promise<void> {
    await query(
      this.em,
      `insert into snapshot (digest, original_size, stored_size, encoding, content) select $1, $2, $3, $4, $5
       where not exists (select from packed_snapshot where digest = $1) on conflict do nothing`,
      [digest, originalSize, storedSize, encoding, content],
    );
  }

  /** The content of a snapshot. Throws {@link SnapshotNotFoundError} and {@link SnapshotCorruptError}. */
  async read(digest: string): Promise<Json> {
    return (await this.readMany([digest])).get(digest)!;
  }

  /** The contents of several snapshots by their digests; throws as {@link read} does. */
  readMany(digests: Iterable<string>): Promise<Map<string, Json>> {
    return this.readEach(digests, parsed);
  }

  /** The same as canonical JSON in UTF-8, for who passes it on: that costs a tenth. */
  readBytes(digests: Iterable<string>): Promise<Map<string, Buffer>> {
    return this.readEach(digests, (bytes) => bytes);
  }

  private async readEach<T>(
    digests: Iterable<string>,
    read: (bytes: Buffer) => T | Promise<T>,
  ): Promise<Map<string, T>> {
    const wanted = new Set(digests);
    const { rows } = await query<StoredPart>(this.em, {
      ...{ text: PARTS, values: [[...wanted], PART_BYTES], types: DRIVER_TYPES, withinMs: LONG_READ_MS },
    });
    const contents = new Map<string, T>();
    const slice = new TimeSlice();
    for (const [digest, parts] of Map.groupBy(rows, (part) => part.digest)) {
      const content = parts.length === 1 ? parts[0]!.content : Buffer.concat(parts.map((part) => part.content));
      contents.set(digest, await read(await unpack({ ...parts[0]!, content })));
      wanted.delete(digest);
      if (slice.isOver) await slice.giveWay();
    }
    if (wanted.size > 0) {
      for await (const [digest, bytes] of this.packed(wanted)) {
        contents.set(digest, await read(bytes));
        if (slice.isOver) await slice.giveWay();
      }
    }
    for (const missing of wanted) throw new SnapshotNotFoundError(missing);
    return contents;
  }

  /** The contents that stand in packs; takes them from those that are wanted. */
  private async *packed(wanted: Set<string>): AsyncGenerator<[string, Buffer], void> {
    const limits = { types: DRIVER_TYPES, withinMs: LONG_READ_MS };
    const found = await query<PackedPart & { packId: number }>(this.em, {
      ...{ text: PACKED, values: [[...wanted]], ...limits },
    });
    const byPack = [...Map.groupBy(found.rows, ({ packId }) => packId)];
    for (let from = 0; from < byPack.length; from += PACKS_AT_ONCE) {
      const some = new Map(byPack.slice(from, from + PACKS_AT_ONCE));
      const { rows } = await query<StoredPackPart>(this.em, {
        ...{ text: PACK_PARTS, values: [[...some.keys()], PART_BYTES], ...limits },
      });
      for (const [id, pieces] of Map.groupBy(rows, (piece) => piece.id)) {
        const parts = some.get(id)!;
        const content = Buffer.concat(pieces.map((piece) => piece.content));
        const bytes = await decompressPackFor(parts[0]!.digest, { ...pieces[0]!, content });
        for (const part of parts) {
          yield [part.digest, partOf(bytes, part)];
          wanted.delete(part.digest);
        }
      }
    }
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
