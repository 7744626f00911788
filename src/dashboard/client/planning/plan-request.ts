import type { Schemas } from '../api/client.ts';
import { formatMoment, shortId } from '../ui/format.ts';

type Plan = Schemas['PlanDetailDto'];
export type PlannedItem = Schemas['PlannedItemDto'];
/** A plan that is asked for, but for who asks and why. */
export type PlanRequest = Omit<Schemas['PlanRequestDto'], 'actor' | 'reason' | 'force'>;

/** As many items as a request may name. */
const MOST_ITEMS = 1_000;
const SENT: ReadonlySet<PlannedItem['action']> = new Set(['CREATE', 'UPDATE', 'DELETE']);
/** Only a plan of everything that its source has lists these. */
const OF_WHOLE: ReadonlySet<PlannedItem['action']> = new Set(['RETIRED', 'KEPT', 'BUILT_IN']);

export function isSent({ action }: PlannedItem): boolean {
  return SENT.has(action);
}

export function isBreaking(item: PlannedItem): boolean {
  return isSent(item) && (item.action === 'DELETE' || item.impact === 'breaking');
}

/** By which an item is told from the others of its plan or deployment. */
export function keyOf({ kind, typeKey }: { kind: string; typeKey: string }): string {
  return `${kind} ${typeKey}`;
}

/** The same plan as the source and the target are now; for chosen items, with nothing else. */
export function requestAgain(plan: Plan, chosen?: PlannedItem[]): PlanRequest {
  const { platform, environment, source } = plan;
  const { deployment, rollbackOf, fromEnvironment, at, deletes } = source;
  const items = chosen ?? (isWhole(plan) ? undefined : plan.items.filter(isBound));
  return {
    ...{ platform, environment },
    ...(deployment !== null && { deployment }),
    ...(rollbackOf !== null && { rollbackOf }),
    ...(fromEnvironment !== null && { fromEnvironment }),
    ...(at !== null && { at }),
    // Chosen items are deleted only by a rollback.
    ...(deletes && (items === undefined || rollbackOf !== null) && { deletes }),
    ...(items && { items: items.map(({ kind, typeKey }) => ({ kind, typeKey })) }),
  };
}

/** Where the versions of a plan come from, in words. */
export function sourceName({ source, platform }: Pick<Plan, 'source' | 'platform'>): string {
  const { root, deployment, rollbackOf, fromEnvironment, at } = source;
  if (rollbackOf !== null) return `What stood there before the deployment ${shortId(rollbackOf)}: a rollback`;
  if (deployment !== null) return `What the deployment ${shortId(deployment)} has sent`;
  const time = at === null ? '' : `, as it was ${formatMoment(at)}`;
  if (fromEnvironment !== null) return `The environment ${fromEnvironment}${time}: a promotion`;
  if (at !== null) return `The target itself${time}`;
  return root === null ? `The catalogue of ${platform}` : `The catalogue of ${platform} with the root ${root}`;
}

/** The API does not say which items a plan was asked for; what only a whole source brings tells. */
function isWhole({ source, items }: Plan): boolean {
  return (
    source.root !== null ||
    (source.deletes && source.rollbackOf === null) ||
    items.some(({ action }) => OF_WHOLE.has(action)) ||
    items.filter(isBound).length > MOST_ITEMS
  );
}

function isBound(item: PlannedItem): boolean {
  return isSent(item) || item.action === 'UNCHANGED';
}
