import type { Schemas } from '../api/client.ts';
import type { Status } from '../badges/status-badge.tsx';

export type Deployment = Schemas['DeploymentDetailDto'];
export type Item = Schemas['DeploymentItemDto'];

/** Items that came to the same for the same reason. */
export interface ItemGroup {
  key: string;
  status: Status;
  title: string;
  /** The cause: the code of the error, and the words of the platform. */
  code: string | null;
  message: string | null;
  items: Item[];
  /** Items that were not applied because of these. */
  caused: Item[];
}

/** The code of items that nobody refused; their message names those that were. */
const OF_OTHERS = 'NOT_APPLIED';
/** What needs somebody first. */
const ORDER: Status[] = ['FAILED', 'PARTIAL', 'IN_PROGRESS', 'QUEUED', 'NOT_SENT', 'SUCCESS', 'UNCHANGED'];

/** The items of a deployment by outcome and cause. */
export function groupsOf({ status, items }: Deployment): ItemGroup[] {
  const groups = new Map<string, ItemGroup>();
  for (const item of items) {
    const title = titleOf(item, status);
    const key = JSON.stringify([title, item.errorCode, plainMessage(item)]);
    const group = groups.get(key) ?? {
      ...{ key, title, code: item.errorCode, message: item.errorMessage },
      ...{ status: status === 'QUEUED' ? ('QUEUED' as const) : item.status, items: [], caused: [] },
    };
    groups.set(key, group);
    group.items.push(item);
  }
  const all = [...groups.values()];
  const causes = all.filter(({ status: of, code }) => of === 'FAILED' && code !== OF_OTHERS);
  const rest = all.filter((group) => group.code !== OF_OTHERS || !assign(group, causes));
  return rest.sort((a, b) => rank(a) - rank(b));
}

export function hasFailed({ status }: Item): boolean {
  return status === 'FAILED' || status === 'PARTIAL' || status === 'NOT_SENT';
}

/** Whether the items found their cause. */
function assign({ items, message }: ItemGroup, causes: ItemGroup[]): boolean {
  const cause = causes.find((group) => group.items.some(({ typeKey }) => message?.includes(`"${typeKey}"`)));
  cause?.caused.push(...items);
  return cause !== undefined;
}

function rank({ status, items: [first] }: ItemGroup): number {
  // Something else stands there than what was sent.
  return first?.verification === 'DIVERGED' ? -1 : ORDER.indexOf(status);
}

/** The words of the platform often name the item. */
function plainMessage({ typeKey, errorMessage }: Item): string | null {
  return errorMessage?.replaceAll(typeKey, '…') ?? null;
}

function titleOf(item: Item, of: Deployment['status']): string {
  if (of === 'QUEUED') return 'Waiting';
  const { status, syncId, verification, outcome, errorCode } = item;
  if (status === 'SUCCESS') return SUCCEEDED[verification ?? 'UNREAD'];
  if (status === 'PARTIAL') return 'Applied in part';
  if (status === 'UNCHANGED') return 'Unchanged: the target had them already';
  if (status === 'IN_PROGRESS') return syncId === null ? 'To be sent' : 'In progress';
  if (errorCode === 'DRIFTED') return 'Left out: changed at the target since the plan was made';
  if (status === 'NOT_SENT' || syncId === null) return 'Not sent';
  return outcome === 'UNKNOWN' ? 'Unknown: the platform may have applied them' : 'Not applied';
}

const SUCCEEDED = {
  VERIFIED: 'Applied and verified: the target holds what was sent',
  DIVERGED: 'Diverged: the target holds something else than what was sent',
  UNVERIFIABLE: 'Applied; the target could not be read back',
  UNREAD: 'Applied; the target was not read back',
};
