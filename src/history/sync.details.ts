import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, find } from '#database';
import { StoredJson, textWithStored } from '#http';
import { SHOWN } from '#json';
import { PlatformRegistry } from '#platform';
import { isOfDeployment, SyncReader, SyncRecord, typeOf } from '#recording';
import { VersionDiff, VersionHistoryService, VersionNotFoundError } from '#versioning';
import {
  type DeploymentSyncsDto,
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

  /** A sync with the parts that are asked for, in JSON. Throws `SyncNotFoundError`. */
  async text(syncId: string, include: Set<SyncInclude>): Promise<string> {
    const { sync, events } = await this.syncs.getText(syncId);
    const parts = {
      ...(include.has('events') && { events: new StoredJson(events) }),
      ...((include.has('version') || include.has('deployment')) && (await this.linked(syncId, include))),
      ...(include.has('replays') && { replays: (await this.replays(syncId)).map(syncDto) }),
    };
    const more = textWithStored(parts);
    return more === '{}' ? sync.text : `${sync.text.slice(0, -1)},${more.slice(1)}`;
  }

  async status(sync: SyncRecord): Promise<SyncStatusDto> {
    return {
      id: sync.id,
      status: sync.syncStatus,
      attempt: sync.retryCount + 1,
      nextAttemptAt: await this.syncs.nextAttemptAt(sync),
      errorCode: sync.errorCode ?? null,
      completedAt: sync.completedAt ?? null,
      deployment: await this.deployment(sync),
    };
  }

  private async linked(syncId: string, include: Set<SyncInclude>) {
    const sync = await this.syncs.get(syncId);
    return {
      ...(include.has('version') && { version: await this.version(sync) }),
      ...(include.has('deployment') && { deployment: await this.deployment(sync) }),
    };
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

  private async replays(id: string): Promise<SyncRecord[]> {
    return find(this.em, SyncRecord, { replayOf: id, id: { $gt: id } }, { orderBy: { id: 'asc' }, limit: 100 });
  }
}
