import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { databaseFault, inTransaction, pauseAfter } from '#database';
import type { SyncFailure } from '#platform';
import { newestOfDeployment } from '#recording';
import { deploymentStatus } from './deployment-status.ts';
import { RestoredVersions } from './restored-versions.ts';

/** Gives a deployment its status, from its syncs, when all of them are settled. */
@Injectable()
export class DeploymentSettler {
  constructor(
    private readonly em: EntityManager,
    private readonly restored: RestoredVersions,
  ) {}

  /**
   * The status of each item is that of its newest sync; one that has none was never sent. What a rollback restored is in the
   * catalogue before it has its status, so that a crash in between repeats it.
   */
  async settle(id: string, failure?: SyncFailure): Promise<void> {
    await this.restored.commit(id);
    await this.write(id, failure);
  }

  /** Waits while the database is away, but not for a statement that takes too long. */
  private async write(id: string, failure?: SyncFailure): Promise<void> {
    const values = [id, failure?.code ?? null, failure?.message ?? null];
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await inTransaction(
          this.em,
          async (client) => {
            await client.query(PLAN);
            await client.query(SETTLE, values);
          },
          SETTLE_MS,
        );
      } catch (error) {
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused' || fault === 'slow') throw error;
        await pauseAfter(attempt);
      }
    }
  }
}

/** Without statistics the server takes a deployment for one item, and compares each of 4,000 with each: 16 million times. */
const PLAN = `set local enable_nestloop = off`;
const SETTLE_MS = 30_000;

const SETTLE = `
  with synced as (
    ${newestOfDeployment('$1', 'id, sync_status')}),
  progress as (select coalesce(bool_or(sync_status = 'IN_PROGRESS'), false) as open from synced),
  item as (
    update deployment_item i set sync_id = s.id,
      status = case when i.status in ('NOT_SENT', 'UNCHANGED') then i.status
        else coalesce(s.sync_status, case when c.cancelled_at is null then 'FAILED' else 'NOT_SENT' end) end
    from deployment c, deployment_item d left join synced s using (kind, type_key)
    where not (select open from progress) and c.id = $1
      and d.deployment_id = $1 and i.deployment_id = $1 and i.kind = d.kind and i.type_key = d.type_key
    returning i.status),
  outcome as (
    select ${deploymentStatus('(select cancelled_at from deployment where id = $1)')} as status
    from item having count(*) > 0),
  settled as (
    update deployment d set completed_at = clock_timestamp(), status = o.status,
      error_code = case when o.status <> 'SUCCESS' then $2 end,
      error_message = case when o.status <> 'SUCCESS' then $3 end
    from outcome o where d.id = $1 and d.status = 'IN_PROGRESS')
  select open from progress`;
