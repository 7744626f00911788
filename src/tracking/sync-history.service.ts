import { Injectable } from '@nestjs/common';
import { type HistoryFilter, type HistoryPage, type PageRequest, SyncHistoryQueries } from '#history';
import {
  type NewSync,
  outcomeOf,
  type RecordedSync,
  SyncReader,
  type SyncRecord,
  SyncRecorder,
  type SyncResult,
  SyncWriter,
} from '#recording';

/** The history of syncs for an application: records what it does itself, and reads what was recorded. */
@Injectable()
export class SyncHistoryService {
  constructor(
    private readonly writer: SyncWriter,
    private readonly recorder: SyncRecorder,
    private readonly reader: SyncReader,
    private readonly queries: SyncHistoryQueries,
  ) {}

  /** Records a sync as IN_PROGRESS, with its version and snapshot. Throws `RecordingUnavailableError`, `ShuttingDownError` and `ClockSkewError`. */
  async recordSyncAttempt(sync: NewSync): Promise<RecordedSync> {
    const [recorded] = (await this.writer.record([sync])) as [RecordedSync];
    return recorded;
  }

  /**
   * Settles a sync. Waits for the database however long it is away. Throws `SyncNotFoundError`, and `SyncSettledError` when
   * it was settled before; the first late results that differ are kept as events.
   */
  async updateSyncStatus(syncId: string, result: SyncResult): Promise<void> {
    const { direction } = this.recorder.begun(syncId) ?? { direction: (await this.reader.get(syncId)).syncDirection };
    await this.writer.settle(syncId, outcomeOf(direction, result));
  }

  /**
   * Sets the version that a sync carried. Throws `SyncNotFoundError`, `VersionNotFoundError`, and `SyncSettledError` when the
   * sync was settled with another version.
   */
  linkToVersion(syncId: string, versionHash: string): Promise<void> {
    return this.writer.linkToVersion(syncId, versionHash);
  }

  /** The hash of the version that a sync carried, or null where it is not known. Throws `SyncNotFoundError`. */
  async getVersionHash(syncId: string): Promise<string | null> {
    return (await this.reader.get(syncId)).versionHash ?? null;
  }

  /** A page of the syncs under a filter, newest first by default. Throws `InvalidFilterError` and `InvalidCursorError`. */
  getSyncHistory(filter: HistoryFilter, page: PageRequest = {}): Promise<HistoryPage> {
    return this.queries.page(filter, page);
  }

  /** The newest successful sync under a filter, or null. Throws `InvalidFilterError` for a filter of another status. */
  async getLastSuccessfulSync(filter: Omit<HistoryFilter, 'status' | 'syncStatus'>): Promise<SyncRecord | null> {
    // By both names: a filter of another status then differs from one of them, and is refused.
    const successful: HistoryFilter = { status: 'SUCCESS', syncStatus: 'SUCCESS', ...filter };
    const { items } = await this.getSyncHistory(successful, { limit: 1 });
    return items[0] ?? null;
  }
}
