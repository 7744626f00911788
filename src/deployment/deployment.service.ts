import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { find, findOne, query, untilWritten } from '#database';
import { Freezes } from '#freeze';
import type { PageStart } from '#http';
import {
  ApprovalRules,
  DeploymentNotFoundError,
  type Draft,
  ForceNeedsReasonError,
  type ItemRequest,
  numberIn,
  type PlanDetail,
  Plans,
  PlanService,
  type PlanSource,
  PlanStaleError,
} from '#plan';
import type { Target } from '#platform';
import { Admission, storableText } from '#recording';
import type { Labels } from '#validation';
import { refKey } from '#versioning';
import { Deployment, type DeploymentStatus, type OnDrift } from './deployment.entity.ts';
import { DeploymentEndedError } from './deployment.errors.ts';
import { DeploymentRecord, type NewDeployment } from './deployment.record.ts';
import { DeploymentRunner } from './deployment.runner.ts';

/** One that waits ends at once; one that runs does after the call that is under way. */
const CANCEL = `
  with cancelled as (
    update deployment set cancelled_at = clock_timestamp(), cancelled_by = $2, cancel_reason = $3,
      status = case status when 'QUEUED' then 'CANCELLED' else status end,
      completed_at = case status when 'QUEUED' then clock_timestamp() end
    where id = $1 and status in ('QUEUED', 'IN_PROGRESS') and cancelled_at is null
    returning status),
  items as (
    update deployment_item set status = 'NOT_SENT'
    where deployment_id = $1 and (select status from cancelled) = 'CANCELLED')
  select status from cancelled`;

interface Requested {
  actor: string;
  reason?: string;
  /** Where the deployment comes from. */
  labels?: Labels;
}

/** A deployment without a plan. */
export interface DeploymentRequest extends Requested, Target {
  /** Apply changes that lose data. */
  force?: boolean;
  /** Without items: everything in the catalogue. */
  items?: ItemRequest[];
}

/** A deployment of a plan. */
export interface PlannedRequest extends Requested {
  planId: string;
  /** What becomes of items that have changed at the target since; `stop` by default. */
  onDrift?: OnDrift;
  /** In a rollback: undo also what newer deployments did, and what somebody changed on the platform itself. */
  includeNewer?: boolean;
}

export interface RollbackRequest extends Requested {
  reason: string;
  force?: boolean;
  /** Undo also what newer deployments did, and what somebody changed on the platform itself. */
  includeNewer?: boolean;
  /** Only these items; all by default. */
  items?: ItemRequest[];
  /** Delete what the deployment created. */
  deletes?: boolean;
}

/** Who cancels a deployment, and why. */
export interface CancelRequest {
  actor: string;
  reason: string;
}

/** Which deployments are listed. */
export interface DeploymentFilter {
  platform?: string;
  environment?: string;
  status?: DeploymentStatus;
  /** Deployments that have all of them. */
  labels?: Labels;
}

/** What is to be sent where, and how to undo it. */
@Injectable()
export class DeploymentService {
  constructor(
    private readonly em: EntityManager,
    private readonly plans: Plans,
    private readonly planning: PlanService,
    private readonly approval: ApprovalRules,
    private readonly freezes: Freezes,
    private readonly record: DeploymentRecord,
    private readonly runner: DeploymentRunner,
    private readonly admission: Admission,
  ) {}

  /**
   * Pushes content types in one call. Answers once the deployment is recorded. A deployment that is begun again under
   * its id, a UUIDv7, is there and sent once. Throws {@link ForceNeedsReasonError}, `ApprovalRequiredError` for a target
   * that needs a plan, `TargetFrozenError`, and what planning throws.
   */
  async deployToProvider(request: DeploymentRequest, id = uuidv7()): Promise<Deployment> {
    if (request.force && !request.reason?.trim()) throw new ForceNeedsReasonError();
    const begun = await this.begun(id);
    if (begun) return begun;
    this.admission.assertOpen();
    const { platform, environment, items, actor, reason, force: forced = false, labels } = request;
    this.approval.assertNoPlanNeeded({ platform, environment });
    await this.freezes.assertOpen({ platform, environment });
    const draft = await this.planning.draft({ platform, environment }, { items }, { withChanges: false });
    return this.begin(draft, { id, actor, reason, forced, labels });
  }

  /**
   * Deploys a plan: what stands at the target already is not sent. Reads the target again first. `id` as in
   * {@link deployToProvider}. Throws {@link PlanStaleError} and what {@link PlanService.assertDeployable} throws.
   */
  async deployPlan(request: PlannedRequest, id = uuidv7()): Promise<Deployment> {
    const begun = await this.begun(id);
    if (begun) return begun;
    this.admission.assertOpen();
    const plan = await this.plans.get(request.planId);
    this.planning.assertDeployable(plan, request);
    await this.freezes.assertOpen(plan);
    const { now, moved } = await this.planning.moved(plan, request.actor);
    const { onDrift = 'stop', actor, labels } = request;
    const isStale = moved.some(({ moved: who }) => who === 'SOURCE') || (moved.length > 0 && onDrift === 'stop');
    if (isStale) throw new PlanStaleError(plan.id, moved);
    return this.beginPlan(plan, now, {
      ...{ id, actor, labels, onDrift, reason: request.reason ?? plan.reason ?? undefined },
      leftOut: new Set(onDrift === 'skip' ? moved.map(refKey) : []),
    });
  }

