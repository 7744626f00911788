import { Injectable } from '@nestjs/common';
import limit from 'p-limit';
import { validate as isUuid } from 'uuid';
import { assertAllowedAt } from '#access';
import { type Json, jsonPatchOf, SHOWN } from '#json';
import { PlatformRegistry } from '#platform';
import { SyncNotFoundError, SyncReader, type SyncRecord, typeOf } from '#recording';
import { compareInSlices, type ShownComparison, SnapshotService } from '#snapshot';
import { VersionHistoryService } from '#versioning';
import { comparisonLines, comparisonText } from './comparison-text.ts';
import { NoContentError } from './history.errors.ts';

const AT_ONCE = 4;

/** Two contents side by side; `against` names the other, null where there is none before. */
export interface Comparison {
  against: string | null;
  /** As much as an answer shows. */
  changes(): Promise<ShownComparison>;
  /** What turns the other content into this one (RFC 6902), as JSON. */
  patch(): Iterable<string>;
  /** Every change, as a person reads it. */
  text(): Iterable<string>;
  /** Every change, each the JSON of a line. */
  lines(): Iterable<string>;
}

/** How the content of a sync differs from what else was sent, received or made. */
@Injectable()
export class SyncComparison {
  private readonly turns = limit(AT_ONCE);

  constructor(
    private readonly syncs: SyncReader,
    private readonly snapshots: SnapshotService,
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** As much of a comparison as an answer shows; a few at a time, for each holds both contents. Throws as {@link compare}. */
  shown(sync: SyncRecord, against: string): Promise<ShownComparison & { against: string | null }> {
    return this.turns(async () => {
      const comparison = await this.compare(sync, against);
      return { against: comparison.against, ...(await comparison.changes()) };
    });
  }

  /**
   * `against` is `previous`, the id of a sync, or a version hash; the other side counts as `before`. Throws
   * {@link NoContentError} when a side has no content, and what the look-ups throw.
   */
  async compare(sync: SyncRecord, against: string): Promise<Comparison> {
    const after = await this.snapshots.read(digestOf(sync));
    const other = await this.other(sync, against);
    const { elementKeys } = this.platforms.model(sync.targetPlatform);
    const before = other ? await this.snapshots.read(other.digest) : undefined;
    return between(before, after, other?.name ?? null, elementKeys);
  }

  /** Throws `SyncNotFoundError`, also for a sync that the caller may not see. */
  private async visible(syncId: string): Promise<SyncRecord> {
    const sync = await this.syncs.get(syncId);
    const target = { platform: sync.targetPlatform, environment: sync.environment };
    assertAllowedAt(target, { hidden: new SyncNotFoundError(syncId) });
    return sync;
  }

  private async other(sync: SyncRecord, against: string): Promise<{ name: string; digest: string } | null> {
    if (against === 'previous') {
      const previous = await this.syncs.getPrevious(sync);
      return previous && { name: previous.id, digest: digestOf(previous) };
    }
    if (isUuid(against)) return { name: against, digest: digestOf(await this.visible(against)) };
    const version = await this.versions.byHash(typeOf(sync), against);
    return { name: version.versionHash, digest: version.snapshotDigest };
  }
}

/** What there is nothing before is new as a whole. */
function between(
  before: Json | undefined,
  after: Json,
  against: string | null,
  elementKeys: readonly string[],
): Comparison {
  return {
    against,
    changes: () => compareInSlices(before, after, SHOWN, elementKeys),
    patch: () => jsonPatchOf(before, after),
    text: () => comparisonText(before, after, elementKeys),
    lines: () => comparisonLines(before, after, elementKeys),
  };
}

/** What a push sent, or a pull received. */
function digestOf(sync: SyncRecord): string {
  const digest = sync.syncDirection === 'PUSH' ? sync.pushedDigest : sync.responseDigest;
  if (!digest) throw new NoContentError(sync.id);
  return digest;
}
