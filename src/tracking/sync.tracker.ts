import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { ObservedVersions, PulledVersions, PullObservations } from '#observation';
import {
  type ItemRef,
  itemRef,
  PlatformError,
  PlatformRegistry,
  type RecordedCall,
  type RecordedItem,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncCall,
  type SyncContext,
  type Target,
} from '#platform';
import { type Direction, EVERYTHING, Heartbeat, type RecordedSync, SyncWriter } from '#recording';
import { refKey } from '#versioning';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { delayAfter } from './backoff.ts';
import { checkedAnswer, receivedOnce } from './checked-answer.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import {
  answerWith,
  failedResults,
  failureOf,
  type IdentifiedResult,
  judged,
  type Pulled,
  pullResults,
  pushResults,
  receivedResults,
  type SharedResult,
  supersededResult,
  wholeResult,
} from './outcome.ts';
import { PendingSyncs } from './pending-syncs.ts';
import { PushTurns } from './push-turns.ts';
import { ReadBack } from './read-back.ts';
import { DuplicateItemError, InterruptedError, MissingDataError, StoppedError } from './tracking.errors.ts';

interface Route {
  platform: string;
  direction: Direction;
}

/** One try of a call; it gets the call as it was recorded. */
type Attempt = (call: RecordedCall) => Promise<SyncAnswer>;

/** Milliseconds after which a platform that has answered shows what it holds: it may lag behind its own writes. */
const SETTLED_READ_MS = 5_000;

/** A call that stands in the record, with its syncs. */
interface Recorded {
  route: Route;
  target: Target;
  context: SyncContext;
  /** An item and its sync have the same index; a pull of everything has a sync and no item. */
  items: RecordedItem[];
  syncs: RecordedSync[];
  /** Throws {@link InterruptedError} when others have settled the syncs meanwhile. */
  assertOurs: () => Promise<void>;
}

