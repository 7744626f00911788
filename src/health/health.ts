import type { SyncNumbers } from '#statistics';

export const HEALTHS = ['HEALTHY', 'DEGRADED', 'FAILING', 'STALE', 'UNKNOWN'] as const;
/** The condition of an environment of a platform, not its last result. */
export type Health = (typeof HEALTHS)[number];

/** From where on something counts as wrong. */
export interface HealthThresholds {
  /** Hours over which the success rate is taken. */
  windowHours: number;
  /** Settled syncs below which a rate says nothing. */
  minimumSyncs: number;
  /** Success rates, 0 to 1: below the first DEGRADED, below the second FAILING. */
  degradedBelow: number;
  failingBelow: number;
  /** Failures in a row, across content types, from which on a target is FAILING. */
  consecutiveFailures: number;
  /** Hours without a sync after which a target is STALE; null learns it from the rhythm of the syncs, if there is one. */
  staleHours: number | null;
}

/** How many, since when the first of them, and syncs that show it. */
export interface Evidence {
  count: number;
  since: string | null;
  syncIds: string[];
}

/** What is not as it was put at a target, in items; null where that is not known, such as while the live state is being made. */
export interface OutOfSyncCounts {
  /** Items that differ from what was last put there, the absent ones among them. */
  drift: Evidence | null;
  /** Items that were put there and that the target lacks. */
  absent: Evidence | null;
  /** Items of which nobody knows what stands there. */
  unknown: Evidence | null;
  /** When the newest pull of everything ended. */
  observedAt: string | null;
}

/** An expectation that is not met; `cause` says in one sentence what is missing. */
export interface Unmet {
  id: string;
  name: string;
  code: 'EXPECTATION_MISSED' | 'EXPECTATION_TOO_FEW';
  cause: string;
  dueAt: string;
  /** The last sync that counted. */
  syncId: string | null;
}

/** The expectations of a target that are not met, and since when the first of them was due. */
export interface UnmetExpectations {
  count: number;
  since: string | null;
  /** The first of them, at most 10. */
  items: Unmet[];
}

export const NONE_UNMET: UnmetExpectations = { count: 0, since: null, items: [] };

/** All that the health of a target depends on. Times are ISO 8601, so that it can be kept and judged again. */
export interface HealthInputs<Numbers = SyncNumbers> extends OutOfSyncCounts {
  at: string;
  /** Of the window. */
  numbers: Numbers;
  lastSyncAt: string | null;
  lastSuccessAt: string | null;
  /** The newest settled syncs that did not succeed, without a success in between. */
  failuresInARow: Evidence & { errorCode: string | null };
  /** The newest settled syncs that succeeded, without another in between. */
  successesInARow: number;
  /** Milliseconds between calls, where they come in a rhythm. */
  rhythmMs: number | null;
  unmet: UnmetExpectations;
}

export interface Judgement {
  health: Health;
  /** In one to three sentences. */
  cause: string;
  /** Since when it is so, as far as that is known. */
  since: string | null;
  /** Ids of syncs that show it, at most 10. */
  evidence: string[];
}

/** Syncs that are named as evidence. */
export const MAX_EVIDENCE = 10;
/** Expectations that a cause names. */
const MAX_NAMED = 3;
/** A rhythm is missed when a call is this many times late. */
const MISSED_BEATS = 3;
const HOUR_MS = 3_600_000;

