import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { ObservedVersions, PulledVersions, PullObservations } from '#observation';
import { TimeSlice } from '#pace';
import {
  type ItemRef,
  itemRef,
  type PlatformAdapter,
  PlatformError,
  PlatformRegistry,
  type RecordedCall,
  type RecordedItem,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncCall,
  type SyncContext,
  type SyncItem,
  type Target,
} from '#platform';
import { ContentRedactedError, marksOf, type RedactedItem } from '#redaction';
import { type Direction, EVERYTHING, Heartbeat, newId, type RecordedSync, SyncWriter } from '#recording';
import { refKey } from '#versioning';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { delayAfter } from './backoff.ts';
import { checkedAnswer, isAnswerItem, receivedOnce } from './checked-answer.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import {
  answerWith,
  doubted,
  failedResults,
  failureOf,
  type IdentifiedResult,
  judged,
  type Pulled,
  pullResults,
  pushResults,
  receivedResults,
  type SettledItem,
  settledResults,
  type SharedResult,
  supersededResult,
  wholeResult,
} from './outcome.ts';
import { PendingSyncs } from './pending-syncs.ts';
import { PushTurns } from './push-turns.ts';
import { type Doubt, ReadBack } from './read-back.ts';
import { DuplicateItemError, InterruptedError, MissingDataError, StoppedError } from './tracking.errors.ts';

interface Route {
  platform: string;
  direction: Direction;
  /** The call deletes its items. */
  removes: boolean;
}

/** One try of a call; it gets the call as it was recorded. */
type Attempt = (call: RecordedCall) => Promise<SyncAnswer>;

