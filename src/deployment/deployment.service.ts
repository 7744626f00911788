import { EntityManager } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { postgresPool, untilWritten } from '#database';
import { PlatformRegistry, type SyncFailure, type Trigger } from '#platform';
import { VersionHistoryService } from '#versioning';
import { Deployment, DeploymentItem } from './deployment.entity.ts';
import { DeploymentNotFoundError, DeploymentRunningError, NothingToRollBackError } from './deployment.errors.ts';
import { type DeploymentPlan, DeploymentPlanner, type ItemRequest } from './deployment.planner.ts';

export interface DeploymentRequest {
  platform: string;
  environment: string;
  actor: string;
  reason?: string;
  /** Apply changes that lose data. */
  force?: boolean;
  /** Without items: everything in the catalogue. */
  items?: ItemRequest[];
}

export interface RollbackRequest {
  actor: string;
  reason: string;
  force?: boolean;
}

/** A deployment that has begun; `finished` resolves when it is settled, whatever came of it. */
export interface StartedDeployment {
  deployment: Deployment;
  finished: Promise<void>;
}

/** What is to be sent where, and how to undo it. */
@Injectable()
export class DeploymentService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(DeploymentService.name);
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly em: EntityManager,
    private readonly platforms: PlatformRegistry,
    private readonly planner: DeploymentPlanner,
    private readonly versions: VersionHistoryService,
  ) {}

  /** Whatever still runs is settled as soon as its call is; that wait is bounded by the tracker. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  /** Pushes content types in one call. Answers once the deployment is recorded. Throws what planning throws. */
  async deployToProvider(request: DeploymentRequest): Promise<StartedDeployment> {
    const plan = await this.planner.plan(request, request.items);
    return this.begin(plan, { ...request, trigger: 'DEPLOYMENT' });
  }

  /**
   * Deploys, as a new deployment, the version of each item that was live before. Types that were new stay: a push never
   * deletes. Throws {@link DeploymentNotFoundError}, {@link DeploymentRunningError}, {@link NothingToRollBackError}.
   */
  async rollback(id: string, request: RollbackRequest): Promise<StartedDeployment> {
    const { deployment, items } = await this.get(id);
    if (deployment.status === 'IN_PROGRESS') throw new DeploymentRunningError(id);
    const replaced = items.filter(({ previousHash, versionHash }) => previousHash && previousHash !== versionHash);
    if (replaced.length === 0) throw new NothingToRollBackError(id);
    const restored = replaced.map(({ kind, typeKey, previousHash }) => ({ kind, typeKey, versionHash: previousHash! }));
    const plan = await this.planner.plan(deployment, restored);
    await this.versions.commit(
      plan.items.map((item) => ({ ...item, author: request.actor, message: `Rollback of ${id}: ${request.reason}` })),
    );
    return this.begin(plan, { ...request, trigger: 'ROLLBACK', rollbackOf: id });
  }

  /** Throws {@link DeploymentNotFoundError}. */
  async get(id: string): Promise<{ deployment: Deployment; items: DeploymentItem[] }> {
    const em = this.em.fork();
    const deployment = await em.findOne(Deployment, { id });
    if (!deployment) throw new DeploymentNotFoundError(id);
    const items = await em.find(DeploymentItem, { deploymentId: id }, { orderBy: { kind: 'asc', typeKey: 'asc' } });
    return { deployment, items };
  }

  /** Newest first, with ids below `before`. */
  list(limit: number, before?: string): Promise<Deployment[]> {
    return this.em.fork().find(Deployment, before ? { id: { $lt: before } } : {}, { orderBy: { id: 'desc' }, limit });
  }

  private async begin(
    plan: DeploymentPlan,
    { actor, reason, force = false, trigger, rollbackOf }: BeginRequest,
  ): Promise<StartedDeployment> {
    const id = uuidv7();
    const { platform, environment, digest } = plan;
    await this.em.fork().transactional(async (em) => {
      em.create(Deployment, {
        ...{ id, platform, environment, actor, reason, rollbackOf },
        forced: force,
        planDigest: digest,
      });
      await em.flush();
      await em.insertMany(
        DeploymentItem,
        plan.items.map(({ kind, typeKey, versionHash, previousHash }) => ({
          ...{ deploymentId: id, kind, typeKey, versionHash, previousHash },
          status: 'IN_PROGRESS' as const,
        })),
      );
    });
    const finished = this.run(id, plan, { actor, reason, force, trigger });
    this.running.add(finished);
    void finished.finally(() => this.running.delete(finished));
    return { deployment: (await this.get(id)).deployment, finished };
  }

  private async run(id: string, plan: DeploymentPlan, request: Omit<BeginRequest, 'rollbackOf'>): Promise<void> {
    const context = { ...request, environment: plan.environment, deploymentId: id };
    const items = plan.items.map(({ kind, typeKey, versionHash, definition }) => ({
      kind,
      typeKey,
      versionHash,
      data: definition,
    }));
    let failure: SyncFailure | undefined;
    try {
      await this.platforms.get(plan.platform).push({ items, context });
    } catch (error) {
      const { code = 'DEPLOYMENT_FAILED', message } = error as Partial<SyncFailure>;
      failure = { code, message: message ?? String(error) };
    }
    await this.settle(id, failure).catch((error: unknown) => {
      this.logger.error({ err: error, deploymentId: id }, 'A deployment could not be settled');
    });
  }

  /** The status of each item is that of its sync; one that has none was never sent. */
  private async settle(id: string, failure?: SyncFailure): Promise<void> {
    await untilWritten(async () => {
      const pool = await postgresPool(this.em);
      await pool.query(
        `with synced as (
           select distinct on (kind, type_key) kind, type_key, id, sync_status from sync_history
           where deployment_id = $1 order by kind, type_key, id desc),
         item as (
           update deployment_item i set sync_id = s.id, status = coalesce(s.sync_status, 'FAILED')
           from deployment_item d left join synced s using (kind, type_key)
           where d.deployment_id = $1 and i.deployment_id = $1 and i.kind = d.kind and i.type_key = d.type_key
           returning i.status)
         update deployment set completed_at = clock_timestamp(), error_code = $2, error_message = $3, status = (
           select case when bool_and(status = 'SUCCESS') then 'SUCCESS'
             when bool_or(status in ('SUCCESS', 'PARTIAL')) then 'PARTIAL' else 'FAILED' end from item)
         where id = $1 and status = 'IN_PROGRESS'`,
        [id, failure?.code ?? null, failure?.message ?? null],
      );
    });
  }
}

interface BeginRequest {
  actor: string;
  reason?: string;
  force?: boolean;
  trigger: Trigger;
  rollbackOf?: string;
}
