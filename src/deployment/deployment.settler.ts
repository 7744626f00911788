import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger } from '@nestjs/common';
import { query, databaseFault, inTransaction, pauseAfter } from '#database';
import type { SyncFailure } from '#platform';
import { Heartbeat, isOfDeployment } from '#recording';
import { Schedule } from '#schedule';
import { RestoredVersions } from './restored-versions.ts';

const MIN_PAUSE_MS = 3_000;
const MAX_PAUSE_MS = 10 * 60 * 1000;
const INTERRUPTED = {
  code: 'INTERRUPTED',
  message: 'The process that ran this deployment ended before it did; its syncs tell what became of each item.',
};

/** Gives a deployment its status, from its syncs: when its call has ended, or when its process has. */
@Injectable()
export class DeploymentSettler {
  private readonly logger = new Logger(DeploymentSettler.name);
  private readonly running = new Set<string>();
  /** How the calls of deployments ended that are not settled yet. */
  private readonly waiting = new Map<string, SyncFailure | undefined>();
  /** When those that could not be settled are tried again. */
  private readonly postponed = new Map<string, { until: number; pauseMs: number }>();

  constructor(
    private readonly em: EntityManager,
    private readonly heartbeat: Heartbeat,
    private readonly restored: RestoredVersions,
    schedule: Schedule,
  ) {
    schedule.add('deployments.settle', () => this.sweep());
  }

  /** This process runs the deployment until it is settled, or released. */
  expect(id: string): () => void {
    this.running.add(id);
    return () => this.running.delete(id);
  }

  /**
   * The status of each item is that of its sync; one that has none was never sent. A sync that is still in progress, because
   * its record was not known to be written, is waited for by the sweep. So is a deployment that cannot be settled now. What a
   * rollback restored is in the catalogue before it has its status, so that a crash in between repeats it.
   */
  async settle(id: string, failure?: SyncFailure): Promise<void> {
    this.waiting.set(id, failure);
    try {
      await this.restored.commit(id);
      if (!(await this.write(id, failure))) this.waiting.delete(id);
    } finally {
      this.running.delete(id);
    }
  }

  /** Settles deployments that nobody runs any more, once all their syncs are settled. One that fails holds up no other. */
  private async sweep(): Promise<void> {
    const { rows } = await query<{ id: string }>(this.em, ABANDONED, [this.heartbeat.owner, [...this.running]]);
    const now = performance.now();
    for (const { id } of rows) {
      if (now < (this.postponed.get(id)?.until ?? 0)) continue;
      try {
        await this.settle(id, this.waiting.has(id) ? this.waiting.get(id) : INTERRUPTED);
        this.postponed.delete(id);
      } catch (error) {
        this.postpone(id, error as Error);
      }
    }
  }

  /** Each pause is twice as long as the one before: what fails for a reason of its own must not keep the server busy. */
  private postpone(id: string, error: Error): void {
    const pauseMs = Math.min((this.postponed.get(id)?.pauseMs ?? MIN_PAUSE_MS) * 2, MAX_PAUSE_MS);
    this.postponed.set(id, { until: performance.now() + pauseMs, pauseMs });
    this.logger.warn(`The deployment ${id} could not be settled; next try in ${pauseMs / 1000} s: ${error.message}`);
  }

  /** Whether a sync of it is still open. Waits while the database is away, but not for a statement that takes too long. */
  private async write(id: string, failure?: SyncFailure): Promise<boolean> {
    const values = [id, failure?.code ?? null, failure?.message ?? null];
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await inTransaction(
          this.em,
          async (client) => {
            await client.query(PLAN);
            const { rows } = await client.query<{ open: boolean }>(SETTLE, values);
            return rows[0]!.open;
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
    select distinct on (kind, type_key) kind, type_key, id, sync_status from sync_history h
    where ${isOfDeployment('$1')} order by kind, type_key, id desc),
  progress as (select coalesce(bool_or(sync_status = 'IN_PROGRESS'), false) as open from synced),
  item as (
    update deployment_item i set sync_id = s.id, status = coalesce(s.sync_status, 'FAILED')
    from deployment_item d left join synced s using (kind, type_key)
    where not (select open from progress)
      and d.deployment_id = $1 and i.deployment_id = $1 and i.kind = d.kind and i.type_key = d.type_key
    returning i.status),
  outcome as (
    select case when bool_and(status = 'SUCCESS') then 'SUCCESS'
      when bool_or(status in ('SUCCESS', 'PARTIAL')) then 'PARTIAL' else 'FAILED' end as status
    from item having count(*) > 0),
  settled as (
    update deployment d set completed_at = clock_timestamp(), status = o.status,
      error_code = case when o.status <> 'SUCCESS' then $2 end,
      error_message = case when o.status <> 'SUCCESS' then $3 end
    from outcome o where d.id = $1 and d.status <> o.status)
  select open from progress`;

const ABANDONED = `
  select id from deployment d
  where status = 'IN_PROGRESS' and created_at < clock_timestamp() - interval '5 seconds'
    and case when owner = $1 then id <> all ($2::uuid[]) else owner is null or not is_alive(owner) end
    and not exists (select from sync_history h where ${isOfDeployment('d.id')}
      and h.sync_status = 'IN_PROGRESS')`;
