import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  DEFAULT_KIND,
  PlatformError,
  PlatformRegistry,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncCall,
  type SyncItem,
} from '#platform';
import {
  type Direction,
  EVERYTHING,
  Heartbeat,
  type NewSync,
  type RecordedSync,
  type SyncResult,
  SyncWriter,
} from '#recording';
import { refKey } from '#versioning';
import { DomainError } from '../domain-error.ts';
import { type RetryPolicy, TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { delayAfter } from './backoff.ts';
import { checkedAnswer } from './checked-answer.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import { PulledVersions } from './pulled-versions.ts';
import { asRecorded } from './recorded-calls.ts';
import {
  DuplicateItemError,
  InterruptedError,
  MissingDataError,
  StoppedError,
  SyncUnderWayError,
} from './tracking.errors.ts';

interface Route {
  platform: string;
  direction: Direction;
}

type Result = SyncResult & { id: string; typeKey: string };

/** Runs a call to a platform so that nothing about it goes unrecorded. */
@Injectable()
export class SyncTracker {
  /** The syncs that this process is busy with. */
  readonly inFlight = new Set<string>();

  /** Of those, the ones whose calls are still to come. */
  private readonly ahead = new Map<string, RecordedSync>();
  private readonly running = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();
  private draining: Promise<unknown> | undefined;
  private readonly policy: RetryPolicy;
  private readonly graceMs: number;
  private readonly leaseMs: number;

  constructor(
    private readonly writer: SyncWriter,
    private readonly platforms: PlatformRegistry,
    private readonly pulledVersions: PulledVersions,
    private readonly circuits: CircuitBreakers,
    private readonly heartbeat: Heartbeat,
    @Inject(TRACKING_OPTIONS) options: TrackingOptions,
  ) {
    this.policy = options.retry;
    this.graceMs = options.shutdownGraceMs;
    this.leaseMs = options.leaseMs;
  }

  /** Lets running calls finish, within the grace; nobody waits for another attempt any more, and no call is still to come. */
  drained(): Promise<unknown> {
    this.closing.abort();
    this.draining ??= Promise.race([
      Promise.allSettled([...this.running, this.giveUp([...this.ahead.keys()], new StoppedError())]),
      wait(this.running.size + this.inFlight.size > 0 ? this.graceMs : 0, undefined, { ref: false }),
    ]);
    return this.draining;
  }

  /**
   * Records syncs whose calls, of one item each, are still to come: whoever is told of them finds them. A call is told by
   * the `syncId` of its item; one that will not come must be given up. False when these calls are made elsewhere, in this
   * process or another. Throws `RecordingUnavailableError`.
   */
  async recordAhead(syncs: (NewSync & { id: string })[]): Promise<boolean> {
    const ids = syncs.map(({ id }) => id);
    if (ids.some((id) => this.inFlight.has(id))) {
      await this.writer.record(syncs);
      return false;
    }
    for (const id of ids) this.inFlight.add(id);
    let isOurs = false;
    try {
      const recorded = await this.writer.record(syncs);
      // What stood there already may be another process's.
      isOurs = await this.writer.areOpen(ids);
      if (isOurs) for (const sync of recorded) this.ahead.set(sync.id, sync);
    } finally {
      if (!isOurs) for (const id of ids) this.inFlight.delete(id);
    }
    if (this.closing.signal.aborted) await this.giveUp(ids, new StoppedError());
    return isOurs;
  }

  /** Whether the call of this sync is still to come. */
  isAhead(syncId: string): boolean {
    return this.ahead.has(syncId);
  }

  /** Settles what was recorded ahead and is not called after all; a call that has begun settles its sync itself. */
  async giveUp(syncIds: string[], reason: unknown): Promise<void> {
    const given = syncIds.map((id) => this.ahead.get(id)).filter((sync) => sync !== undefined);
    for (const { id } of given) this.ahead.delete(id);
    const result = { status: 'FAILED' as const, error: failureOf(reason), durationMs: 0 };
    await this.writer.settleAll(given.map(({ id, typeKey }) => ({ ...result, id, typeKey })));
    for (const { id } of given) this.inFlight.delete(id);
  }

  /** Records the call, makes it, tries again where that helps, records what came of it, and answers as the call did. */
  track(route: Route, call: SyncCall, attempt: () => Promise<SyncAnswer>): Promise<SyncAnswer> {
    const run = this.run(route, call, attempt);
    this.running.add(run);
    const forget = () => this.running.delete(run);
    run.then(forget, forget);
    return run;
  }

  private async run(route: Route, call: SyncCall, attempt: () => Promise<SyncAnswer>): Promise<SyncAnswer> {
    // Before anything else: a name that does not exist gets no record and no circuit.
    this.platforms.at({ platform: route.platform, environment: call.context.environment });
    const begunAt = performance.now();
    const isAlive = this.heartbeat.watch();
    const syncs = this.takeAhead(call) ?? (await this.record(route, call));
    // What took that long to record, a sweep may have found abandoned: it was not in flight yet.
    const isUnquestioned = since(begunAt) < this.leaseMs ? isAlive : () => false;
    const assertOurs = () => (isUnquestioned() ? Promise.resolve() : this.assertOurs(syncs));
    const startedAt = performance.now();
    const attempts = { failed: 0 };
    const outcome = () => ({ retryCount: attempts.failed, durationMs: since(startedAt) });
    try {
      // What stands there under an id that the caller chose may be another's.
      if (call.items.some(({ syncId }) => syncId !== undefined)) await this.assertOurs(syncs);
      let answer: SyncAnswer;
      try {
        answer = await this.attemptUntilAnswered(route, syncs, attempts, async () => {
          await assertOurs();
          return this.circuits.through(route.platform, call.context.environment, (assertClosed) => {
            const mayLeave = () => assertOurs().then(assertClosed);
            return asRecorded(call, mayLeave, attempt);
          });
        });
      } catch (error) {
        await this.settleFailed(call, syncs, error, { ...outcome(), retryCount: Math.max(attempts.failed - 1, 0) });
        throw error;
      }
      // Outside that try: what fails from here on must not mark a good push as failed.
      await this.settle(route, call, syncs, answer, outcome());
      return answer;
    } finally {
      for (const { id } of syncs) this.inFlight.delete(id);
    }
  }

  private takeAhead({ items: [item] }: SyncCall): RecordedSync[] | undefined {
    const sync = item?.syncId === undefined ? undefined : this.ahead.get(item.syncId);
    if (sync) this.ahead.delete(sync.id);
    return sync && [sync];
  }

  /** Of two calls in this process for one sync the second is refused. */
  private async record({ platform, direction }: Route, { items, context }: SyncCall): Promise<RecordedSync[]> {
    const adapter = this.platforms.get(platform);
    const callId = context.callId ?? uuidv7();
    const keys = new Set(items.map((item) => refKey(withKind(item))));
    if (keys.size < items.length) throw new DuplicateItemError(items.map((item) => item.typeKey));
    const syncs = items.length > 0 || direction === 'PUSH' ? items : [{ typeKey: EVERYTHING }];
    const missing = items.find((item) => direction === 'PUSH' && item.data === undefined);
    if (missing) throw new MissingDataError(missing.typeKey);
    const recorded = await this.writer.record(
      syncs.map(({ syncId, ...item }: SyncItem) => ({
        ...item,
        id: syncId,
        callId,
        platform,
        direction,
        context,
        ...(direction === 'PUSH' && {
          payload: adapter.toPlatform(item.data as never, withKind(item).kind),
        }),
      })),
    );
    const underWay = recorded.find(({ id }) => this.inFlight.has(id));
    if (underWay) throw new SyncUnderWayError(underWay.id);
    for (const { id } of recorded) this.inFlight.add(id);
    return recorded;
  }

  private async attemptUntilAnswered(
    { platform }: Route,
    syncs: RecordedSync[],
    attempts: { failed: number },
    attempt: () => Promise<SyncAnswer>,
  ): Promise<SyncAnswer> {
    let answered: unknown;
    for (;;) {
      const startedAt = performance.now();
      try {
        return checkedAnswer(await attempt(), platform);
      } catch (error) {
        attempts.failed += 1;
        const waitMs = this.waitBeforeNext(error, attempts.failed);
        const ours = await this.writer.recordFailedAttempt(
          syncs.map((sync) => sync.id),
          {
            attempt: attempts.failed,
            error: failureOf(error),
            durationMs: since(startedAt),
            ...(error instanceof PlatformError && { statusCode: error.statusCode, metadata: error.metadata }),
            waitMs,
          },
        );
        // What the platform said tells more than that it was not asked again.
        answered = wasNotSent(error) ? (answered ?? error) : error;
        if (waitMs === undefined || !ours) throw answered;
        const slept = await wait(waitMs, true, { signal: this.closing.signal }).catch(() => false);
        if (!slept) throw answered;
      }
    }
  }

  /** A process that was paused longer than its lease may find its syncs settled by another: then nothing is sent. */
  private async assertOurs(syncs: RecordedSync[]): Promise<void> {
    await this.heartbeat.refresh();
    if (!(await this.writer.areOpen(syncs.map(({ id }) => id)))) throw new InterruptedError();
  }

  private waitBeforeNext(error: unknown, failed: number): number | undefined {
    const retry = error instanceof PlatformError && error.retryable === true;
    if (!retry || failed >= this.policy.maxAttempts || this.closing.signal.aborted) return undefined;
    return delayAfter(failed, this.policy, error.retryAfterMs);
  }

  private async settle(
    { platform, direction }: Route,
    call: SyncCall,
    syncs: RecordedSync[],
    answer: SyncAnswer,
    outcome: Pick<SyncResult, 'retryCount' | 'durationMs'>,
  ): Promise<void> {
    const shared = {
      ...outcome,
      statusCode: answer.statusCode,
      requestId: answer.requestId,
      metadata: { ...call.context.metadata, ...answer.metadata },
    };
    if (direction === 'PUSH') return this.settleItems(syncs, answer, shared);
    try {
      const versions = await this.pulledVersions.of(platform, answer.items);
      if (call.items.length > 0) return await this.settleItems(syncs, answer, shared, versions);
      return await this.settleReceived(platform, call, syncs[0]!, answer, shared, versions);
    } catch (error) {
      await this.settleFailed(call, syncs, error, outcome);
      throw error;
    }
  }

  private async settleItems(
    syncs: RecordedSync[],
    answer: SyncAnswer,
    shared: Omit<SyncResult, 'status'>,
    versions?: Map<string, string>,
  ): Promise<void> {
    const answers = new Map(answer.items.map((item) => [refKey(withKind(item)), item]));
    const results = syncs.map((sync): Result => {
      const item = answers.get(refKey(sync)) ?? notAnswered(sync);
      return {
        ...shared,
        ...received(item, versions),
        id: sync.id,
        typeKey: sync.typeKey,
        response: item.data ?? answer.body,
      };
    });
    await this.writer.settleAll(results);
  }

  /** Each type received gets a sync of its own; the one that asked for everything keeps the whole answer. */
  private async settleReceived(
    platform: string,
    { context }: SyncCall,
    everything: RecordedSync,
    answer: SyncAnswer,
    shared: Omit<SyncResult, 'status'>,
    versions: Map<string, string>,
  ): Promise<void> {
    const syncs = await this.writer.recordReceived(
      answer.items.map(({ typeKey, kind }) => ({
        callId: everything.callId,
        typeKey,
        kind,
        platform,
        direction: 'PULL' as const,
        context,
      })),
    );
    const results = answer.items.map((item, index): Result => ({
      ...shared,
      ...received(item, versions),
      id: syncs[index]!.id,
      typeKey: item.typeKey,
      response: item.data,
    }));
    const whole = {
      ...shared,
      ...summary(answer.items),
      id: everything.id,
      typeKey: EVERYTHING,
      response: answer.body,
    };
    for (const { id } of syncs) this.inFlight.add(id);
    try {
      await this.writer.settleAll([...results, whole]);
    } finally {
      for (const { id } of syncs) this.inFlight.delete(id);
    }
  }

  private async settleFailed(
    call: SyncCall,
    syncs: RecordedSync[],
    error: unknown,
    outcome: Pick<SyncResult, 'retryCount' | 'durationMs'>,
  ): Promise<void> {
    const known = error instanceof PlatformError ? error : undefined;
    await this.writer.settleAll(
      syncs.map(({ id, typeKey }) => ({
        ...outcome,
        id,
        typeKey,
        status: 'FAILED' as const,
        error: failureOf(error),
        statusCode: known?.statusCode,
        requestId: known?.requestId,
        response: known?.body,
        metadata: { ...call.context.metadata, ...known?.metadata },
      })),
    );
  }
}

/** Anything may be thrown. */
function failureOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof DomainError ? error.code : 'ADAPTER_ERROR', message };
}

