import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, find } from '#database';
import { SHOWN } from '#json';
import { PlatformRegistry } from '#platform';
import { isOfDeployment, SyncReader, SyncRecord, typeOf } from '#recording';
import { VersionDiff, VersionHistoryService, VersionNotFoundError } from '#versioning';
import {
  type DeploymentSyncsDto,
  eventDto,
  type SyncDetailDto,
  syncDto,
  type SyncInclude,
  type SyncStatusDto,
  type SyncVersionDto,
} from './sync.dto.ts';

/** One sync in full, and in brief. */
@Injectable()
export class SyncDetails {
  constructor(
    private readonly em: EntityManager,
    private readonly syncs: SyncReader,
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
  ) {}

  async of(sync: SyncRecord, include: Set<SyncInclude>): Promise<SyncDetailDto> {
    return {
      ...syncDto(sync),
      ...(include.has('events') && { events: (await this.syncs.getEvents(sync.id)).map(eventDto) }),
      ...(include.has('version') && { version: await this.version(sync) }),
      ...(include.has('deployment') && { deployment: await this.deployment(sync) }),
      ...(include.has('replays') && { replays: (await this.replays(sync)).map(syncDto) }),
    };
  }

  async status(sync: SyncRecord): Promise<SyncStatusDto> {
    return {
      id: sync.id,
      status: sync.syncStatus,
      attempt: sync.retryCount + 1,
      nextAttemptAt: await this.nextAttemptAt(sync),
      errorCode: sync.errorCode ?? null,
      completedAt: sync.completedAt ?? null,
      deployment: await this.deployment(sync),
    };
  }

  private async nextAttemptAt({ id, syncStatus, retryCount }: SyncRecord): Promise<Date | null> {
    if (syncStatus !== 'IN_PROGRESS' || retryCount === 0) return null;
    const failed = await this.syncs.getLastEvent(id, 'attempt.failed');
    const waitMs = failed?.data.waitMs;
    return typeof waitMs === 'number' ? new Date(failed!.createdAt.getTime() + waitMs) : null;
  }

  private async version(sync: SyncRecord): Promise<SyncVersionDto | null> {
    if (!sync.versionHash) return null;
    try {
      const type = typeOf(sync);
      const version = await this.versions.byHash(type, sync.versionHash);
      const previous = version.number > 1 ? await this.versions.byNumber(type, version.number - 1) : undefined;
      const [current, old] = await this.versions.definitions(previous ? [version, previous] : [version]);
      const before = old?.definition ?? null;
      const model = this.platforms.model(type.platform);
      const { changes, impact, omitted } = await VersionDiff.inSlices(before, current!.definition, SHOWN, model);
      const { number, versionHash, author, createdAt } = version;
      return { number, versionHash, author, message: version.message ?? null, createdAt, impact, changes, omitted };
    } catch (error) {
      if (error instanceof VersionNotFoundError) return null;
      throw error;
    }
  }

  private async deployment({ deploymentId }: SyncRecord): Promise<DeploymentSyncsDto | null> {
    if (!deploymentId) return null;
    const { rows } = await query<{ total: number; settled: number; succeeded: number }>(
      this.em,
      `select count(*)::integer as total, (count(*) filter (where sync_status <> 'IN_PROGRESS'))::integer as settled,
         (count(*) filter (where sync_status = 'SUCCESS'))::integer as succeeded
       from sync_history h where ${isOfDeployment('$1')}`,
      [deploymentId],
    );
    const { total, settled, succeeded } = rows[0]!;
    // Only external syncs name it.
    if (total === 0) return null;
    return { id: deploymentId, total, settled, succeeded, percent: Math.floor((settled / total) * 100) };
  }

  private async replays({ id }: SyncRecord): Promise<SyncRecord[]> {
    return find(this.em, SyncRecord, { replayOf: id, id: { $gt: id } }, { orderBy: { id: 'asc' }, limit: 100 });
  }
}
