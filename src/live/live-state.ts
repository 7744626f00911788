import type { Outcome } from '#platform';
import { type Direction, type Evidence, EVERYTHING, OUTCOME_OF, type SyncStatus } from '#recording';

export const LIVE_STATES = ['PRESENT', 'ABSENT', 'UNKNOWN'] as const;

/** What stands at a target for one item, and how we know. Numbers are microseconds by the clock of the database. */
export interface LiveState {
  state: (typeof LIVE_STATES)[number];
  /** The version that stands there; null where that is not known, or nothing stands there. */
  versionHash: string | null;
  /** The snapshot that was sent or received. */
  digest: string | null;
  evidence: Evidence | null;
  /** Since when the record shows this state, without another in between. */
  since: number;
  /** The newest sync that shows it. */
  syncId: string;
  /** Who changed it on the platform and when, as far as the platform tells. */
  changedBy: string | null;
  changedAt: string | null;
  /** The version that a push of ours, or of a system that reports to us, put there last. */
  putHash: string | null;
  /** When the last push ended, and the last one that another system ran. */
  pushEnded: number | null;
  externalEnded: number | null;
}

/** What an event tells of an item at a target. */
export interface Fact {
  type: 'settled' | 'linked' | 'learned' | 'adopted';
  syncId: string;
  typeKey: string;
  direction: Direction;
  status: SyncStatus;
  outcome: Outcome | null;
  evidence: Evidence | null;
  versionHash: string | null;
  digest: string | null;
  /** A push that deletes the item. */
  isRemoval: boolean;
  isExternal: boolean;
  startedAt: number;
  endedAt: number;
  /** A read-back saw this version there, or it was adopted; null for none, absent without a read-back. */
  held?: string | null;
  /** A newer push has overtaken it: what it may have left behind is gone. */
  isOvertaken: boolean;
  /** A pull was told that the platform does not have the item. */
  isAbsent: boolean;
  /** A pull that a push of the item was under way beside. */
  isOverlapped: boolean;
  /** When the pull began to read, where that was before its sync. */
  readSince: number | null;
  changedBy: string | null;
  changedAt: string | null;
}

/** The live state after one more event: the only place that says what an event means. The same object when nothing changes. */
export function afterFact(before: LiveState | undefined, fact: Fact): LiveState | undefined {
  if (fact.type === 'linked') return linked(before, fact);
  if (fact.type === 'learned') return learned(before, fact);
  if (fact.type === 'adopted') return adopted(before, fact);
  if (fact.typeKey === EVERYTHING) return before;
  // An older trail that is brought in later changes nothing that is known since.
  if (fact.isExternal && before && fact.endedAt < before.since) return before;
  if (fact.direction === 'PULL') return afterPull(before, fact);
  const after = afterPush(before, fact);
  return after && { ...after, ...endOfPush(before, fact) };
}

/** Whether two states are the same for everybody who asks what is live: the history has a row for each other one. */
export function isSameState(a: LiveState, b: LiveState): boolean {
  if (a.state !== b.state) return false;
  // Each unknown push is a question of its own.
  if (a.state === 'UNKNOWN') return a.syncId === b.syncId;
  return a.versionHash === b.versionHash && (a.versionHash !== null || a.digest === b.digest);
}

/** Whether what stands there is not what was last put there. */
export function isDrift({
  state,
  versionHash,
  putHash,
  evidence,
}: Pick<LiveState, 'state' | 'versionHash' | 'putHash' | 'evidence'>): boolean {
  if (putHash === null || evidence !== 'OBSERVED') return false;
  return state === 'ABSENT' || (state === 'PRESENT' && versionHash !== putHash);
}

function afterPush(before: LiveState | undefined, fact: Fact): LiveState | undefined {
  const outcome = fact.outcome ?? outcomeBefore(fact.status);
  if (outcome === 'NOT_APPLIED' || fact.isOvertaken) return before;
  if (outcome !== 'APPLIED') {
    if (fact.held === undefined) return next(before, fact, { ...NONE, state: 'UNKNOWN' });
    return next(before, fact, observed(fact.held, fact));
  }
  const { versionHash, digest, evidence } = fact;
  const put = { putHash: putBy(fact) };
  if (before && overlaps(before, fact) && !isAsPushed(before, fact)) {
    return next(before, fact, { ...NONE, ...put, state: 'UNKNOWN' });
  }
  if (fact.isRemoval) return next(before, fact, { ...NONE, ...put, state: 'ABSENT', evidence });
  return next(before, fact, { ...put, state: 'PRESENT', versionHash, digest, evidence });
}

