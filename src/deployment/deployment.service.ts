import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { databaseFault, find, findOne, pauseAfter, query, untilWritten } from '#database';
import type { PageStart } from '#http';
import { PlatformRegistry, type SyncFailure, type Trigger } from '#platform';
import { Admission, Heartbeat, storableText, type SyncStatus } from '#recording';
import { InterruptedError, SyncTracker } from '#tracking';
import { Deployment } from './deployment.entity.ts';
import { DeploymentNotFoundError, ForceNeedsReasonError, WouldLoseNewerError } from './deployment.errors.ts';
import { type DeploymentPlan, DeploymentPlanner, type ItemRequest } from './deployment.planner.ts';
import { DeploymentSettler } from './deployment.settler.ts';
import { type RollbackPlan, RollbackPlanner } from './rollback.planner.ts';

const RECORD = `
  with recorded as (
    insert into deployment (id, platform, environment, actor, reason, rollback_of, owner, forced, plan_digest, skipped)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $14))
  insert into deployment_item (deployment_id, kind, type_key, version_hash, previous_hash)
  select $1, * from unnest($10::text[], $11::text[], $12::text[], $13::text[])`;
const UNIQUE_VIOLATION = '23505';
const RECORD_TRIES = 3;

/** Milliseconds to settle a deployment in, after its call has ended. */
const SETTLE_MS = 1_000;

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
  /** Undo also what newer deployments did, and what somebody changed on the platform itself. */
  includeNewer?: boolean;
}

