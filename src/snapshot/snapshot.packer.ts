import { hash } from 'node:crypto';
import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger } from '@nestjs/common';
import { inTransaction, LONG_READ_MS, query, type Transaction } from '#database';
import { inBackground, TimeSlice } from '#pace';
import { Schedule } from '#schedule';
import { compressPack, decompressPack, FULL_PACK, MAX_PACK_BYTES, type StoredPack } from './content-pack.ts';
import { unpack } from './pack.ts';
import {
  ADD_PACK,
  COMPRESS_PLAIN,
  DROP_PACKED,
  NEXT_CONTENTS,
  NEXT_PLAIN,
  NEXT_TYPES,
  POINT_TO_PACK,
  REPLACE_PACK,
  ROOMY_PACK,
  TYPES_AT_ONCE,
} from './packing.statements.ts';
import type { Snapshot } from './snapshot.entity.ts';
import { SnapshotCorruptError } from './snapshot.errors.ts';

/** Milliseconds that a round takes; the next goes on where it ended. */
const ROUND_MS = 60_000;
/** Writers of snapshots wait behind us while we wait for one of them: only for a bounded time. */
const LOCK_MS = 1_000;
const STATEMENT_MS = 10_000;

/** Whose versions are packed together. */
interface VersionedType {
  platform: string;
  kind: string;
  typeKey: string;
}

/** A version whose content can be packed. */
interface Packable extends Pick<Snapshot, 'digest' | 'encoding' | 'originalSize' | 'content'> {
  number: number;
}

interface Placed {
  number: number;
  digest: string;
  start: number;
  size: number;
}

/**
 * Moves the contents of older versions into packs, in which a version takes only the bytes that differ from its neighbours.
 * The plain content goes in the transaction that adds the packed one, after what comes out of the pack hashes to its digest.
 */
@Injectable()
export class SnapshotPacker {
  private readonly logger = new Logger(SnapshotPacker.name);
  private readonly corrupt = new Set<string>();
  private after: VersionedType = FIRST;

  constructor(
    private readonly em: EntityManager,
    private readonly schedule: Schedule,
  ) {
    schedule.add('snapshots.pack', () => inBackground(() => this.run()));
  }

  /** Packs what can be packed, and compresses what stays by itself, for at most a minute. The number of packed versions. */
  async run(): Promise<number> {
    const deadline = performance.now() + ROUND_MS;
    const packed = await this.packAll(deadline);
    const slice = new TimeSlice();
    for (let after = ''; after !== DONE && !this.isOver(deadline);) {
      if (slice.isOver) await slice.giveWay();
      after = await this.compressSome(after);
    }
    return packed;
  }

  private isOver(deadline: number): boolean {
    return this.schedule.isStopping || performance.now() > deadline;
  }

  private async packAll(deadline: number): Promise<number> {
    let packed = 0;
    const slice = new TimeSlice();
    for (let types = await this.nextTypes(); types.length > 0; types = await this.nextTypes()) {
      for (const type of types) {
        for (let some = 1; some > 0;) {
          if (this.isOver(deadline)) return packed;
          if (slice.isOver) await slice.giveWay();
          const taken = await this.packSome(type);
          if (taken === 'busy') return packed;
          packed += some = taken;
        }
        this.after = type;
      }
    }
    this.after = FIRST;
    return packed;
  }

  private async nextTypes(): Promise<VersionedType[]> {
    const { platform, kind, typeKey } = this.after;
    const values = [platform, kind, typeKey, TYPES_AT_ONCE];
    const { rows } = await query<VersionedType>(this.em, { text: NEXT_TYPES, values, withinMs: LONG_READ_MS });
    return rows;
  }

  /** Packs the next contents of a type, oldest first; `busy` when another process packs, or writers hold the snapshots. */
  private async packSome(type: VersionedType): Promise<number | 'busy'> {
    try {
      const work = (transaction: Transaction) => this.packIn(transaction, type);
      return await inTransaction(this.em, work, STATEMENT_MS);
    } catch (error) {
      if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return 'busy';
      throw error;
    }
  }

