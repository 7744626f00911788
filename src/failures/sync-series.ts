import type { Interval } from '#statistics';
import { DurationGrid } from './duration-grid.ts';
import type { SettledSync } from './failure-patterns.ts';

/** Where a sync stands in its series. */
export interface Placed extends SettledSync {
  key: string;
  /** Its number among all syncs of the series. */
  order: number;
  /** Calls with a success that came before it. */
  successesBefore: number;
  /** Successes of its own type that came before it. */
  ownSuccessesBefore: number;
  /** Whether it is the first of its call: what a call of many types meets is one event. */
  isFirstOfCall: boolean;
}

/** What is remembered of a content type in the interval. */
export interface TypeTally {
  successes: number;
  failures: number;
}

/** Successes that needed more than one try, among those that were made in a time. */
export interface RetryTally {
  calls: number;
  retried: number;
}

/** Failures and retried successes that are kept one by one; of more, the newest. */
const MAX_KEPT = 100_000;
const RECENT_CALLS = 1_000;
const BASE_SHARE = 0.25;

/**
 * The settled syncs of one target in the order of their start, folded so that memory does not grow with their number: one by
 * one only failures and retried successes are kept. What started before the interval is what it is compared with.
 */
export class SyncSeries {
  failures: Placed[] = [];
  retried: Placed[] = [];
  readonly types = new Map<string, TypeTally>();
  readonly durations: DurationGrid;
  readonly retriesBefore: RetryTally = { calls: 0, retried: 0 };
  readonly retriesAtFirst: RetryTally = { calls: 0, retried: 0 };
  settled = 0;
  private successes = 0;
  private readonly failedCalls = new RecentCalls();
  private readonly succeededCalls = new RecentCalls();
  private readonly callsBefore = new RecentCalls();
  private readonly firstQuarterEnds: number;

  constructor(private readonly interval: Interval) {
    this.durations = new DurationGrid(interval);
    this.firstQuarterEnds = interval.from.getTime() + (interval.to.getTime() - interval.from.getTime()) * BASE_SHARE;
  }

  add(sync: SettledSync): void {
    // The sync of a whole pull fails because others did, which are told themselves.
    if (sync.errorCode === 'ITEMS_FAILED') return;
    const key = JSON.stringify([sync.direction, sync.kind, sync.typeKey]);
    const isSuccess = sync.status === 'SUCCESS';
    if (isSuccess && sync.retryCount === 0) this.durations.add(key, sync);
    if (sync.startedAt < this.interval.from) {
      if (isSuccess && this.callsBefore.isNew(sync.callId)) tally(this.retriesBefore, sync);
      return;
    }
    const type = this.typeOf(key);
    const placed = { key, order: this.settled, successesBefore: this.successes, ownSuccessesBefore: type.successes };
    this.settled += 1;
    if (!isSuccess) {
      type.failures += 1;
      keep(this.failures, { ...sync, ...placed, isFirstOfCall: this.failedCalls.isNew(sync.callId) });
      return;
    }
    type.successes += 1;
    if (!this.succeededCalls.isNew(sync.callId)) return;
    this.successes += 1;
    if (sync.startedAt.getTime() < this.firstQuarterEnds) tally(this.retriesAtFirst, sync);
    if (sync.retryCount > 0) keep(this.retried, { ...sync, ...placed, isFirstOfCall: true });
  }

  private typeOf(key: string): TypeTally {
    const known = this.types.get(key) ?? { successes: 0, failures: 0 };
    this.types.set(key, known);
    return known;
  }
}

function tally(retries: RetryTally, { retryCount }: SettledSync): void {
  retries.calls += 1;
  if (retryCount > 0) retries.retried += 1;
}

function keep(list: Placed[], sync: Placed): void {
  list.push(sync);
  if (list.length >= 2 * MAX_KEPT) list.splice(0, MAX_KEPT);
}

/** Tells whether a call was met before; syncs of one call start together, so those of long ago are forgotten. */
class RecentCalls {
  private readonly calls = new Set<string>();

  isNew(callId: string): boolean {
    if (this.calls.has(callId)) return false;
    this.calls.add(callId);
    if (this.calls.size > RECENT_CALLS) this.calls.delete(this.calls.values().next().value!);
    return true;
  }
}