/** The first of these that holds is the condition; a pure function, so that the same inputs give the same judgement. */
export function evaluateHealth(
  inputs: HealthInputs<Omit<SyncNumbers, 'outcomes'>>,
  thresholds: HealthThresholds,
): Judgement {
  const { numbers, lastSyncAt, failuresInARow: failures, unmet } = inputs;
  const { success, failed, partial } = numbers.counts;
  const settled = success + failed + partial;
  const rate = settled >= thresholds.minimumSyncs ? numbers.successRate : null;
  const percent = (share: number) => `${Math.floor(share * 1000) / 10} %`;
  const rateText =
    rate === null ? '' : `${percent(rate)} of ${settled} syncs of the last ${thresholds.windowHours} h succeeded`;
  const missing = unmetProblems(unmet);
  if (lastSyncAt === null) {
    const cause = 'No sync of this target has ended yet.';
    return missing.length > 0 ? together('STALE', missing) : judged('UNKNOWN', cause, null);
  }
  if (failures.count >= thresholds.consecutiveFailures) {
    const code = failures.errorCode ? `, last with ${failures.errorCode}` : '';
    return together('FAILING', [{ ...failures, cause: `The last ${failures.count} syncs failed${code}.` }, ...missing]);
  }
  // A target that works again is not failing any more, however bad the day was.
  const isBack = inputs.successesInARow >= thresholds.consecutiveFailures;
  if (rate !== null && rate < thresholds.failingBelow && !isBack)
    return together('FAILING', [{ ...failures, cause: `Only ${rateText}.` }, ...missing]);
  const silence = Date.parse(inputs.at) - Date.parse(lastSyncAt);
  const allowed =
    thresholds.staleHours === null ? (inputs.rhythmMs ?? Infinity) * MISSED_BEATS : thresholds.staleHours * HOUR_MS;
  if (silence > allowed) {
    const expected = `one was expected every ${hours(thresholds.staleHours === null ? inputs.rhythmMs! : allowed)}`;
    const cause = `The last sync was ${hours(silence)} ago; ${expected}.`;
    return together('STALE', [{ cause, since: lastSyncAt, syncIds: [] }, ...missing]);
  }
  const problems = [
    ...(rate !== null && rate < thresholds.degradedBelow ? [{ ...failures, cause: `${rateText}.` }] : []),
    ...outOfSync(inputs),
    ...(rate === null && failures.count > 0 ? [{ ...failures, cause: newestFailed(failures.count) }] : []),
  ];
  // What should have come is missing, whatever else succeeded.
  if (missing.length > 0) return together('STALE', [...missing, ...problems]);
  if (problems.length > 0) return together('DEGRADED', problems);
  return judged(
    'HEALTHY',
    rateText
      ? `${rateText}.`
      : `The newest sync succeeded. There are too few syncs in ${thresholds.windowHours} h for a success rate.`,
    null,
  );
}

interface Problem {
  cause: string;
  since: string | null;
  syncIds: string[];
}

/** All of them, since the oldest. */
function together(health: Health, problems: Problem[]): Judgement {
  const [since = null] = problems.flatMap((problem) => problem.since ?? []).sort();
  const evidence = [...new Set(problems.flatMap(({ syncIds }) => syncIds))].slice(0, MAX_EVIDENCE);
  return judged(health, problems.map(({ cause }) => cause).join(' '), since, evidence);
}

function unmetProblems({ count, since, items }: UnmetExpectations): Problem[] {
  const named = items.slice(0, MAX_NAMED).map(({ cause, dueAt, syncId }): Problem => {
    return { cause, since: dueAt, syncIds: syncId === null ? [] : [syncId] };
  });
  const more = count - named.length;
  if (more <= 0) return named;
  const cause = `${counted(more, 'more expectation is', 'more expectations are')} not met.`;
  return [...named, { cause, since, syncIds: [] }];
}

function outOfSync({ drift, absent, unknown }: OutOfSyncCounts): Problem[] {
  const found: Problem[] = [];
  if (unknown && unknown.count > 0) {
    const cause = `The state of ${counted(unknown.count, 'item', 'items')} is unknown. A pull shows it.`;
    found.push({ ...unknown, cause });
  }
  if (drift && drift.count > 0) found.push({ ...drift, cause: driftCause(drift.count, absent?.count ?? 0) });
  return found;
}

function driftCause(count: number, absent: number): string {
  if (absent === count) return `The target lacks ${counted(absent, 'item that was', 'items that were')} sent to it.`;
  const lacks = absent > 0 ? `; the target lacks ${absent} of them` : '';
  return `${counted(count, 'item differs', 'items differ')} from what was last sent to the target${lacks}.`;
}

function newestFailed(count: number): string {
  return `The newest ${count === 1 ? 'sync' : `${count} syncs`} failed. There are too few syncs for a success rate.`;
}

function judged(health: Health, cause: string, since: string | null, evidence: string[] = []): Judgement {
  return { health, cause, since, evidence };
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function hours(ms: number): string {
  const whole = Math.round(ms / HOUR_MS);
  return whole >= 48
    ? `${Math.round(whole / 24)} days`
    : whole >= 1
      ? `${whole} h`
      : `${Math.max(Math.round(ms / 60_000), 1)} min`;
}
