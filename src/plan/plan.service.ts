import { Inject, Injectable, Optional } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { recordedCaller } from '#access';
import { ConcurrencyLimit } from '#http';
import { ApiKeys } from '#keys';
import { inBackground } from '#pace';
import { PlatformRegistry, type Target } from '#platform';
import { refKey } from '#versioning';
import { ApprovalRules, PLAN_SETTINGS, type PlanSettings } from './approval-rules.ts';
import { type Draft, isBound, isBreaking, isSent, type MovedItem, type PlannedItem, type ShownItem } from './plan.ts';
import {
  ApprovalByAuthorError,
  ApprovalRequiredError,
  ForceNeededError,
  ForceNeedsReasonError,
  PlanExpiredError,
  PlanRefusedError,
  PlanUsedError,
  TooManyPlansError,
  WouldLoseNewerError,
} from './plan.errors.ts';
import { Planner, type PlanOptions } from './planner.ts';
import { PlanSources, type PlanSource } from './plan-sources.ts';
import { type Decision, type PlanDetail, Plans } from './plans.ts';

export interface PlanRequest extends Target, PlanSource {
  actor: string;
  reason?: string;
  /** Changes that lose data are meant. */
  force?: boolean;
}

/** What the caller of a plan has said to mean. */
interface Meant {
  rollbackOf?: string;
  force?: boolean;
  includeNewer?: boolean;
  /** The plan, where it is stored. */
  planId?: string;
}

/** Plans, and deployments of plans, that one process compares with their targets at a time. */
const MAX_AT_ONCE = 8;
/** Milliseconds that a request for a plan rests at the most, while others record. */
const MAX_REST_MS = 3_000;