function wasNotSent(error: unknown): boolean {
  return error instanceof InterruptedError || (error instanceof PlatformError && error.code === 'CIRCUIT_OPEN');
}

function notAnswered({ typeKey, kind }: RecordedSync): SyncAnswerItem {
  const message = `The answer of the platform does not tell what became of the ${kind} "${typeKey}".`;
  return { typeKey, kind, status: 'FAILED', error: { code: 'NO_ANSWER', message } };
}

function received(
  item: SyncAnswerItem,
  versions?: Map<string, string>,
): Pick<SyncResult, 'status' | 'error' | 'versionHash'> {
  return { status: item.status, error: item.error, versionHash: versions?.get(refKey(withKind(item))) };
}

function summary(items: SyncAnswerItem[]): Pick<SyncResult, 'status' | 'error'> {
  const failed = items.filter((item) => item.status !== 'SUCCESS').length;
  if (failed === 0) return { status: 'SUCCESS' };
  const error = { code: 'ITEMS_FAILED', message: `${failed} of ${items.length} types failed; each has its own sync.` };
  return { status: failed < items.length ? 'PARTIAL' : 'FAILED', error };
}

function withKind({ typeKey, kind = DEFAULT_KIND }: { typeKey: string; kind?: string }): {
  typeKey: string;
  kind: string;
} {
  return { typeKey, kind };
}

function since(start: number): number {
  return Math.round(performance.now() - start);
}