/** Items of a pull of everything that are recorded together. */
const RECEIVED_AT_ONCE = 500;
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
  /** What failed attempts have settled of single items, by sync. */
  settled: Map<string, SettledItem>;
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
    const attempts: Attempts = { failed: 0, overtaken: new Map(), settled: new Map() };
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
    const items: RecordedItem[] = [];
    const slice = new TimeSlice();
    for (const item of given) {
      if (slice.isOver) await slice.giveWay();
      items.push(recordedItem(adapter, route, item));
    }
    if (route.direction === 'PUSH') await assertNoMarks(items);
    const syncs =
      (await this.pending.claim(items, this.platforms.model(route.platform).redaction)) ??
      (await this.recordNew(route, context, items));
    // While recording took longer than the lease, a sweep may have found the syncs abandoned: they were not pending yet.
    const isUnquestioned = since(begunAt) < this.options.leaseMs ? isAlive : () => false;
    const assertOurs = async () => {
      if (!isUnquestioned()) await this.assertOpen(syncs);
      if (context.isWanted && !(await context.isWanted())) throw new InterruptedError();
    };
    const target = { platform: route.platform, environment: context.environment };
    return { route, target, context, items, syncs, assertOurs };
  }

  private async recordNew(
    { platform, direction, removes }: Route,
    context: SyncContext,
    items: RecordedItem[],
  ): Promise<RecordedSync[]> {
    const callId = context.callId ?? newId();
    const named = items.length > 0 || direction === 'PUSH' ? items : [{ typeKey: EVERYTHING }];
    return this.pending.record(
      named.map(({ syncId, ...item }: RecordedItem) => {
        const takesTurn = !this.turns.isWaitedFor({ platform, environment: context.environment }, itemRef(item));
        const route = { platform, direction, ...(removes && { removal: true as const }) };
        return { ...item, ...route, id: syncId, callId, context, takesTurn };
      }),
    );
  }

  /** An answer has nothing for syncs that were overtaken, nor for those that a failed attempt has settled. */
  private async attemptUntilAnswered(recorded: Recorded, attempts: Attempts, attempt: Attempt): Promise<SyncAnswer> {
    const { route, target, context, assertOurs } = recorded;
    let needsTurns = route.direction === 'PUSH' && recorded.syncs.some(({ hasTurn }) => !hasTurn);
    let answered: unknown;
    for (;;) {
      if (needsTurns) await this.takeTurns(recorded, attempts);
      const items = recorded.items.filter((_, index) => isOpen(attempts, recorded.syncs[index]!));
      // A removal of nothing must not be taken for one of everything.
      if (items.length === 0 && (route.removes || recorded.items.length > 0)) return { items: [] };
      const startedAt = performance.now();
      try {
        await assertOurs();
        const run = (assertClosed: () => void) =>
          attempt({ items, context, permit: () => assertOurs().then(assertClosed) });
        const answer = await (context.isReadBack ? run(() => undefined) : this.circuits.execute(target, run));
        return checkedAnswer(answer, target.platform);
      } catch (error) {
        attempts.failed += 1;
        if (route.direction === 'PUSH') noteSettled(attempts, recorded.syncs, error);
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
    attempts: Attempts,
    error: unknown,
    { givesTurn, ...times }: { durationMs: number; waitMs: number | undefined; givesTurn: boolean },
  ): Promise<boolean> {
    const tried = syncs.filter((sync) => isOpen(attempts, sync));
    const areOpen = await this.writer.recordFailedAttempt(
      tried.map(({ id }) => id),
      {
        attempt: attempts.failed,
        error: failureOf(error),
        outcome: outcomeOfFailure(error),
        ...times,
        ...(error instanceof PlatformError && { statusCode: error.statusCode, metadata: error.metadata }),
      },
      givesTurn,
    );
    if (givesTurn) this.turns.ended(target, tried);
    return areOpen;
  }

  /** Waits until the syncs may be sent that nobody has overtaken. */
  private async takeTurns({ target, syncs }: Recorded, attempts: Attempts): Promise<void> {
    const waiting = syncs.filter((sync) => isOpen(attempts, sync));
    const { signal } = this.closing;
    const found = await this.turns.take(target, waiting, signal).catch((error: unknown) => {
      throw signal.aborted ? new StoppedError() : error;
    });
    for (const [id, by] of found) attempts.overtaken.set(id, by);
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
    const { overtaken, doubt, settled } = attempts;
    const { statusCode: _code, requestId: _id, ...unanswered } = shared;
    const sent = recorded.syncs.filter((sync) => isOpen(attempts, sync));
    const last = pushResults(sent, answer, shared).map((result) => doubted(result, doubt !== undefined));
    const answered = [...last, ...settledResults(recorded.syncs, settled, unanswered)];
    const proven = await this.readBackDoubts(recorded, answered, SETTLED_READ_MS);
    const superseded = recorded.syncs
      .filter(({ id }) => overtaken.has(id))
      .map((sync) => supersededResult(sync, overtaken.get(sync.id)!, doubt !== undefined, unanswered));
    const results = [...proven, ...superseded];
    await this.writer.settleAll(results);
    const isAsAnswered =
      superseded.length + settled.size === 0 && proven.every((result, index) => result === answered[index]);
    return isAsAnswered ? answer : answerWith(answer, recorded.syncs, results);
  }

  /** Results that are in doubt, with what the platform shows; the others as they are. */
  private async readBackDoubts(
    { route, target, items, syncs }: Recorded,
    results: IdentifiedResult[],
    withinMs: number,
  ): Promise<IdentifiedResult[]> {
    const open = new Set(results.filter(({ outcome }) => outcome === 'UNKNOWN').map(({ id }) => id));
    const doubts = syncs.flatMap(({ id, kind, typeKey, versionHash }, index): Doubt[] => {
      const payload = items[index]?.payload;
      if (!open.has(id) || (payload === undefined && !route.removes)) return [];
      return [{ id, kind, typeKey, versionHash, payload }];
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
    const slice = new TimeSlice();
    // Part by part, so that a reader waits for one part and not for 10,000 items.
    for (let from = 0; from < items.length; from += RECEIVED_AT_ONCE) {
      if (slice.isOver) await slice.giveWay();
      const part = items.slice(from, from + RECEIVED_AT_ONCE);
      const received = part.map(({ typeKey, kind }) => ({ ...route, callId, typeKey, kind, context }));
      const syncs = await this.writer.recordReceived(received);
      this.pending.begin(syncs);
      try {
        await this.writer.settleAll(receivedResults(syncs, part, shared, pulled));
      } finally {
        this.pending.end(syncs.map(({ id }) => id));
      }
    }
    await this.writer.settleAll([wholeResult(everything!, answer, shared)]);
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
    attempts: Attempts,
    times: SharedResult,
  ): Promise<SyncAnswer | undefined> {
    const { route, context, syncs } = recorded;
    const shared = { ...times, metadata: context.metadata };
    if (route.direction === 'PULL') {
      await this.writer.settleAll(failedResults(syncs, error, { ...shared, outcome: null }));
      return undefined;
    }
    const { doubt, overtaken, settled } = attempts;
    const tried = syncs.filter((sync) => isOpen(attempts, sync));
    const superseded = syncs
      .filter(({ id }) => overtaken.has(id))
      .map((sync) => supersededResult(sync, overtaken.get(sync.id)!, doubt !== undefined, shared));
    const ofError = failedResults(tried, error, doubt ? { ...shared, outcome: 'UNKNOWN', evidence: null } : shared);
    const failed = [...ofError, ...settledResults(syncs, settled, shared)];
    // Others have settled what this process was silent about.
    const isOurs = !(error instanceof InterruptedError);
    const withinMs = doubt === 'unanswered' ? this.options.readBackMs : SETTLED_READ_MS;
    const results = isOurs ? await this.readBackDoubts(recorded, failed, withinMs) : failed;
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

/** An item that is settled is not tried again, whatever comes of the others. */
function noteSettled(attempts: Attempts, syncs: RecordedSync[], error: unknown): void {
  if (!(error instanceof PlatformError)) return;
  const items = new Map(error.settled.filter(isAnswerItem).map((item) => [refKey(itemRef(item)), item]));
  for (const sync of syncs) {
    const item = items.get(refKey(sync));
    if (!item || !isOpen(attempts, sync)) continue;
    attempts.settled.set(sync.id, { item, retryCount: attempts.failed - 1, wasInDoubt: attempts.doubt !== undefined });
  }
}

/** Whether the next attempt has to do with it. */
function isOpen({ overtaken, settled }: Attempts, { id }: RecordedSync): boolean {
  return !overtaken.has(id) && !settled.has(id);
}

function recordedItem(adapter: PlatformAdapter, route: Route, item: SyncItem): RecordedItem {
  if (route.direction === 'PULL') return item;
  if (route.removes) return withoutContent(item);
  if (item.data === undefined) throw new MissingDataError(item.typeKey);
  return { ...item, payload: adapter.toPlatform(item.data as never, itemRef(item).kind) };
}

/** A removal sends nothing. */
function withoutContent({ data: _data, versionHash: _hash, ...item }: SyncItem): RecordedItem {
  return item;
}

/** A mark stands for content that the record does not have: the platform must never get it. */
async function assertNoMarks(items: RecordedItem[]): Promise<void> {
  const marked: RedactedItem[] = [];
  for (const { payload, ...item } of items) {
    const { count, marks } = await marksOf(payload);
    if (count > 0) marked.push({ ...itemRef(item), count, marks });
  }
  if (marked.length > 0) throw new ContentRedactedError(marked);
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