/** Makes plans from what the target holds, and says what may be deployed. */
@Injectable()
export class PlanService {
  private readonly slots = new ConcurrencyLimit(MAX_AT_ONCE);

  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly sources: PlanSources,
    private readonly planner: Planner,
    private readonly plans: Plans,
    private readonly rules: ApprovalRules,
    @Inject(PLAN_SETTINGS) private readonly settings: PlanSettings,
    @Optional() @Inject(ApiKeys) private readonly keys?: ApiKeys,
  ) {}

  /** What a deployment would send as far as the record knows. It reads no target and stores nothing. */
  async draft(target: Target, source: PlanSource, options: PlanOptions = {}): Promise<Draft> {
    this.platforms.at(target);
    const wanted = await this.sources.wanted(target, source);
    return this.planner.plan(target, wanted, { deletes: source.deletes, ...options });
  }

  /**
   * Reads the target and stores what a deployment would do there. Safe to repeat with the same id, a UUIDv7. Throws
   * {@link ForceNeedsReasonError}, {@link TooManyPlansError}, what the sources and planning throw, and the error
   * of a target that cannot be read.
   */
  async create(request: PlanRequest, id = uuidv7()): Promise<PlanDetail> {
    if (await this.plans.find(id)) return this.plans.get(id);
    if (request.force && !request.reason?.trim()) throw new ForceNeedsReasonError();
    const { platform, environment, actor, reason, force: forced = false, ...asked } = request;
    const target = { platform, environment };
    this.platforms.at(target);
    const source = await this.sources.named(asked);
    // What cannot be planned reads nothing.
    await this.sources.wanted(target, source);
    const { draft, readCallId } = await this.inTurn(async () => {
      const callId = await this.read(target, actor, reason);
      if (isPromotion(source, target)) {
        await this.read({ platform, environment: source.fromEnvironment! }, actor, reason);
      }
      return { draft: await this.draft(target, source, { isRead: true }), readCallId: callId };
    });
    const isNeeded = this.rules.isNeeded(target, forced || draft.items.some(isBreaking));
    const approval = isNeeded && draft.items.some(isSent) ? 'PENDING' : 'NOT_NEEDED';
    return this.plans.add(id, draft, {
      ...{ source, actor, reason, forced, readCallId, approval, principal: recordedCaller().principal },
      validMs: this.settings.planValidMs,
    });
  }

  /** Lets a second person say yes. Throws {@link ApprovalByAuthorError}, and what {@link Plans.decide} throws. */
  async approve(id: string, decision: Decision): Promise<PlanDetail> {
    const { principal } = recordedCaller();
    const { actor, principal: author } = await this.plans.get(id);
    const isAuthor =
      isSameName(actor, decision.actor) || (author && principal && (await this.keys?.mayBeOne(author, principal)));
    if (isAuthor) throw new ApprovalByAuthorError(id, actor);
    return this.plans.decide(id, 'APPROVED', { ...decision, principal });
  }

  /** Throws what {@link Plans.decide} throws. */
  refuse(id: string, decision: Decision): Promise<PlanDetail> {
    return this.plans.decide(id, 'REFUSED', { ...decision, principal: recordedCaller().principal });
  }

  /**
   * Throws {@link PlanExpiredError}, {@link PlanUsedError}, {@link PlanRefusedError}, {@link ApprovalRequiredError},
   * {@link ForceNeededError} and {@link WouldLoseNewerError} for a plan that must not be deployed.
   */
  assertDeployable(plan: PlanDetail, { includeNewer = false } = {}): void {
    if (plan.deploymentId !== null) throw new PlanUsedError(plan.id, plan.deploymentId);
    if (plan.approval === 'REFUSED') throw new PlanRefusedError(plan);
    if (plan.isExpired) throw new PlanExpiredError(plan.id, plan.expiresAt);
    this.assertMeant(plan.items, {
      rollbackOf: plan.source.rollbackOf,
      force: plan.forced,
      includeNewer,
      planId: plan.id,
    });
    if (plan.approval === 'PENDING') throw new ApprovalRequiredError(plan, plan.id);
  }

  /** Throws {@link ForceNeededError} and {@link WouldLoseNewerError} for changes that nobody has said to mean. */
  assertMeant(items: PlannedItem[], { rollbackOf, force, includeNewer, planId }: Meant): void {
    const newer = items.flatMap((item) => item.newer ?? []);
    if (newer.length > 0 && !includeNewer) throw new WouldLoseNewerError(rollbackOf!, newer);
    const breaking = items.filter(isBreaking);
    if (breaking.length > 0 && !force) throw new ForceNeededError(breaking, planId);
  }

  /** Reads the target again, and tells what is not as it was planned. */
  async moved(plan: PlanDetail, actor: string): Promise<{ now: Draft; moved: MovedItem[] }> {
    const { platform, environment, source } = plan;
    const now = await this.inTurn(async () => {
      await this.read({ platform, environment }, actor, `Before the deployment of the plan ${plan.id}`);
      return this.draft({ platform, environment }, source, { isRead: true });
    });
    return { now, moved: now.digest === plan.digest ? [] : movedItems(plan.items, now.items) };
  }

  /** A small request makes the platform give everything away, so only a few are answered at a time, and others come before. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.slots.take();
    if (!leave) throw new TooManyPlansError(MAX_AT_ONCE);
    return inBackground(work, MAX_REST_MS).finally(leave);
  }

  private async read({ platform, environment }: Target, actor: string, reason?: string): Promise<string> {
    const callId = uuidv7();
    const caller = { actor, caller: recordedCaller() };
    const context = {
      ...caller,
      environment,
      trigger: 'API' as const,
      callId,
      reason: `Plan: ${reason ?? 'no reason'}`,
    };
    await this.platforms.at({ platform, environment }).pull({ items: [], context });
    return callId;
  }
}

function isPromotion({ fromEnvironment, at }: PlanSource, { environment }: Target): boolean {
  return fromEnvironment !== undefined && fromEnvironment !== environment && !at;
}

/** The same name in another spelling is the same person. */
function isSameName(a: string, b: string): boolean {
  const plainName = (name: string) => name.normalize('NFKC').trim().toLowerCase();
  return plainName(a) === plainName(b);
}

function movedItems(planned: PlannedItem[], now: PlannedItem[]): MovedItem[] {
  const before = new Map(planned.map((item) => [refKey(item), item]));
  const after = new Map(now.map((item) => [refKey(item), item]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [a, b] = [before.get(key), after.get(key)];
    if (a && b && isSamePlan(a, b)) return [];
    if (![a, b].some((item) => item && isBound(item))) return [];
    const { kind, typeKey } = (a ?? b)!;
    const isTarget = (a?.versionHash ?? null) === (b?.versionHash ?? null);
    return [
      {
        ...{ kind, typeKey, moved: isTarget ? ('TARGET' as const) : ('SOURCE' as const) },
        planned: a ? shown(a) : null,
        now: b ? shown(b) : null,
        changedBy: b?.drift?.changedBy ?? null,
      },
    ];
  });
}

function isSamePlan(a: PlannedItem, b: PlannedItem): boolean {
  return (
    a.action === b.action &&
    a.versionHash === b.versionHash &&
    a.seen.state === b.seen.state &&
    a.seen.versionHash === b.seen.versionHash
  );
}

function shown({ action, versionHash, seen }: PlannedItem): ShownItem {
  return { action, versionHash, state: seen.state, previousHash: seen.versionHash };
}
