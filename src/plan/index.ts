/** What a deployment would change at a target, bound to what the target holds; refuses to be deployed when that has moved. */
export { ApprovalRules, type ApprovalTarget, readApprovalTargets } from './approval-rules.ts';
export { DeploymentRef, numberIn, shortNumber } from './deployment-number.ts';
export type { NewerState } from './newer-state.ts';
export {
  type Draft,
  isBound,
  isSent,
  type MovedItem,
  type PlanAction,
  type PlannedItem,
  type SeenState,
} from './plan.ts';
export { DraftDto, ItemRequestDto, SeenStateDto } from './plan.dto.ts';
export {
  DeploymentNotFoundError,
  PlanNotFoundError,
  ForceNeedsReasonError,
  movedText,
  PlanStaleError,
  PlanUsedError,
} from './plan.errors.ts';
export { PlanModule } from './plan.module.ts';
export { type PlanRequest, PlanService } from './plan.service.ts';
export { draftDto } from './plan.views.ts';
export type { ItemRequest, PlanSource } from './plan-sources.ts';
export { type PlanDetail, Plans } from './plans.ts';
export { DEPLOY_REFUSALS, PLAN_REFUSALS } from './plan.refusals.ts';
