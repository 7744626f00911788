import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  PlatformError,
  PlatformRegistry,
  type RecordedCall,
  type RecordedItem,
  type SyncAnswer,
  type SyncCall,
  type SyncContext,
} from '#platform';
import { type Direction, EVERYTHING, Heartbeat, type RecordedSync, SyncWriter } from '#recording';
import { refKey } from '#versioning';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { delayAfter } from './backoff.ts';
import { checkedAnswer } from './checked-answer.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import { ObservedVersions } from './observed-versions.ts';
import {
  failedResults,
  failureOf,
  itemResults,
  receivedResults,
  type SharedResult,
  wholeResult,
  withKind,
} from './outcome.ts';
import { PendingSyncs } from './pending-syncs.ts';
import { PulledVersions } from './pulled-versions.ts';
import { DuplicateItemError, InterruptedError, MissingDataError } from './tracking.errors.ts';

interface Route {
  platform: string;
  direction: Direction;
}

/** One try of a call; it gets the call as it was recorded. */
type Attempt = (call: RecordedCall) => Promise<SyncAnswer>;

/** A call that stands in the record, with its syncs. */
interface Recorded {
  route: Route;
  context: SyncContext;
  items: RecordedItem[];
  syncs: RecordedSync[];
  /** Throws {@link InterruptedError} when others have settled the syncs meanwhile. */
  assertOurs: () => Promise<void>;
}

/** Runs a call to a platform: record, attempt until answered, judge the answer, settle. */
@Injectable()
export class SyncTracker {
  private readonly running = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();
  private draining: Promise<unknown> | undefined;

