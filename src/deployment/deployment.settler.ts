import { EntityManager } from '@mikro-orm/core';
import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { postgresPool, untilWritten } from '#database';
import type { SyncFailure } from '#platform';
import { Heartbeat, Periodic } from '#tracking';

const EVERY_MS = 3_000;
const INTERRUPTED = {
  code: 'INTERRUPTED',
  message: 'The process that ran this deployment ended before it did; its syncs tell what became of each item.',
};

/** Gives a deployment its status, from its syncs: when its call has ended, or when its process has. */
@Injectable()
export class DeploymentSettler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly runs = new Periodic(DeploymentSettler.name, EVERY_MS, () => this.sweep());
  private readonly running = new Set<string>();

  constructor(
    private readonly em: EntityManager,
    private readonly heartbeat: Heartbeat,
  ) {}

  onApplicationBootstrap(): void {
    this.runs.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runs.stop();
  }

  /** This process runs the deployment until it is settled, or released. */
  expect(id: string): () => void {
    this.running.add(id);
    return () => this.running.delete(id);
  }

  /** The status of each item is that of its sync; one that has none was never sent. */
  async settle(id: string, failure?: SyncFailure): Promise<void> {
    await untilWritten(async () => {
      const pool = await postgresPool(this.em);
      await pool.query(SETTLE, [id, failure?.code ?? null, failure?.message ?? null]);
    });
    this.running.delete(id);
  }

  /** Settles deployments that nobody runs any more, once all their syncs are settled. */
  private async sweep(): Promise<void> {
    const pool = await postgresPool(this.em);
    const { rows } = await pool.query<{ id: string }>(ABANDONED, [this.heartbeat.owner, [...this.running]]);
    for (const { id } of rows) await this.settle(id, INTERRUPTED);
  }
}

const SETTLE = `
  with synced as (
    select distinct on (kind, type_key) kind, type_key, id, sync_status from sync_history
    where deployment_id = $1 and expires_at is null order by kind, type_key, id desc),
  item as (
    update deployment_item i set sync_id = s.id, status = coalesce(s.sync_status, 'FAILED')
    from deployment_item d left join synced s using (kind, type_key)
    where d.deployment_id = $1 and i.deployment_id = $1 and i.kind = d.kind and i.type_key = d.type_key
    returning i.status),
  outcome as (
    select case when bool_and(status = 'SUCCESS') then 'SUCCESS'
      when bool_or(status in ('SUCCESS', 'PARTIAL')) then 'PARTIAL' else 'FAILED' end as status from item)
  update deployment d set completed_at = clock_timestamp(), status = o.status,
    error_code = case when o.status <> 'SUCCESS' then $2 end,
    error_message = case when o.status <> 'SUCCESS' then $3 end
  from outcome o where d.id = $1 and d.status = 'IN_PROGRESS'`;

const ABANDONED = `
  select id from deployment d
  where status = 'IN_PROGRESS' and created_at < clock_timestamp() - interval '5 seconds'
    and case when owner = $1 then id <> all ($2::uuid[]) else owner is null or not is_alive(owner) end
    and not exists (select from sync_history h where h.deployment_id = d.id and h.expires_at is null
      and h.sync_status = 'IN_PROGRESS')`;
