import { Injectable } from '@nestjs/common';
import { waitAtMost } from '#database';
import {
  Admission,
  Heartbeat,
  type NewSync,
  outcomeOf,
  type RecordedSync,
  RemovedVersionError,
  SyncOwnedError,
  SyncReader,
  type SyncRecord,
  SyncRecorder,
  type SyncResult,
  type SyncState,
  SyncSettledError,
  SyncWriter,
} from '#recording';
import { VersionHistoryService } from '#versioning';
import { throwOneOf } from './external.errors.ts';
import { ExternalReferences } from './external.references.ts';

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
    private readonly references: ExternalReferences,
    private readonly versions: VersionHistoryService,
  ) {}

  /** Records syncs, all or none. Throws what {@link SyncWriter.prepare} and {@link ExternalReferences} do, with the index. */
  async record(syncs: ExternalSync[]): Promise<RecordedSync[]> {
    const rows = await this.writer.prepareAll(syncs, (error, index) => throwOneOf(syncs, index, error));
    await this.references.assertGood(rows);
    return this.writer.recordPrepared(rows);
  }

  /**
   * Says what came of a sync; its metadata is merged over what was there. Throws `SyncNotFoundError`,
   * `VersionNotFoundError`, {@link RemovedVersionError}, {@link SyncOwnedError} and {@link SyncSettledError}.
   */
  async settle(syncId: string, result: SyncResult, eventId: string): Promise<SyncState> {
    const settled = await waitAtMost(WAIT_MS, this.writer.settle(syncId, await this.checked(syncId, result), eventId));
    return settled ?? this.syncs.get(syncId);
  }

  /** The result as it is to be written. */
  private async checked(syncId: string, result: SyncResult): Promise<SyncResult> {
    const begun = this.recorder.begun(syncId);
    if (begun?.isExternal && !begun.hasMetadata && result.versionHash === undefined && !result.completedAt) {
      await this.heartbeat.proveWrite();
      return outcomeOf(begun.direction, result);
    }
    const { syncDirection, syncMetadata, versionHash, startedAt, ...sync } = await this.open(syncId);
    const { targetPlatform: platform, kind, typeKey } = sync;
    if (sync.removal && result.versionHash !== undefined) throw new RemovedVersionError(syncId);
    if (result.versionHash !== undefined && result.versionHash !== versionHash)
      await this.versions.byHash({ platform, kind, typeKey }, result.versionHash);
    const ended = result.completedAt ? this.admission.withTimes(startedAt, result) : result;
    return { ...outcomeOf(syncDirection, ended), metadata: { ...syncMetadata, ...result.metadata } };
  }

  /** Says that a sync is still under way, and will be for so long at the most. Throws as {@link settle} does. */
  async extend(syncId: string, expiresInMs: number): Promise<SyncState> {
    await this.open(syncId);
    await waitAtMost(WAIT_MS, this.recorder.extend(syncId, expiresInMs));
    const sync = await this.syncs.get(syncId);
    if (sync.syncStatus === 'IN_PROGRESS') return sync;
    throw new SyncSettledError(syncId, sync.syncStatus, 'it has ended');
  }

  /** Says which version a sync carried. Throws {@link SyncOwnedError}, and what {@link SyncWriter.linkToVersion} does. */
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
