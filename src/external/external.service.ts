import { Injectable } from '@nestjs/common';
import { waitAtMost } from '#database';
import {
  Admission,
  Heartbeat,
  type NewSync,
  type RecordedSync,
  type StartRow,
  SyncOwnedError,
  SyncReader,
  type SyncRecord,
  SyncRecorder,
  type SyncResult,
  SyncSettledError,
  SyncWriter,
} from '#recording';
import { DomainError } from '../domain-error.ts';

/** Milliseconds that a request waits for what it says to be written; it is written all the same. */
const WAIT_MS = 15_000;

/** A sync that somebody else runs: recorded, extended and settled by them. */
export type ExternalSync = NewSync & { expiresInMs: number };

/** Keeps the record of syncs that are not run by this service. */
@Injectable()
export class ExternalSyncService {
  constructor(
    private readonly writer: SyncWriter,
    private readonly syncs: SyncReader,
    private readonly recorder: SyncRecorder,
    private readonly heartbeat: Heartbeat,
    private readonly admission: Admission,
  ) {}

  /** Records syncs, all or none. Throws what {@link SyncWriter.prepare} does, with the index. */
  async record(syncs: ExternalSync[]): Promise<RecordedSync[]> {
    this.admission.assertOpen();
    const rows: StartRow[] = [];
    for (const [index, sync] of syncs.entries()) {
      rows.push(
        await this.writer.prepare(sync).catch((error: unknown) => {
          throw syncs.length > 1 && error instanceof DomainError ? new IndexedError(index, error) : error;
        }),
      );
    }
    return this.writer.recordPrepared(rows);
  }

  /**
   * Says what came of a sync; its metadata is merged over what was there. Throws `SyncNotFoundError`,
   * {@link SyncOwnedError} and {@link SyncSettledError}.
   */
  async settle(syncId: string, result: SyncResult, eventId: string): Promise<SyncRecord> {
    const { syncMetadata } = await this.open(syncId);
    const metadata = { ...syncMetadata, ...result.metadata };
    await waitAtMost(WAIT_MS, this.writer.settle(syncId, { ...result, metadata }, eventId));
    return this.syncs.get(syncId);
  }

  /** Says that a sync is still under way, and will be for so long at the most. Throws as {@link settle} does. */
  async extend(syncId: string, expiresInMs: number): Promise<SyncRecord> {
    await this.open(syncId);
    const extended = await waitAtMost(WAIT_MS, this.recorder.extend(syncId, expiresInMs));
    const sync = await this.syncs.get(syncId);
    if (extended) return sync;
    if (sync.syncStatus === 'IN_PROGRESS') throw new SyncOwnedError(syncId);
    throw new SyncSettledError(syncId, sync.syncStatus, 'it has ended');
  }

  /** Says which version a sync carried, settled or not. Throws `SyncNotFoundError` and {@link SyncOwnedError}. */
  async link(syncId: string, versionHash: string, eventId: string): Promise<SyncRecord> {
    if (!isExternal(await this.syncs.get(syncId))) throw new SyncOwnedError(syncId);
    await this.heartbeat.proveWrite();
    await waitAtMost(WAIT_MS, this.writer.linkToVersion(syncId, versionHash, eventId));
    return this.syncs.get(syncId);
  }

  /** A sync of ours is never touched, not even by a late event. */
  private async open(syncId: string): Promise<SyncRecord> {
    const sync = await this.syncs.get(syncId);
    if (isExternal(sync)) {
      // What recording waits for, however long it is, is told here at once.
      await this.heartbeat.proveWrite();
      return sync;
    }
    if (sync.syncStatus === 'IN_PROGRESS') throw new SyncOwnedError(syncId);
    throw new SyncSettledError(syncId, sync.syncStatus, 'the service recorded its result itself');
  }
}

/** Whether another system recorded it, and so may settle it. */
function isExternal({ expiresAt }: SyncRecord): boolean {
  return (expiresAt ?? null) !== null;
}

/** What is wrong with one of many. */
class IndexedError extends DomainError {
  readonly code: string;
  readonly httpStatus: number;

  constructor(index: number, cause: DomainError) {
    super(`syncs[${index}]: ${cause.message}`, { ...cause.details, index }, { cause });
    this.code = cause.code;
    this.httpStatus = cause.httpStatus;
  }
}
