import type { Schemas } from '#client';
import { liveItems } from './commands/live.command.ts';
import { itemKey } from './item.text.ts';
import type { Change, Draft, Plan, PlannedItem, PlanNotes } from './plan.text.ts';
import { READING_TIMEOUT_MS, type ServiceClient } from './service.client.ts';

/** Content types whose changes are asked for. */
const MAX_COMPARED = 100;

/** What a plan is made of; a member that is undefined is not sent. */
export type PlanRequest = Schemas['PlanRequestDto'];

/** Makes a stored plan, for which the service reads the target. */
export function makePlan(service: ServiceClient, body: PlanRequest): Promise<Plan> {
  const options = { body, timeoutMs: READING_TIMEOUT_MS };
  return service.postOnce<Plan>('/plans', options, 'The request may have made a plan, and has sent nothing.');
}

export function planPath(id: string): string {
  return `/plans/${encodeURIComponent(id)}`;
}

/** What else a reader of the plan wants to know. */
export async function notesOf(service: ServiceClient, plan: Draft): Promise<PlanNotes> {
  return { changes: await changesIn(service, plan), drifted: await driftedIn(service, plan) };
}

/** Items of a plan that somebody else changed at the target, and whose drift no rule expects. */
export async function driftedIn(service: ServiceClient, plan: Draft): Promise<Set<string>> {
  const { platform, environment } = plan;
  const drifted = new Set(plan.items.filter(({ drift }) => drift !== null).map(itemKey));
  if (drifted.size === 0) return drifted;
  const { items } = await liveItems(service, { platform, environment, drift: true, accepted: true });
  for (const item of items) drifted.delete(itemKey(item));
  return drifted;
}

async function changesIn(service: ServiceClient, { platform, items }: Draft): Promise<Map<string, Change[]>> {
  const changes = new Map<string, Change[]>();
  for (const item of items.filter(isComparable).slice(0, MAX_COMPARED)) {
    const { kind, typeKey, previousHash, versionHash } = item;
    const query = { platform, kind, from: previousHash!, to: versionHash! };
    const path = `/content-types/${encodeURIComponent(typeKey)}/diff`;
    changes.set(itemKey(item), (await service.get<Schemas['VersionDiffDto']>(path, query)).changes);
  }
  return changes;
}

function isComparable({ action, changes }: PlannedItem): boolean {
  return action === 'UPDATE' && changes !== null;
}