/** The version that a push has put there; a removal has put none. */
function putBy({ isRemoval, versionHash }: Fact): string | null {
  return isRemoval ? null : versionHash;
}

/** Whether a push changed nothing that is known. */
function isAsPushed({ state, versionHash }: LiveState, fact: Fact): boolean {
  return fact.isRemoval ? state === 'ABSENT' : versionHash === fact.versionHash;
}

/** A pull that began before a push of the item ended says nothing about it. */
function afterPull(before: LiveState | undefined, fact: Fact): LiveState | undefined {
  const { status, versionHash, digest, evidence, isAbsent } = fact;
  if ((status !== 'SUCCESS' && !isAbsent) || fact.isOverlapped) return before;
  if ((before?.pushEnded ?? 0) > (fact.readSince ?? fact.startedAt)) return before;
  if (isAbsent) return next(before, fact, { ...NONE, state: 'ABSENT', evidence });
  if (versionHash === null && digest === null) return before;
  return next(before, fact, { state: 'PRESENT', versionHash, digest, evidence });
}

const NONE = { versionHash: null, digest: null, evidence: null };

function observed(held: string | null, fact: Fact): Change {
  if (held === null) return { ...NONE, state: 'ABSENT', evidence: 'OBSERVED' };
  const digest = held === fact.versionHash ? fact.digest : null;
  return { state: 'PRESENT', versionHash: held, digest, evidence: 'OBSERVED' };
}

type Change = Pick<LiveState, 'state' | 'versionHash' | 'digest' | 'evidence'> & { putHash?: string | null };

function next(before: LiveState | undefined, fact: Fact, change: Change): LiveState {
  const { syncId, changedBy, changedAt, endedAt } = fact;
  const kept = { putHash: before?.putHash ?? null, ...ends(before) };
  const after = { ...kept, ...change, syncId, changedBy, changedAt, since: endedAt };
  return before && isSameState(before, after) ? { ...after, since: before.since } : after;
}

function ends(before: LiveState | undefined): Pick<LiveState, 'pushEnded' | 'externalEnded'> {
  return { pushEnded: before?.pushEnded ?? null, externalEnded: before?.externalEnded ?? null };
}

function endOfPush(before: LiveState | undefined, fact: Fact): Partial<LiveState> {
  const later = (known: number | null) => Math.max(known ?? 0, fact.endedAt);
  const { pushEnded, externalEnded } = ends(before);
  return { pushEnded: later(pushEnded), externalEnded: fact.isExternal ? later(externalEnded) : externalEnded };
}

/** Pushes of ours wait for each other; those that other systems run wait for nobody. */
function overlaps({ pushEnded, externalEnded }: LiveState, { isExternal, startedAt }: Fact): boolean {
  return ((isExternal ? pushEnded : externalEnded) ?? 0) > startedAt;
}

/** The version of a sync was said after it ended. */
function linked(before: LiveState | undefined, { syncId, versionHash }: Fact): LiveState | undefined {
  if (before?.syncId !== syncId || before.versionHash !== null || before.state !== 'PRESENT') return before;
  return { ...before, versionHash };
}

/** What stands there, or that nothing does, is what shall stand there: no drift any more, unless it has changed meanwhile. */
function adopted(before: LiveState | undefined, { held = null }: Fact): LiveState | undefined {
  if (!before || before.state === 'UNKNOWN' || before.versionHash !== held || before.putHash === held) return before;
  return { ...before, putHash: held };
}

/** It became known that a push was applied: it put its version there, unless a newer push has put another. */
function learned(before: LiveState | undefined, fact: Fact): LiveState | undefined {
  if (!before || fact.outcome !== 'APPLIED') return before;
  const isThere = !fact.isRemoval && before.versionHash === fact.versionHash;
  const isNewest = (before.pushEnded ?? 0) <= fact.endedAt || isThere;
  return isNewest ? { ...before, putHash: putBy(fact) } : before;
}

/** Syncs of before have no outcome. */
function outcomeBefore(status: SyncStatus): Outcome {
  return status === 'IN_PROGRESS' ? 'UNKNOWN' : OUTCOME_OF[status];
}