  constructor(
    private readonly writer: SyncWriter,
    private readonly platforms: PlatformRegistry,
    private readonly pulledVersions: PulledVersions,
    private readonly observedVersions: ObservedVersions,
    private readonly circuits: CircuitBreakers,
    private readonly heartbeat: Heartbeat,
    private readonly pending: PendingSyncs,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** Waits for running calls, at most the grace; there are no further attempts, and reserved syncs are cancelled. */
  drained(): Promise<unknown> {
    this.closing.abort();
    const hasWork = this.running.size + this.pending.size > 0;
    this.draining ??= Promise.race([
      Promise.allSettled([...this.running, this.pending.close()]),
      wait(hasWork ? this.options.shutdownGraceMs : 0, undefined, { ref: false }),
    ]);
    return this.draining;
  }

  /** Records the call, makes it, tries again where that helps, records the outcome, and answers as the call did. */
  track(route: Route, call: SyncCall, attempt: Attempt): Promise<SyncAnswer> {
    const run = this.run(route, call, attempt);
    this.running.add(run);
    const forget = () => this.running.delete(run);
    run.then(forget, forget);
    return run;
  }

  private async run(route: Route, call: SyncCall, attempt: Attempt): Promise<SyncAnswer> {
    const recorded = await this.record(route, call);
    const startedAt = performance.now();
    const attempts = { failed: 0 };
    const outcome = (retryCount: number) => ({ retryCount, durationMs: since(startedAt) });
    try {
      // A sync under an id that the caller chose may be another's.
      if (call.items.some(({ syncId }) => syncId !== undefined)) await this.assertOpen(recorded.syncs);
      let answer: SyncAnswer;
      try {
        answer = await this.attemptUntilAnswered(recorded, attempts, attempt);
      } catch (error) {
        await this.settleFailed(recorded, error, outcome(Math.max(attempts.failed - 1, 0)));
        throw error;
      }
      // Not in that try: a failure from here on must not mark a good push as failed.
      await this.settle(recorded, answer, outcome(attempts.failed));
      return answer;
    } finally {
      this.pending.end(recorded.syncs.map(({ id }) => id));
    }
  }

  private async record(route: Route, { items: given, context }: SyncCall): Promise<Recorded> {
    // Before anything else: a name that does not exist gets no record and no circuit.
    const adapter = this.platforms.at({ platform: route.platform, environment: context.environment });
    const begunAt = performance.now();
    const isAlive = this.heartbeat.watch();
    assertDistinct(given);
    const items = given.map((item): RecordedItem => {
      if (route.direction === 'PULL') return item;
      if (item.data === undefined) throw new MissingDataError(item.typeKey);
      return { ...item, payload: adapter.toPlatform(item.data as never, withKind(item).kind) };
    });
    const claimed = await this.pending.claim(items);
    const syncs = claimed ? [claimed] : await this.recordNew(route, context, items);
    // While recording took longer than the lease, a sweep may have found the syncs abandoned: they were not pending yet.
    const isUnquestioned = since(begunAt) < this.options.leaseMs ? isAlive : () => false;
    const assertOurs = () => (isUnquestioned() ? Promise.resolve() : this.assertOpen(syncs));
    return { route, context, items, syncs, assertOurs };
  }

  private async recordNew(
    { platform, direction }: Route,
    context: SyncContext,
    items: RecordedItem[],
  ): Promise<RecordedSync[]> {
    const callId = context.callId ?? uuidv7();
    const named = items.length > 0 || direction === 'PUSH' ? items : [{ typeKey: EVERYTHING }];
    const syncs = await this.writer.record(
      named.map(({ syncId, ...item }: RecordedItem) => ({ ...item, id: syncId, callId, platform, direction, context })),
    );
    this.pending.begin(syncs);
    return syncs;
  }

  private async attemptUntilAnswered(
    { route, context, items, syncs, assertOurs }: Recorded,
    attempts: { failed: number },
    attempt: Attempt,
  ): Promise<SyncAnswer> {
    const { platform } = route;
    let answered: unknown;
    for (;;) {
      const startedAt = performance.now();
      try {
        await assertOurs();
        const answer = await this.circuits.execute(platform, context.environment, (assertClosed) =>
          attempt({ items, context, permit: () => assertOurs().then(assertClosed) }),
        );
        return checkedAnswer(answer, platform);
      } catch (error) {
        attempts.failed += 1;
        const waitMs = this.waitBeforeNext(error, attempts.failed);
        const ids = syncs.map(({ id }) => id);
        const isOurs = await this.writer.recordFailedAttempt(ids, {
          attempt: attempts.failed,
          error: failureOf(error),
          durationMs: since(startedAt),
          ...(error instanceof PlatformError && { statusCode: error.statusCode, metadata: error.metadata }),
          waitMs,
        });
        // An answer of the platform tells more than that it was not asked again.
        answered = wasNotSent(error) ? (answered ?? error) : error;
        if (waitMs === undefined || !isOurs) throw answered;
        const slept = await wait(waitMs, true, { signal: this.closing.signal }).catch(() => false);
        if (!slept) throw answered;
      }
    }
  }

  /** A process that was paused longer than its lease may find its syncs settled by another: then nothing is sent. */
  private async assertOpen(syncs: RecordedSync[]): Promise<void> {
    await this.heartbeat.refresh();
    if (!(await this.writer.areOpen(syncs.map(({ id }) => id)))) throw new InterruptedError();
  }

  private waitBeforeNext(error: unknown, failed: number): number | undefined {
    const { retry } = this.options;
    const isRetryable = error instanceof PlatformError && error.retryable === true;
    if (!isRetryable || failed >= retry.maxAttempts || this.closing.signal.aborted) return undefined;
    return delayAfter(failed, retry, error.retryAfterMs);
  }

  private async settle(recorded: Recorded, answer: SyncAnswer, outcome: SharedResult): Promise<void> {
    const { route, context, items, syncs } = recorded;
    const { statusCode, requestId } = answer;
    const shared = { ...outcome, statusCode, requestId, metadata: { ...context.metadata, ...answer.metadata } };
    if (route.direction === 'PUSH') return this.writer.settleAll(itemResults(syncs, answer, shared));
    try {
      const versions = await this.pulledVersions.of(route.platform, answer.items);
      const target = { platform: route.platform, environment: context.environment };
      await this.observedVersions.keep(target, answer.items, versions);
      if (items.length > 0) await this.writer.settleAll(itemResults(syncs, answer, shared, versions));
      else await this.settleReceived(recorded, answer, shared, versions);
    } catch (error) {
      await this.settleFailed(recorded, error, outcome);
      throw error;
    }
  }

  /** Each type received gets a sync of its own, beside the one that asked for everything. */
  private async settleReceived(
    { route, context, syncs: [everything] }: Recorded,
    answer: SyncAnswer,
    shared: SharedResult,
    versions: Map<string, string>,
  ): Promise<void> {
    const { callId } = everything!;
    const received = answer.items.map(({ typeKey, kind }) => ({ ...route, callId, typeKey, kind, context }));
    const syncs = await this.writer.recordReceived(received);
    this.pending.begin(syncs);
    try {
      const results = receivedResults(syncs, answer, shared, versions);
      await this.writer.settleAll([...results, wholeResult(everything!, answer, shared)]);
    } finally {
      this.pending.end(syncs.map(({ id }) => id));
    }
  }

  private settleFailed({ context, syncs }: Recorded, error: unknown, outcome: SharedResult): Promise<void> {
    return this.writer.settleAll(failedResults(syncs, error, { ...outcome, metadata: context.metadata }));
  }
}

function assertDistinct(items: { typeKey: string; kind?: string }[]): void {
  const keys = new Set(items.map((item) => refKey(withKind(item))));
  if (keys.size < items.length) throw new DuplicateItemError(items.map((item) => item.typeKey));
}

function wasNotSent(error: unknown): boolean {
  return error instanceof InterruptedError || (error instanceof PlatformError && error.code === 'CIRCUIT_OPEN');
}

function since(start: number): number {
  return Math.round(performance.now() - start);
}
