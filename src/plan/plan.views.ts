import { type Draft, isBreaking, type PlanAction, type PlannedItem } from './plan.ts';
import type { DraftDto, PlanCountsDto, PlanDetailDto, PlanDto, PlannedItemDto, PlanSourceDto } from './plan.dto.ts';
import type { PlanSource } from './plan-sources.ts';
import type { Plan, PlanDetail } from './plans.ts';

export function planDto(plan: Plan): PlanDto {
  const { id, platform, environment, actor, reason, forced, readCallId, approval, createdAt, expiresAt } = plan;
  const { principal, decidedAt, decidedBy, decidedPrincipal, decisionReason, deploymentId } = plan;
  return {
    ...{ id, platform, environment, actor, reason, forced, readCallId, approval, createdAt, expiresAt },
    ...{ principal, decidedAt, decidedBy, decidedPrincipal, decisionReason, deploymentId },
    source: sourceDto(plan.source),
    planDigest: plan.digest,
    expired: plan.isExpired,
  };
}

export function planDetailDto(plan: PlanDetail): PlanDetailDto {
  return { ...planDto(plan), counts: countsOf(plan.items), items: plan.items.map(itemDto) };
}

export function draftDto({ platform, environment, digest, items }: Draft): DraftDto {
  return { platform, environment, planDigest: digest, counts: countsOf(items), items: items.map(itemDto) };
}

function sourceDto({ root, deployment, rollbackOf, fromEnvironment, at, deletes }: PlanSource): PlanSourceDto {
  return {
    root: root ?? null,
    deployment: deployment ?? null,
    rollbackOf: rollbackOf ?? null,
    fromEnvironment: fromEnvironment ?? null,
    at: at?.toISOString() ?? null,
    deletes: deletes ?? false,
  };
}

function itemDto(item: PlannedItem): PlannedItemDto {
  const newer = item.newer && { ...item.newer, changedAt: new Date(item.newer.changedAt) };
  return { ...item, previousHash: item.seen.versionHash, newer };
}

function countsOf(items: PlannedItem[]): PlanCountsDto {
  const count = (wanted: PlanAction) => items.filter(({ action }) => action === wanted).length;
  return {
    create: count('CREATE'),
    update: count('UPDATE'),
    delete: count('DELETE'),
    unchanged: count('UNCHANGED'),
    retired: count('RETIRED'),
    kept: count('KEPT'),
    builtIn: count('BUILT_IN'),
    breaking: items.filter(isBreaking).length,
    drift: items.filter(({ drift }) => drift !== null).length,
  };
}
