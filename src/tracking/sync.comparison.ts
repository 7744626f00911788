import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { compareJson, type JsonComparison, SnapshotService } from '#snapshot';
import { VersionHistoryService } from '#versioning';
import { NoContentError } from './sync.errors.ts';
import { SyncHistoryService } from './sync-history.service.ts';
import type { SyncRecord } from './sync-record.entity.ts';

/** How the content of a sync differs from what else was sent, received or made. */
@Injectable()
export class SyncComparison {
  constructor(
    private readonly history: SyncHistoryService,
    private readonly snapshots: SnapshotService,
    private readonly versions: VersionHistoryService,
  ) {}

  /**
   * `against` is `previous`, the id of a sync, or a version hash; the other side counts as `before`. Throws
   * {@link NoContentError} when a side has no content, and what the look-ups throw.
   */
  async compare(sync: SyncRecord, against: string): Promise<JsonComparison & { against: string | null }> {
    const content = await this.snapshots.read(digestOf(sync));
    const other = await this.other(sync, against);
    if (!other)
      return { against: null, added: [{ path: '', value: content }], modified: [], removed: [], unchanged: 0 };
    return { against: other.name, ...compareJson(await this.snapshots.read(other.digest), content) };
  }

  private async other(sync: SyncRecord, against: string): Promise<{ name: string; digest: string } | null> {
    if (against === 'previous') {
      const previous = await this.history.getPreviousSync(sync);
      return previous && { name: previous.id, digest: digestOf(previous) };
    }
    if (isUuid(against)) return { name: against, digest: digestOf(await this.history.getSync(against)) };
    const version = await this.versions.byHash(sync, against);
    return { name: version.versionHash, digest: version.snapshotDigest };
  }
}

/** What a push sent, or a pull received. */
function digestOf(sync: SyncRecord): string {
  const digest = sync.syncDirection === 'PUSH' ? sync.pushedDigest : sync.responseDigest;
  if (!digest) throw new NoContentError(sync.id);
  return digest;
}
