import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { findOne, query } from '#database';
import type { ItemRef } from '#platform';
import { isOfDeployment } from '#recording';
import { VersionHistoryService } from '#versioning';
import { Deployment } from './deployment.entity.ts';

const SUCCEEDED = `
  with synced as (
    select distinct on (kind, type_key) kind, type_key, sync_status from sync_history h
    where ${isOfDeployment('$1')} order by kind, type_key, id desc)
  select i.kind, i.type_key as "typeKey", i.version_hash as "versionHash"
  from deployment_item i join synced s using (kind, type_key)
  where i.deployment_id = $1 and s.sync_status = 'SUCCESS'
    -- What somebody wrote since the rollback was asked for stays the latest.
    and not exists (
      select from content_type_version v join deployment d on d.id = $1
      where v.platform = d.platform and v.kind = i.kind and v.type_key = i.type_key and v.origin = 'AUTHORED'
        and v.created_at > d.created_at)
    and not exists (select from synced where sync_status = 'IN_PROGRESS')`;

/** Makes what a rollback has brought back the latest versions of the catalogue again. */
@Injectable()
export class RestoredVersions {
  constructor(
    private readonly em: EntityManager,
    private readonly versions: VersionHistoryService,
  ) {}

  /**
   * Commits the items that succeeded, once all syncs of the deployment are settled; nothing for what is no rollback. Safe to
   * repeat: what is the latest version already gets no new one, and what somebody wrote meanwhile stays the latest.
   */
  async commit(deploymentId: string): Promise<void> {
    const deployment = await findOne(this.em, Deployment, { id: deploymentId });
    if (!deployment?.rollbackOf || deployment.status !== 'IN_PROGRESS') return;
    const { platform, rollbackOf, actor, reason } = deployment;
    const { rows } = await query<ItemRef & { versionHash: string }>(this.em, SUCCEEDED, [deploymentId]);
    if (rows.length === 0) return;
    const definitions = await this.versions.definitions(await this.versions.byHashes(platform, rows));
    const message = `Rollback of ${rollbackOf}: ${reason}`;
    await this.versions.commit(
      definitions.map((version) => ({ ...version, origin: 'AUTHORED', author: actor, message })),
    );
  }
}