/** How far the attempts of a call have come. */
interface Attempts {
  failed: number;
  /** An attempt may have been applied: the platform answered it, or it was not even answered. */
  doubt?: 'answered' | 'unanswered';
  /** Syncs that newer pushes have overtaken, with those. */
  overtaken: Map<string, string>;
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
    private readonly turns: PushTurns,
    private readonly readBack: ReadBack,
    private readonly observations: PullObservations,
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
    const attempts: Attempts = { failed: 0, overtaken: new Map() };
    const shared = (retryCount: number) => ({ retryCount, durationMs: since(startedAt) });
    try {
      // A sync under an id that the caller chose may be another's.
      if (call.items.some(({ syncId }) => syncId !== undefined)) await this.assertOpen(recorded.syncs);
      let answer: SyncAnswer;
      try {
        answer = await this.attemptUntilAnswered(recorded, attempts, attempt);
      } catch (error) {
        const known = await this.settleFailed(recorded, error, attempts, shared(Math.max(attempts.failed - 1, 0)));
        if (known) return known;
        throw error;
      }
      // Not in that try: a failure from here on must not mark a good push as failed.
      return await this.settle(recorded, answer, attempts, shared(attempts.failed));
    } finally {
      this.pending.end(recorded.syncs.map(({ id }) => id));
      this.turns.ended(recorded.target, recorded.syncs);
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
      return { ...item, payload: adapter.toPlatform(item.data as never, itemRef(item).kind) };
    });
    const syncs = (await this.pending.claim(items)) ?? (await this.recordNew(route, context, items));
    // While recording took longer than the lease, a sweep may have found the syncs abandoned: they were not pending yet.
    const isUnquestioned = since(begunAt) < this.options.leaseMs ? isAlive : () => false;
    const assertOurs = () => (isUnquestioned() ? Promise.resolve() : this.assertOpen(syncs));
    const target = { platform: route.platform, environment: context.environment };
    return { route, target, context, items, syncs, assertOurs };
  }

  private async recordNew(
    { platform, direction }: Route,
    context: SyncContext,
    items: RecordedItem[],
  ): Promise<RecordedSync[]> {
    const callId = context.callId ?? uuidv7();
    const named = items.length > 0 || direction === 'PUSH' ? items : [{ typeKey: EVERYTHING }];
    const syncs = await this.writer.record(
      named.map(({ syncId, ...item }: RecordedItem) => {
        const takesTurn = !this.turns.isWaitedFor({ platform, environment: context.environment }, itemRef(item));
        return { ...item, id: syncId, callId, platform, direction, context, takesTurn };
      }),
    );
    this.pending.begin(syncs);
    return syncs;
  }

  /** An answer has nothing for syncs that were overtaken. */
  private async attemptUntilAnswered(recorded: Recorded, attempts: Attempts, attempt: Attempt): Promise<SyncAnswer> {
    const { route, target, context, assertOurs } = recorded;
    let needsTurns = route.direction === 'PUSH' && recorded.syncs.some(({ hasTurn }) => !hasTurn);
    let answered: unknown;
    for (;;) {
      if (needsTurns) await this.takeTurns(recorded, attempts);
      const items = recorded.items.filter((_, index) => !attempts.overtaken.has(recorded.syncs[index]!.id));
      if (items.length === 0 && attempts.overtaken.size > 0) return { items: [] };
      const startedAt = performance.now();
      try {
        await assertOurs();
        const run = (assertClosed: () => void) =>
          attempt({ items, context, permit: () => assertOurs().then(assertClosed) });
        const answer = await (context.isReadBack ? run(() => undefined) : this.circuits.execute(target, run));
        return checkedAnswer(answer, target.platform);
      } catch (error) {
        attempts.failed += 1;
        noteDoubt(attempts, error);
        const waitMs = context.isReadBack ? undefined : this.waitBeforeNext(error, attempts.failed);
        // What may still be on its way to the platform must not meet what others send.
        needsTurns = route.direction === 'PUSH' && waitMs !== undefined && attempts.doubt !== 'unanswered';
        const isOurs = await this.noteFailedAttempt(recorded, attempts, error, {
          durationMs: since(startedAt),
          waitMs,
          givesTurn: needsTurns,
        });
        // An answer of the platform tells more than that it was not asked again.
        answered = wasNotSent(error) ? (answered ?? error) : error;
        if (waitMs === undefined || !isOurs) throw answered;
        const slept = await wait(waitMs, true, { signal: this.closing.signal }).catch(() => false);
        if (!slept) throw answered;
      }
    }
  }

  private async noteFailedAttempt(
    { target, syncs }: Recorded,
    { failed, overtaken }: Attempts,
    error: unknown,
    { givesTurn, ...times }: { durationMs: number; waitMs: number | undefined; givesTurn: boolean },
  ): Promise<boolean> {
    const tried = syncs.filter(({ id }) => !overtaken.has(id));
    const isOpen = await this.writer.recordFailedAttempt(
      tried.map(({ id }) => id),
      {
        attempt: failed,
        error: failureOf(error),
        outcome: outcomeOfFailure(error),
        ...times,
        ...(error instanceof PlatformError && { statusCode: error.statusCode, metadata: error.metadata }),
      },
      givesTurn,
    );
    if (givesTurn) this.turns.ended(target, tried);
    return isOpen;
  }

  /** Waits until the syncs may be sent that nobody has overtaken. */
  private async takeTurns({ target, syncs }: Recorded, { overtaken }: Attempts): Promise<void> {
    const waiting = syncs.filter(({ id }) => !overtaken.has(id));
    const { signal } = this.closing;
    const found = await this.turns.take(target, waiting, signal).catch((error: unknown) => {
      throw signal.aborted ? new StoppedError() : error;
    });
    for (const [id, by] of found) overtaken.set(id, by);
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

  /** The answer, with what is known by now of each item. */
  private async settle(
    recorded: Recorded,
    answer: SyncAnswer,
    attempts: Attempts,
    times: SharedResult,
  ): Promise<SyncAnswer> {
    const { route, context, items } = recorded;
    const { statusCode, requestId } = answer;
    const shared = { ...times, statusCode, requestId, metadata: { ...context.metadata, ...answer.metadata } };
    if (route.direction === 'PUSH') return this.settlePush(recorded, answer, attempts, shared);
    try {
      if (items.length === 0) await this.settleReceived(recorded, answer, shared);
      else {
        const pulled = await this.pulled(recorded, answer.items, items.map(itemRef));
        await this.writer.settleAll(pullResults(recorded.syncs, answer, shared, pulled, context.isReadBack));
      }
      return answer;
    } catch (error) {
      await this.settleFailed(recorded, error, attempts, times);
      throw error;
    }
  }

  private async settlePush(
    recorded: Recorded,
    answer: SyncAnswer,
    attempts: Attempts,
    shared: SharedResult,
  ): Promise<SyncAnswer> {
    const { overtaken, doubt } = attempts;
    const { statusCode: _code, requestId: _id, ...unanswered } = shared;
    const sent = recorded.syncs.filter(({ id }) => !overtaken.has(id));
    const answered = pushResults(sent, answer, shared).map((result) => {
      // A refusal says nothing of an earlier attempt, which may have been applied.
      return doubt && result.outcome === 'NOT_APPLIED'
        ? { ...result, outcome: 'UNKNOWN' as const, evidence: null }
        : result;
    });
    const proven = await this.readBackDoubts(recorded, answered, SETTLED_READ_MS);
    const superseded = recorded.syncs
      .filter(({ id }) => overtaken.has(id))
      .map((sync) => supersededResult(sync, overtaken.get(sync.id)!, doubt !== undefined, unanswered));
    const results = [...proven, ...superseded];
    await this.writer.settleAll(results);
    const isAsAnswered = superseded.length === 0 && proven.every((result, index) => result === answered[index]);
    return isAsAnswered ? answer : answerWith(answer, recorded.syncs, results);
  }

  /** Results that are in doubt, with what the platform shows; the others as they are. */
  private async readBackDoubts(
    { target, items, syncs }: Recorded,
    results: IdentifiedResult[],
    withinMs: number,
  ): Promise<IdentifiedResult[]> {
    const payloads = new Map(syncs.map(({ id }, index) => [id, items[index]?.payload]));
    const open = new Map(results.filter(({ outcome }) => outcome === 'UNKNOWN').map((result) => [result.id, result]));
    const doubts = syncs.flatMap(({ id, kind, typeKey, versionHash }) => {
      const payload = payloads.get(id);
      return open.has(id) && payload !== undefined ? [{ id, kind, typeKey, versionHash, payload }] : [];
    });
    if (doubts.length === 0) return results;
    const verdicts = await this.readBack.resolve(target, doubts, {
      withinMs: Math.min(withinMs, this.options.readBackMs),
      signal: this.closing.signal,
    });
    return results.map((result) => {
      const verdict = verdicts.get(result.id);
      return verdict ? judged(result, verdict) : result;
    });
  }

  /** Each type received gets a sync of its own, beside the one that asked for everything; so does each that is gone. */
  private async settleReceived(recorded: Recorded, answer: SyncAnswer, shared: SharedResult): Promise<void> {
    const {
      route,
      target,
      context,
      syncs: [everything],
    } = recorded;
    const { callId } = everything!;
    const items = [...receivedOnce(answer.items), ...(await this.observations.missing(target, answer.items)).map(gone)];
    const pulled = await this.pulled(recorded, items, items.map(itemRef));
    const received = items.map(({ typeKey, kind }) => ({ ...route, callId, typeKey, kind, context }));
    const syncs = await this.writer.recordReceived(received);
    this.pending.begin(syncs);
    try {
      const results = receivedResults(syncs, items, shared, pulled);
      await this.writer.settleAll([...results, wholeResult(everything!, answer, shared)]);
    } finally {
      this.pending.end(syncs.map(({ id }) => id));
    }
  }

  private async pulled({ target, syncs }: Recorded, items: SyncAnswerItem[], refs: ItemRef[]): Promise<Pulled> {
    const versions = await this.pulledVersions.of(target, items);
    await this.observedVersions.keep(target, items, versions);
    return {
      versions,
      observations: await this.observations.of(target, syncs[0]!.id, refs),
    };
  }

  /** Settles a call without an answer; a push that was applied all the same is answered by what the platform holds. */
  private async settleFailed(
    recorded: Recorded,
    error: unknown,
    { doubt, overtaken }: Attempts,
    times: SharedResult,
  ): Promise<SyncAnswer | undefined> {
    const { route, context, syncs } = recorded;
    const shared = { ...times, metadata: context.metadata };
    if (route.direction === 'PULL') {
      await this.writer.settleAll(failedResults(syncs, error, { ...shared, outcome: null }));
      return undefined;
    }
    const tried = syncs.filter(({ id }) => !overtaken.has(id));
    const superseded = syncs
      .filter(({ id }) => overtaken.has(id))
      .map((sync) => supersededResult(sync, overtaken.get(sync.id)!, doubt !== undefined, shared));
    const failed = failedResults(tried, error, doubt ? { ...shared, outcome: 'UNKNOWN', evidence: null } : shared);
    // Others have settled what this process was silent about.
    const isOurs = !(error instanceof InterruptedError);
    const withinMs = doubt === 'answered' ? SETTLED_READ_MS : this.options.readBackMs;
    const results = doubt && isOurs ? await this.readBackDoubts(recorded, failed, withinMs) : failed;
    await this.writer.settleAll([...results, ...superseded]);
    if (!results.some(({ outcome }) => outcome === 'APPLIED')) return undefined;
    return answerWith({ items: [] }, syncs, [...results, ...superseded]);
  }
}