/** Which deployments are listed. */
export interface DeploymentFilter {
  platform?: string;
  environment?: string;
  status?: SyncStatus;
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
  /** The deployments that this process is busy with. */
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly em: EntityManager,
    private readonly platforms: PlatformRegistry,
    private readonly planner: DeploymentPlanner,
    private readonly rollbacks: RollbackPlanner,
    private readonly tracker: SyncTracker,
    private readonly heartbeat: Heartbeat,
    private readonly admission: Admission,
    private readonly settler: DeploymentSettler,
  ) {}

  /** What still runs is settled as soon as its call is, within the grace that calls have. */
  async beforeApplicationShutdown(): Promise<void> {
    const graceOver = this.tracker.drained().then(() => wait(SETTLE_MS, undefined, { ref: false }));
    await Promise.race([Promise.allSettled(this.running.values()), graceOver]);
  }

  /**
   * Pushes content types in one call. Answers once the deployment is recorded. A deployment that is begun again under
   * its id, a UUIDv7, is there and sent once. Throws {@link ForceNeedsReasonError}, and what planning throws.
   */
  async deployToProvider(request: DeploymentRequest, id = uuidv7()): Promise<StartedDeployment> {
    if (request.force && !request.reason?.trim()) throw new ForceNeedsReasonError();
    const begun = await this.begun(id);
    if (begun) return begun;
    this.admission.assertOpen();
    const plan = await this.planner.plan(request, request.items);
    return this.begin(id, plan, { ...request, trigger: 'DEPLOYMENT' });
  }

  /**
   * Deploys, as a new deployment, the version that stood there before of each item that a deployment applied. Types that were
   * new stay: a push never deletes. What succeeded becomes the latest version of the catalogue. `newId` as in
   * {@link deployToProvider}. Throws {@link WouldLoseNewerError}, and what {@link planRollback} does.
   */
  async rollback(id: string, request: RollbackRequest, newId = uuidv7()): Promise<StartedDeployment> {
    const begun = await this.begun(newId);
    if (begun) return begun;
    this.admission.assertOpen();
    const { newer, ...plan } = await this.planRollback(id);
    if (newer.size > 0 && !request.includeNewer) throw new WouldLoseNewerError(id, [...newer.values()]);
    return this.begin(newId, plan, { ...request, trigger: 'ROLLBACK', rollbackOf: id });
  }

  /**
   * What {@link rollback} would send, and what it would undo besides. Throws {@link DeploymentNotFoundError},
   * `DeploymentRunningError` and `NothingToRollBackError`.
   */
  async planRollback(id: string): Promise<RollbackPlan> {
    return this.rollbacks.plan(await this.get(id));
  }

  /** Throws {@link DeploymentNotFoundError}. */
  async get(id: string): Promise<Deployment> {
    const deployment = await findOne(this.em, Deployment, { id });
    if (!deployment) throw new DeploymentNotFoundError(id);
    return deployment;
  }

  /** The rollbacks of a deployment, oldest first. */
  rollbacksOf(id: string): Promise<Deployment[]> {
    return find(this.em, Deployment, { rollbackOf: id }, { orderBy: { createdAt: 'asc', id: 'asc' } });
  }

  /** Newest first, from a start on; everything given must hold. */
  list(filter: DeploymentFilter, limit: number, start?: PageStart): Promise<Deployment[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['$gt', 'asc'] as const) : (['$lt', 'desc'] as const);
    const where = { ...filter, ...(start && { id: { [beyond]: start.key } }) };
    return find(this.em, Deployment, where, { orderBy: { id: order }, limit });
  }

  /** A deployment that exists already is left to the request that began it. */
  private async begun(id: string): Promise<StartedDeployment | null> {
    const deployment = await findOne(this.em, Deployment, { id });
    return deployment && { deployment, finished: this.running.get(id) ?? Promise.resolve() };
  }

  private async begin(
    id: string,
    plan: DeploymentPlan,
    { actor, reason, force = false, trigger, rollbackOf }: BeginRequest,
  ): Promise<StartedDeployment> {
    const isAlive = this.heartbeat.watch();
    const release = this.settler.expect(id);
    try {
      await this.recordOnce(id, plan, { actor, reason, force, rollbackOf });
      // What is recorded runs, whatever the connections do.
      const deployment = await untilWritten(() => this.get(id));
      const finished = this.run(id, plan, { actor, reason, force, trigger }, isAlive);
      this.running.set(
        id,
        finished.finally(() => this.running.delete(id)),
      );
      return { deployment, finished };
    } catch (error) {
      // The request that recorded it expects it too.
      const begun = isTaken(error) ? await this.begun(id) : null;
      if (begun) return begun;
      release();
      throw error;
    }
  }

  /** A connection that breaks off leaves open whether the record was written: ours is found by its owner. */
  private async recordOnce(id: string, plan: DeploymentPlan, request: Omit<BeginRequest, 'trigger'>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.record(id, plan, request);
      } catch (error) {
        if (attempt > 1 && isTaken(error) && (await this.get(id)).owner === this.heartbeat.owner) return;
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused' || attempt === RECORD_TRIES) throw error;
        await pauseAfter(attempt);
      }
    }
  }

  private async record(id: string, plan: DeploymentPlan, request: Omit<BeginRequest, 'trigger'>): Promise<void> {
    const { platform, environment, digest, items, skipped } = plan;
    const { actor, reason, force = false, rollbackOf } = request;
    // One statement: a transaction of the ORM that is cut off would keep its connection for ever.
    await query(this.em, RECORD, [
      ...[id, platform, environment, storableText(actor), storableText(reason), rollbackOf],
      ...[this.heartbeat.owner, force, digest],
      items.map((item) => item.kind),
      items.map((item) => item.typeKey),
      items.map((item) => item.versionHash),
      items.map((item) => item.previousHash),
      JSON.stringify(skipped),
    ]);
  }

  private async run(
    id: string,
    plan: DeploymentPlan,
    request: Omit<BeginRequest, 'rollbackOf'>,
    isAlive: () => boolean,
  ): Promise<void> {
    const context = { ...request, environment: plan.environment, deploymentId: id };
    const items = plan.items.map(({ kind, typeKey, versionHash, definition }) => ({
      kind,
      typeKey,
      versionHash,
      data: definition,
    }));
    let failure: SyncFailure | undefined;
    try {
      if (!isAlive()) await this.assertRunning(id);
      await this.platforms.get(plan.platform).push({ items, context });
    } catch (error) {
      const { code = 'DEPLOYMENT_FAILED', message } = error as Partial<SyncFailure>;
      failure = { code, message: storableText(message ?? String(error)) };
    }
    await this.settler.settle(id, failure).catch((error: unknown) => {
      this.logger.error({ err: error, deploymentId: id }, 'A deployment could not be settled');
    });
  }

  /** After a pause that was longer than the lease, others may have settled it: then nothing is sent. */
  private async assertRunning(id: string): Promise<void> {
    await this.heartbeat.refresh();
    const { status } = await this.get(id);
    if (status !== 'IN_PROGRESS') throw new InterruptedError();
  }
}

interface BeginRequest {
  actor: string;
  reason?: string;
  force?: boolean;
  trigger: Trigger;
  rollbackOf?: string;
}

/** Another request has recorded a deployment under the same id. */
function isTaken(error: unknown): boolean {
  return (error as { code?: unknown }).code === UNIQUE_VIOLATION;
}
