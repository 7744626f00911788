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

/** Syncs that are told as evidence. */
export interface Evidence {
  count: number;
  since: string | null;
  syncIds: string[];
}

/** All that the health of a target depends on. Times are ISO 8601, so that it can be kept and judged again. */
export interface HealthInputs {
  at: string;
  /** Of the window. */
  numbers: SyncNumbers;
  lastSyncAt: string | null;
  lastSuccessAt: string | null;
  /** The newest settled syncs that did not succeed, without a success in between. */
  failuresInARow: Evidence & { errorCode: string | null };
  /** The newest settled syncs that succeeded, without another in between. */
  successesInARow: number;
  /** Milliseconds between calls, where they come in a rhythm. */
  rhythmMs: number | null;
  /** Pushes of which nobody knows whether they were applied, and that no later success has settled. */
  inDoubt: Evidence;
  /** What the last pull of everything found to be other than what was sent last. */
  differences: Evidence;
}

export interface Judgement {
  health: Health;
  /** In a sentence. */
  cause: string;
  /** Since when it is so, as far as that is known. */
  since: string | null;
  /** Ids of syncs that show it, at most 10. */
  evidence: string[];
}

/** A rhythm is missed when a call is this many times late. */
const MISSED_BEATS = 3;
const HOUR_MS = 3_600_000;

/** The first of these that holds is the condition; a pure function, so that the same inputs give the same judgement. */
export function evaluateHealth(inputs: HealthInputs, thresholds: HealthThresholds): Judgement {
  const { numbers, lastSyncAt, failuresInARow: failures } = inputs;
  const { success, failed, partial } = numbers.counts;
  const settled = success + failed + partial;
  const rate = settled >= thresholds.minimumSyncs ? numbers.successRate : null;
  const percent = (share: number) => `${Math.floor(share * 1000) / 10} %`;
  const rateText =
    rate === null ? '' : `${percent(rate)} of ${settled} syncs of the last ${thresholds.windowHours} h succeeded`;
  if (lastSyncAt === null) return judged('UNKNOWN', 'No sync of this target has ended yet.', null);
  if (failures.count >= thresholds.consecutiveFailures) {
    const code = failures.errorCode ? `, last with ${failures.errorCode}` : '';
    return judged('FAILING', `The last ${failures.count} syncs failed${code}.`, failures.since, failures.syncIds);
  }
  // A target that works again is not failing any more, however bad the day was.
  const isBack = inputs.successesInARow >= thresholds.consecutiveFailures;
  if (rate !== null && rate < thresholds.failingBelow && !isBack)
    return judged('FAILING', `Only ${rateText}.`, failures.since, failures.syncIds);
  const silence = Date.parse(inputs.at) - Date.parse(lastSyncAt);
  const allowed =
    thresholds.staleHours === null ? (inputs.rhythmMs ?? Infinity) * MISSED_BEATS : thresholds.staleHours * HOUR_MS;
  if (silence > allowed) {
    const expected = `one was expected every ${hours(thresholds.staleHours === null ? inputs.rhythmMs! : allowed)}`;
    return judged('STALE', `The last sync was ${hours(silence)} ago; ${expected}.`, lastSyncAt);
  }
  if (rate !== null && rate < thresholds.degradedBelow)
    return judged('DEGRADED', `${rateText}.`, failures.since, failures.syncIds);
  const { inDoubt, differences } = inputs;
  if (inDoubt.count > 0) {
    return judged(
      'DEGRADED',
      `The outcome of ${counted(inDoubt.count, 'push', 'pushes')} is unknown. Pull to find out.`,
      inDoubt.since,
      inDoubt.syncIds,
    );
  }
  if (differences.count > 0) {
    return judged(
      'DEGRADED',
      `The last pull found ${counted(differences.count, 'content type', 'content types')} changed on the platform.`,
      differences.since,
      differences.syncIds,
    );
  }
  if (rate === null && failures.count > 0) {
    const cause = `The newest ${failures.count === 1 ? 'sync' : `${failures.count} syncs`} failed. There are too few syncs for a success rate.`;
    return judged('DEGRADED', cause, failures.since, failures.syncIds);
  }
  return judged(
    'HEALTHY',
    rateText
      ? `${rateText}.`
      : `The newest sync succeeded. There are too few syncs in ${thresholds.windowHours} h for a success rate.`,
    null,
  );
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
