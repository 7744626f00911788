import { Injectable } from '@nestjs/common';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { validate as isUuid } from 'uuid';
import { compareJson, type Json, type JsonComparison, SnapshotService } from '#snapshot';
import { VersionHistoryService } from '#versioning';
import { NoContentError } from './sync.errors.ts';
import { SyncHistoryService } from './sync-history.service.ts';
import type { SyncRecord } from './sync-record.entity.ts';

/** Two contents side by side; `against` names the other, null where there is none before. */
export interface Comparison {
  against: string | null;
  changes(): JsonComparison;
  /** What turns the other content into this one (RFC 6902). */
  patch(): Operation[];
}

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
  async compare(sync: SyncRecord, against: string): Promise<Comparison> {
    const after = await this.snapshots.read(digestOf(sync));
    const other = await this.other(sync, against);
    return other ? between(await this.snapshots.read(other.digest), after, other.name) : allNew(after);
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

function between(before: Json, after: Json, against: string): Comparison {
  return {
    against,
    changes: () => compareJson(before, after),
    // The library compares the members of two containers; other values are replaced whole.
    patch: () => jsonPatch.compare({ root: before }, { root: after }).map(unrooted),
  };
}

function allNew(content: Json): Comparison {
  return {
    against: null,
    changes: () => ({ added: [{ path: '', value: content }], modified: [], removed: [], unchanged: 0 }),
    patch: () => [{ op: 'add', path: '', value: content }],
  };
}

function unrooted(operation: Operation): Operation {
  return { ...operation, path: operation.path.slice('/root'.length) };
}

/** What a push sent, or a pull received. */
function digestOf(sync: SyncRecord): string {
  const digest = sync.syncDirection === 'PUSH' ? sync.pushedDigest : sync.responseDigest;
  if (!digest) throw new NoContentError(sync.id);
  return digest;
}