  /**
   * Deploys, as a new deployment, the version that stood there before of each item that a deployment applied. Types that were
   * new stay by default. What succeeded becomes the latest version of the catalogue. `newId` as in
   * {@link deployToProvider}. Throws what making a plan and {@link PlanService.assertDeployable} throw.
   */
  async rollback(ref: string, request: RollbackRequest, newId = uuidv7()): Promise<Deployment> {
    const begun = await this.begun(newId);
    if (begun) return begun;
    this.admission.assertOpen();
    const { id, platform, environment } = await this.get(ref);
    await this.freezes.assertOpen({ platform, environment });
    const { actor, reason, force, items, deletes, labels, includeNewer } = request;
    const source = { rollbackOf: id, items, deletes };
    // What the record says already is refused before the target is read and a plan is stored.
    const foreseen = await this.planning.draft({ platform, environment }, source);
    this.planning.assertMeant(foreseen.items, { rollbackOf: id, force, includeNewer });
    const plan = await this.planning.create({ platform, environment, actor, reason, force, ...source });
    this.planning.assertDeployable(plan, { includeNewer });
    return this.beginPlan(plan, plan, { id: newId, actor, reason, labels });
  }

  /**
   * What {@link rollback} would send as far as the record knows, and what it would undo besides. Throws
   * {@link DeploymentNotFoundError}, `DeploymentRunningError` and `NothingToRollBackError`.
   */
  async planRollback(ref: string, deletes = false): Promise<Draft> {
    const { id, platform, environment } = await this.get(ref);
    return this.planning.draft({ platform, environment }, { rollbackOf: id, deletes });
  }

  /** By its id or its short number, such as `D-1043`. Throws {@link DeploymentNotFoundError}. */
  async get(ref: string): Promise<Deployment> {
    const number = numberIn(ref);
    const deployment = await findOne(this.em, Deployment, number === undefined ? { id: ref } : { number });
    if (!deployment) throw new DeploymentNotFoundError(ref);
    return deployment;
  }

  /** The rollbacks of a deployment, oldest first. */
  rollbacksOf(id: string): Promise<Deployment[]> {
    return find(this.em, Deployment, { rollbackOf: id }, { orderBy: { createdAt: 'asc', id: 'asc' } });
  }

  /** Newest first, from a start on; everything given must hold. */
  list({ labels, ...filter }: DeploymentFilter, limit: number, start?: PageStart): Promise<Deployment[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['$gt', 'asc'] as const) : (['$lt', 'desc'] as const);
    const where = {
      ...filter,
      ...(labels && { labels: { $contains: labels } }),
      ...(start && { id: { [beyond]: start.key } }),
    };
    return find(this.em, Deployment, where, { orderBy: { id: order }, limit });
  }

  /** Says that what is not sent yet is not to be sent. Throws {@link DeploymentNotFoundError} and {@link DeploymentEndedError}. */
  async cancel(ref: string, { actor, reason }: CancelRequest): Promise<Deployment> {
    const { id } = await this.get(ref);
    const { rows } = await untilWritten(() => query(this.em, CANCEL, [id, storableText(actor), storableText(reason)]));
    const deployment = await this.get(id);
    if (rows.length === 0 && !deployment.cancelledAt) throw new DeploymentEndedError(id);
    return deployment;
  }

  /** A deployment that exists already is left to the request that began it. */
  private begun(id: string): Promise<Deployment | null> {
    return findOne(this.em, Deployment, { id });
  }

  private beginPlan(
    plan: PlanDetail,
    draft: Pick<PlanDetail, 'items'>,
    deployment: Omit<NewDeployment, 'forced' | 'planId' | 'isRead'>,
  ): Promise<Deployment> {
    const { id: planId, platform, environment, digest, order, forced, source } = plan;
    return this.begin(
      { platform, environment, digest, order, items: draft.items },
      { ...deployment, ...originOf(source, environment), planId, forced, isRead: true },
    );
  }

  private async begin(draft: Draft, deployment: NewDeployment): Promise<Deployment> {
    await this.record.add(draft, deployment);
    // What is recorded runs, here or elsewhere, whatever the connections do.
    await this.runner.look().catch(() => undefined);
    return untilWritten(() => this.get(deployment.id));
  }
}

type Origin = Pick<NewDeployment, 'rollbackOf' | 'promotedFrom'>;

function originOf({ rollbackOf, fromEnvironment }: PlanSource, environment: string): Origin {
  return { rollbackOf, promotedFrom: fromEnvironment === environment ? undefined : fromEnvironment };
}
