import type { Impact, ItemRef, Target, UnknownMembers } from '#platform';
import type { NewerState } from './newer-state.ts';

/**
 * What a deployment of the plan does with an item. It sends what it creates, updates or deletes; the target has the others
 * and keeps them: `RETIRED` in the catalogue, `KEPT` where only the target has it, `BUILT_IN` where it is the platform's own.
 */
export const PLAN_ACTIONS = ['CREATE', 'UPDATE', 'DELETE', 'UNCHANGED', 'RETIRED', 'KEPT', 'BUILT_IN'] as const;
export type PlanAction = (typeof PLAN_ACTIONS)[number];

const SENT: ReadonlySet<PlanAction> = new Set(['CREATE', 'UPDATE', 'DELETE']);

/** What stood at the target when the plan was made. */
export interface SeenState {
  state: 'PRESENT' | 'ABSENT' | 'UNKNOWN';
  /** Null where nothing stands there, or it is not known. */
  versionHash: string | null;
  /** The sync that shows it; null where the record knows nothing of the item. */
  syncId: string | null;
}

/** What somebody changed at the target beside our deployments. */
export interface PlannedDrift {
  /** The version that was put there last. */
  expectedHash: string;
  /** Who changed it and when, as far as the platform tells. */
  changedBy: string | null;
  changedAt: string | null;
}

export interface PlannedItem extends ItemRef, UnknownMembers {
  action: PlanAction;
  /** The version that the target has afterwards; null where the plan sends none. */
  versionHash: string | null;
  seen: SeenState;
  /** Null where the content at the target is no version that the service knows. */
  impact: Impact | 'none' | null;
  /** How many values change; null as before. */
  changes: number | null;
  drift: PlannedDrift | null;
  /** References to what neither the target has nor the plan sends. */
  missingReferences: ItemRef[];
  /** Whether the item refers to itself by way of others. */
  inCircle: boolean;
  /** In the plan of a rollback: what it would undo besides. */
  newer: NewerState | null;
}

/** An item of a plan in a problem, which is flat. */
export interface ShownItem {
  action: PlanAction;
  versionHash: string | null;
  /** What stood at the target. */
  state: SeenState['state'];
  previousHash: string | null;
}

/** An item that is not as it was when the plan was made. */
export interface MovedItem extends ItemRef {
  /** Who moved: the target, or the source of the versions. */
  moved: 'TARGET' | 'SOURCE';
  planned: ShownItem | null;
  now: ShownItem | null;
  /** Who changed it on the platform, as far as that tells. */
  changedBy: string | null;
}

/** A plan that is not stored. */
export interface Draft extends Target {
  /** By kind and key. */
  items: PlannedItem[];
  /** SHA-256 over what was seen at the target and what is to be sent. */
  digest: string;
  /**
   * The keys of what is sent, by `refKey`, such that a reference comes after what it refers to. Those of one group refer to each
   * other in a circle, and go together.
   */
  order: string[][];
}

export function isSent({ action }: Pick<PlannedItem, 'action'>): boolean {
  return SENT.has(action);
}

/** Whether the digest of a plan counts the item: the others may change as they like. */
export function isBound({ action }: Pick<PlannedItem, 'action'>): boolean {
  return isSent({ action }) || action === 'UNCHANGED';
}

/** Whether content at the target may be lost. */
export function isBreaking(item: Pick<PlannedItem, 'action' | 'impact'>): boolean {
  return isSent(item) && (item.action === 'DELETE' || item.impact === 'breaking');
}
