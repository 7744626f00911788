import type { DriftedItem } from '#drift';
import type { ItemRef, Target } from '#platform';
import { refKey } from '#versioning';
import { isDrift, type LiveState } from './live-state.ts';

/** An item that may not stand as it was put, or of which nobody knows what stands there. */
export interface QuestionableItem
  extends ItemRef, Pick<LiveState, 'state' | 'versionHash' | 'putHash' | 'evidence' | 'since' | 'syncId'> {
  /** The content type is no longer wanted. */
  isRetired: boolean;
}

/** The items of a target that are not as they were put. */
export interface OutOfSync {
  /** Items that differ from what was last put there; the absent ones are among them. */
  drift: QuestionableItem[];
  /** Items that were put there and that the target lacks. */
  absent: QuestionableItem[];
  /** Items of which nobody knows what stands there. */
  unknown: QuestionableItem[];
  /** When the newest pull of everything ended, in microseconds; null when there was none. */
  observedAt: number | null;
}

/** The filter of the live state by which each of them is listed. */
const LISTED_BY = {
  drift: { drift: 'true', accepted: 'false' },
  absent: { state: 'ABSENT', drift: 'true', accepted: 'false' },
  unknown: { state: 'UNKNOWN' },
} as const;

/** The address of the API that lists items of a target. */
export function listAddress({ platform, environment }: Target, listed: keyof typeof LISTED_BY): string {
  return `/api/v1/live?${new URLSearchParams({ platform, environment, ...LISTED_BY[listed] }).toString()}`;
}

/** `accepted` are the items whose drift is expected, by `refKey`. */
export function outOfSync(
  items: QuestionableItem[],
  accepted: ReadonlySet<string>,
  observedAt: number | null,
): OutOfSync {
  const drift = items.filter((item) => isUnexpectedDrift(item, accepted));
  return {
    drift,
    absent: drift.filter(({ state }) => state === 'ABSENT'),
    unknown: items.filter(({ state }) => state === 'UNKNOWN'),
    observedAt,
  };
}

/** Drift that somebody has to look at: the only place that leaves out what is expected. */
function isUnexpectedDrift(item: QuestionableItem, accepted: ReadonlySet<string>): boolean {
  return !accepted.has(refKey(item)) && isUnwanted(item, item.isRetired);
}

/** What the rules of a target have to expect, so that the drift of an item counts apart. */
export function driftedItem({ kind, typeKey, putHash, versionHash }: ItemRef & PutAndHeld): DriftedItem {
  return { kind, typeKey, expectedHash: putHash!, heldHash: versionHash };
}

type PutAndHeld = Pick<LiveState, 'putHash' | 'versionHash'>;

/** Whether an item has drift. */
export function isUnwanted(item: Parameters<typeof isDrift>[0], isRetired: boolean): boolean {
  // Somebody retired it, and removed it.
  if (isRetired && item.state === 'ABSENT') return false;
  return isDrift(item);
}
