import { Injectable, Logger } from '@nestjs/common';
import { canonicalDigestAsync, type Json } from '#json';
import { TimeSlice } from '#pace';
import type { RecordedItem } from '#platform';
import { type RedactedNames, Redaction } from '#redaction';
import { type NewSync, type RecordedSync, SyncWriter } from '#recording';
import { failureOf } from './outcome.ts';
import { PayloadChangedError, StoppedError, SyncUnderWayError, UnrecordedCallError } from './tracking.errors.ts';

/** A recorded sync whose call comes later, with the digest of what it will send, where that is known. */
interface Reserved {
  sync: RecordedSync;
  pushedDigest: string | undefined;
}

/** The syncs that this process is busy with; some are reserved for calls that come later. */
@Injectable()
export class PendingSyncs {
  private readonly pending = new Set<string>();
  private readonly reserved = new Map<string, Reserved>();
  private readonly logger = new Logger(PendingSyncs.name);
  /** What settles the syncs of calls that could not be recorded in full. */
  private readonly leaving = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly writer: SyncWriter,
    private readonly redaction: Redaction,
  ) {}

  get size(): number {
    return this.pending.size;
  }

  get ids(): string[] {
    return [...this.pending];
  }

  /**
   * Records the syncs of one call, which is under way then, part by part. When a part cannot be recorded, nothing is sent: those
   * before it are settled as such. Throws as `SyncWriter.record` does, and {@link SyncUnderWayError}.
   */
  async record(syncs: NewSync[]): Promise<RecordedSync[]> {
    const recorded: RecordedSync[] = [];
    // Nothing is recorded of a call with an item that cannot be.
    const rows = await this.writer.prepareAll(syncs);
    try {
      const slice = new TimeSlice();
      for (const part of this.writer.inParts(rows)) {
        if (slice.isOver) await slice.giveWay();
        const written = await this.writer.recordPrepared(part);
        this.begin(written);
        recorded.push(...written);
      }
    } catch (error) {
      this.leave(recorded);
      throw error;
    }
    return recorded;
  }

  /** The caller need not wait for it: the database may be away. */
  private leave(syncs: RecordedSync[]): void {
    if (syncs.length === 0) return;
    const leaving = this.settleUnsent(syncs, new UnrecordedCallError()).catch((error: Error) => {
      this.logger.warn(`${syncs.length} syncs are left to be swept: ${error.message}`);
    });
    this.leaving.add(leaving);
    void leaving.finally(() => this.leaving.delete(leaving));
  }

  /**
   * Records syncs whose calls come later. A call claims its syncs by the `syncId` of its items; cancel a sync whose call will
   * not come. False when another caller, in this process or another, makes these calls. Throws
   * `RecordingUnavailableError`.
   */
  async reserve(syncs: (NewSync & { id: string })[]): Promise<boolean> {
    const ids = syncs.map(({ id }) => id);
    if (ids.some((id) => this.pending.has(id))) {
      await this.writer.record(syncs);
      return false;
    }
    for (const id of ids) this.pending.add(id);
    let isOurs = false;
    try {
      const recorded = await this.writer.record(syncs);
      // Another process may have recorded the same ids first.
      isOurs = await this.writer.areOpen(ids);
      if (isOurs)
        recorded.forEach((sync, n) => this.reserved.set(sync.id, { sync, pushedDigest: syncs[n]!.pushedDigest }));
    } finally {
      if (!isOurs) this.end(ids);
    }
    if (this.isClosed) await this.cancel(ids, new StoppedError());
    return isOurs;
  }

  isReserved(syncId: string): boolean {
    return this.reserved.has(syncId);
  }

  /**
   * The syncs that are reserved for a call with these items, in their order; undefined when none is. Throws
   * {@link PayloadChangedError}, and {@link SyncUnderWayError} when some are and others not.
   */
  async claim(items: RecordedItem[], names?: RedactedNames): Promise<RecordedSync[] | undefined> {
    const reserved = items.flatMap(({ syncId }) => (syncId === undefined ? [] : (this.reserved.get(syncId) ?? [])));
    if (reserved.length === 0) return undefined;
    if (reserved.length < items.length) {
      const missing = items.find(({ syncId }) => syncId !== undefined && !this.reserved.has(syncId));
      throw new SyncUnderWayError(missing?.syncId ?? reserved[0]!.sync.id);
    }
    for (const [index, { sync, pushedDigest }] of reserved.entries()) {
      if (pushedDigest !== undefined && !(await this.isOf(pushedDigest, items[index]!.payload!, names))) {
        throw new PayloadChangedError(sync.id);
      }
    }
    // Another may have claimed one while the digests were computed.
    if (!reserved.every(({ sync }) => this.reserved.has(sync.id))) return undefined;
    for (const { sync } of reserved) this.reserved.delete(sync.id);
    return reserved.map(({ sync }) => sync);
  }

  /** Whether a payload is recorded under a digest; what is older than redaction has its secrets in it. */
  private async isOf(digest: string, payload: Json, names?: RedactedNames): Promise<boolean> {
    if ((await canonicalDigestAsync(payload)) === digest) return true;
    const { value, count } = await this.redaction.jsonInSlices(payload, names);
    return count > 0 && (await canonicalDigestAsync(value)) === digest;
  }

  /** Settles reserved syncs as failed; a sync whose call has begun is settled by that call. */
  async cancel(syncIds: string[], reason: unknown): Promise<void> {
    const cancelled = syncIds.map((id) => this.reserved.get(id)?.sync).filter((sync) => sync !== undefined);
    for (const { id } of cancelled) this.reserved.delete(id);
    await this.settleUnsent(cancelled, reason);
  }

  private async settleUnsent(syncs: RecordedSync[], reason: unknown): Promise<void> {
    const result = { status: 'FAILED' as const, error: failureOf(reason), durationMs: 0 };
    await this.writer.settleAll(syncs.map(({ id, typeKey }) => ({ ...result, id, typeKey })));
    this.end(syncs.map(({ id }) => id));
  }

  /** Marks syncs as under way. Throws {@link SyncUnderWayError} when one of them is already. */
  begin(syncs: RecordedSync[]): void {
    const underWay = syncs.find(({ id }) => this.pending.has(id));
    if (underWay) throw new SyncUnderWayError(underWay.id);
    for (const { id } of syncs) this.pending.add(id);
  }

  end(syncIds: string[]): void {
    for (const id of syncIds) this.pending.delete(id);
  }

  /** Cancels what is reserved, now and later, and waits for what is being settled. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.cancel([...this.reserved.keys()], new StoppedError());
    await Promise.all(this.leaving);
  }
}