  private async packIn(transaction: Transaction, type: VersionedType): Promise<number | 'busy'> {
    if (!(await isMine(transaction))) return 'busy';
    const key = [type.platform, type.kind, type.typeKey];
    const { rows: versions } = await transaction.query<Packable>(NEXT_CONTENTS, key);
    const fresh = await this.readable(versions);
    if (fresh.size === 0) return 0;
    const old = await this.roomyPack(transaction, key, [...fresh.values()]);
    const placed = place(versions, fresh, old.contents.length);
    const contents = Buffer.concat([old.contents, ...fresh.values()]);
    const content = await compressPack(contents);
    await assertSame(content, old.contents, placed);
    // A writer that stores or names one of these contents does it before us, or finds it in the pack.
    await transaction.query(`set local lock_timeout = ${LOCK_MS}`);
    await transaction.query('lock table snapshot in share row exclusive mode');
    const stored = [contents.length, content];
    const { rows: packs } = old.id
      ? await transaction.query<{ id: number }>(REPLACE_PACK, [...stored, old.id])
      : await transaction.query<{ id: number }>(ADD_PACK, stored);
    await transaction.query(POINT_TO_PACK, [
      ...[...key, packs[0]!.id],
      ...[placed.map(({ number }) => number), placed.map(({ digest }) => digest)],
      ...[placed.map(({ start }) => start), placed.map(({ size }) => size)],
    ]);
    await transaction.query(DROP_PACKED, [[...fresh.keys()]]);
    return placed.length;
  }

  /** Compresses the next snapshots after a digest in place; the last digest, or {@link DONE}. */
  private compressSome(after: string): Promise<string> {
    return inTransaction(
      this.em,
      async (transaction) => {
        if (!(await isMine(transaction))) return DONE;
        const { rows } = await transaction.query<Packable>(NEXT_PLAIN, [after]);
        const smaller = new Map<string, Buffer>();
        for (const [digest, bytes] of await this.readable(rows)) {
          const content = await compressPack(bytes);
          await unpack({ digest, encoding: 'zstd', originalSize: bytes.length, content });
          if (content.length < bytes.length) smaller.set(digest, content);
        }
        if (smaller.size > 0) await transaction.query(COMPRESS_PLAIN, [[...smaller.keys()], [...smaller.values()]]);
        return rows.at(-1)?.digest ?? DONE;
      },
      STATEMENT_MS,
    );
  }

  /** The plain contents by their digests. A damaged one stays as it is, for `fsck` to name. */
  private async readable(versions: Packable[]): Promise<Map<string, Buffer>> {
    const contents = new Map<string, Buffer>();
    for (const version of versions) {
      const { digest } = version;
      if (contents.has(digest)) continue;
      try {
        contents.set(digest, await unpack(version));
      } catch (error) {
        if (!(error instanceof SnapshotCorruptError)) throw error;
        if (!this.corrupt.has(digest)) this.logger.error(error.message);
        this.corrupt.add(digest);
      }
    }
    return contents;
  }

  /** The newest pack of the type with its contents, or an empty one when that has no room, or is damaged. */
  private async roomyPack(
    transaction: Transaction,
    key: string[],
    fresh: Buffer[],
  ): Promise<{ id?: number; contents: Buffer }> {
    const size = fresh.reduce((sum, { length }) => sum + length, 0);
    const most = Math.min(MAX_PACK_BYTES - size, (FULL_PACK * size) / fresh.length);
    const { rows } = await transaction.query<StoredPack & { id: number }>(ROOMY_PACK, [...key, Math.floor(most)]);
    const [pack] = rows;
    if (!pack) return { contents: Buffer.alloc(0) };
    try {
      return { id: pack.id, contents: await decompressPack(pack) };
    } catch (error) {
      this.logger.error(`Pack ${pack.id} is damaged: ${(error as Error).message}`);
      return { contents: Buffer.alloc(0) };
    }
  }
}

const FIRST: VersionedType = { platform: '', kind: '', typeKey: '' };
const LOCK_NOT_AVAILABLE = '55P03';

/** Comes after every digest. */
const DONE = 'done';

/** One process packs at a time. */
async function isMine(transaction: Transaction): Promise<boolean> {
  const { rows } = await transaction.query<{ mine: boolean }>(
    `select pg_try_advisory_xact_lock(hashtext('synctrail snapshot pack')) as mine`,
  );
  return rows[0]!.mine;
}

/** Where each version finds its content, when the contents follow those that the pack has. Equal contents stand there once. */
function place(versions: Packable[], contents: Map<string, Buffer>, from: number): Placed[] {
  const starts = new Map<string, number>();
  let end = from;
  for (const [digest, { length }] of contents) {
    starts.set(digest, end);
    end += length;
  }
  return versions.flatMap(({ number, digest }) => {
    const start = starts.get(digest);
    return start === undefined ? [] : [{ number, digest, start, size: contents.get(digest)!.length }];
  });
}

/** Before anything plain goes: what comes out of the pack is what it held before, and what was put into it. */
async function assertSame(content: Buffer, before: Buffer, placed: Placed[]): Promise<void> {
  const { start, size } = placed.reduce((last, each) => (each.start > last.start ? each : last));
  const contents = await decompressPack({ originalSize: start + size, content });
  const isSame =
    contents.subarray(0, before.length).equals(before) &&
    placed.every((part) => hash('sha256', contents.subarray(part.start, part.start + part.size)) === part.digest);
  if (!isSame) throw new Error('A pack does not give back what was put into it; nothing was replaced.');
}