/** What is known of the effect of an attempt that failed. */
function outcomeOfFailure(error: unknown): 'NOT_APPLIED' | 'UNKNOWN' {
  if (error instanceof PlatformError) return error.outcome;
  return error instanceof InterruptedError ? 'NOT_APPLIED' : 'UNKNOWN';
}

/** Of several attempts in doubt, one without an answer counts: it may still be on its way. */
function noteDoubt(attempts: Attempts, error: unknown): void {
  if (outcomeOfFailure(error) === 'NOT_APPLIED') return;
  const isAnswered = error instanceof PlatformError && error.statusCode !== undefined;
  attempts.doubt = isAnswered && attempts.doubt !== 'unanswered' ? 'answered' : 'unanswered';
}

function gone({ kind, typeKey }: ItemRef): SyncAnswerItem {
  const error = { code: 'NOT_FOUND', message: `The platform no longer has the ${kind} "${typeKey}".` };
  return { kind, typeKey, status: 'FAILED', error };
}

function assertDistinct(items: { typeKey: string; kind?: string }[]): void {
  const keys = new Set(items.map((item) => refKey(itemRef(item))));
  if (keys.size < items.length) throw new DuplicateItemError(items.map((item) => item.typeKey));
}

function wasNotSent(error: unknown): boolean {
  return error instanceof InterruptedError || (error instanceof PlatformError && error.code === 'CIRCUIT_OPEN');
}

function since(start: number): number {
  return Math.round(performance.now() - start);
}
