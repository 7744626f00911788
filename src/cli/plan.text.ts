import type { Schemas } from '#client';
import { targetName } from './deployment.text.ts';
import { counted, itemKey, nameOf } from './item.text.ts';
import { unknownLine } from './commands/import.command.ts';

/** Changes of one item that are listed. */
const MAX_CHANGES = 20;

export type PlannedItem = Schemas['PlannedItemDto'];
/** What a deployment would change. */
export type Draft = Schemas['DraftDto'] | Plan;
/** A draft that is stored, and can be approved and deployed. */
export type Plan = Schemas['PlanDetailDto'];
export type Change = Schemas['VersionChangeDto'];

/** What is known of a plan beside it, by {@link itemKey}. */
export interface PlanNotes {
  changes: Map<string, Change[]>;
  /** Items whose drift no rule expects. */
  drifted: Set<string>;
}

const SIGNS = new Map<PlannedItem['action'], string>([
  ['CREATE', '+'],
  ['UPDATE', '~'],
  ['DELETE', '−'],
]);

export function isSent({ action }: PlannedItem): boolean {
  return SIGNS.has(action);
}

export function planLines(plan: Draft, { changes, drifted }: PlanNotes): string[] {
  return [
    ...plan.items.flatMap((item) => [
      ...itemLines(item, drifted.has(itemKey(item))),
      ...changeLines(changes.get(itemKey(item)) ?? []),
      ...item.missingReferences.map(
        (ref) => `     refers to ${nameOf(ref)}, which neither the target nor the plan has`,
      ),
    ]),
    ...plan.items.filter(({ unknownFields }) => unknownFields.length > 0).map(unknownLine),
    ...plan.items
      .filter(({ action }) => action === 'BUILT_IN')
      .map((item) => `skipped  ${nameOf(item)}: it belongs to the platform itself`),
    summary(plan, drifted.size),
    ...('id' in plan ? stateLines(plan) : []),
  ];
}

/** What has become of a stored plan, and the next command. */
export function stateLines(plan: Plan): string[] {
  const { approval, actor, reason, decidedBy, decisionReason, deploymentId, expired, expiresAt } = plan;
  return [
    `  by ${actor}${reason === null ? '' : `: ${reason}`}`,
    ...(decidedBy === null ? [] : [`  ${approval} by ${decidedBy}: ${decisionReason}`]),
    ...(deploymentId !== null
      ? [`  Deployed: synctrail status ${deploymentId}`]
      : approval === 'REFUSED'
        ? []
        : expired
          ? [`  Expired at ${expiresAt}. Make a new plan.`]
          : waysOn(plan).map((line) => `  ${line}`)),
  ];
}

/** Deployed already, or nobody needs to decide anything before. */
export function isSettled(plan: Plan): boolean {
  return plan.deploymentId !== null || isDeployable(plan);
}

function isDeployable({ approval, expired }: Plan): boolean {
  return !expired && (approval === 'APPROVED' || approval === 'NOT_NEEDED');
}

function waysOn({ id, approval, counts, forced, items, expiresAt }: Plan): string[] {
  if (counts.breaking > 0 && !forced) return ['Content may be lost. Make the plan again with --force and --reason.'];
  const newer = items.some((item) => item.newer !== null) ? ' --include-newer' : '';
  return [
    ...(approval === 'PENDING' ? [`Another person approves it with: synctrail approve ${id} --reason TEXT`] : []),
    `Until ${expiresAt}, deploy it with: synctrail deploy --plan ${id}${newer} --wait`,
  ];
}

function summary(plan: Draft, drifted: number): string {
  const { create, update, delete: deleted, breaking, unchanged, kept, retired } = plan.counts;
  const name = 'id' in plan ? `Plan ${plan.id}` : 'Plan';
  const others = `${kept > 0 ? `, ${kept} kept` : ''}${retired > 0 ? `, ${retired} retired` : ''}`;
  const drift = drifted > 0 ? `; ${drifted} changed at the target by others` : '';
  const counts = `+${create} ~${update} −${deleted}, ${breaking} breaking; ${unchanged} unchanged${others}${drift}`;
  return `${name} for ${targetName(plan)}: ${counts}`;
}

function itemLines(item: PlannedItem, isDrifted: boolean): string[] {
  const notes = [
    ...(item.drift ? [`${driftText(item, item.drift)}${isDrifted ? '' : ', as expected'}`] : []),
    ...(item.newer ? [newerText(item.newer)] : []),
    ...(item.inCircle ? ['refers to itself in a circle'] : []),
  ];
  if (!isSent(item) && notes.length === 0) return [];
  return [`${SIGNS.get(item.action) ?? '='}  ${nameOf(item)}: ${[actionText(item), ...notes].join('; ')}`];
}

function actionText({ action, changes, impact }: PlannedItem): string {
  if (action === 'CREATE') return 'new';
  if (action === 'UPDATE') {
    if (changes === null) return 'changes from unknown content';
    return `${counted(changes, 'change')}, ${impact ?? 'unknown'}`;
  }
  return action === 'DELETE' ? 'deleted' : action.toLowerCase();
}

function driftText({ seen }: PlannedItem, { changedBy, changedAt }: NonNullable<PlannedItem['drift']>): string {
  if (seen.state === 'ABSENT') return 'deleted at the target by others';
  return `changed at the target by ${changedBy ?? 'others'}${changedAt === null ? '' : ` at ${changedAt}`}`;
}

function newerText({ deploymentId, changedBy, changedAt }: NonNullable<PlannedItem['newer']>): string {
  const how = deploymentId === null ? '' : ` in deployment ${deploymentId}`;
  return `newer state by ${changedBy ?? 'others'}${how} of ${changedAt} would be lost`;
}

function changeLines(changes: Change[]): string[] {
  const left = changes.length - MAX_CHANGES;
  return [
    ...changes.slice(0, MAX_CHANGES).map(({ path, change, impact }) => `     ${path}: ${change}, ${impact}`),
    ...(left > 0 ? [`     and ${left} more`] : []),
  ];
}
