import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { isJsonObject } from '#json';
import { restAtMost, TimeSlice } from '#pace';
import { type ItemRef, itemRef, PlatformRegistry, type SyncAnswer, type Target } from '#platform';
import { newId } from '#recording';
import { ContentTypeHasher, refKey } from '#versioning';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { isOwnFault } from './own-fault.ts';

const MIN_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
/** Milliseconds that a call has at the least, once it is due. */
const MIN_READ_MS = 5_000;
/** Milliseconds of these that a call of a deployment rests at the most, while others record. */
const MAX_REST_MS = 1_000;

/** What a target was seen to hold. */
export interface Reading {
  /** The recorded call: its syncs keep the answer. */
  callId: string;
  /** The hashes of what it holds, by `refKey`, without the items that it does not have. */
  held: Map<string, string>;
}

/** Those who wait for the next call to a target, and what they ask for. */
interface Waiting {
  items: Map<string, ItemRef>;
  reading: Promise<Reading | 'unrecorded' | undefined>;
}

interface TargetState {
  next?: Waiting;
  running: Promise<unknown>;
  failures: number;
  notBefore: number;
}

/**
 * Reads targets for the service itself, in recorded calls: one at a time for each target, for everybody who asks meanwhile,
 * and after a failure only after a pause. However many pushes are in doubt, a platform that is down is asked now and then.
 */
@Injectable()
export class TargetReader {
  private readonly logger = new Logger(TargetReader.name);
  private readonly targets = new Map<string, TargetState>();

  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly hasher: ContentTypeHasher,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /**
   * What the target holds of these items, by a call that begins after this one; undefined when it could not be read. It is
   * not waited for where the pause after a failure is longer than the time that there is.
   */
  async read(target: Target, items: ItemRef[], withinMs: number): Promise<Reading | undefined> {
    const reading = await this.next(target, items, withinMs);
    return reading === 'unrecorded' ? undefined : reading;
  }

  /** The same, asked again for as long as a push is read back; a time without our own database does not count. */
  async readInTime(target: Target, items: ItemRef[]): Promise<Reading | undefined> {
    let until = performance.now() + this.options.readBackMs;
    for (;;) {
      const startedAt = performance.now();
      const leftMs = Math.max(until - startedAt, 0);
      const reading = await this.next(target, items, leftMs);
      if (reading === 'unrecorded') until += performance.now() - startedAt;
      else if (reading || leftMs === 0) return reading;
      await wait(MIN_PAUSE_MS, undefined, { ref: false });
    }
  }

  private async next(target: Target, items: ItemRef[], withinMs: number): Promise<Reading | 'unrecorded' | undefined> {
    const state = this.stateOf(target);
    if (state.notBefore - performance.now() > withinMs) return undefined;
    state.next ??= this.follow(target, state);
    const { reading, items: asked } = state.next;
    for (const { kind, typeKey } of items) asked.set(refKey({ kind, typeKey }), { kind, typeKey });
    const late = new AbortController();
    const limit = wait(Math.max(withinMs, MIN_READ_MS), undefined, { signal: late.signal, ref: false });
    return Promise.race([reading, limit.catch(() => undefined)]).finally(() => late.abort());
  }

  private stateOf(target: Target): TargetState {
    const state = this.targets.get(keyOf(target)) ?? { running: Promise.resolve(), failures: 0, notBefore: 0 };
    this.targets.set(keyOf(target), state);
    return state;
  }

  private follow(target: Target, state: TargetState): Waiting {
    const items = new Map<string, ItemRef>();
    const reading = state.running.then(async () => {
      const pauseMs = state.notBefore - performance.now();
      if (pauseMs > 0) await wait(pauseMs, undefined, { ref: false });
      state.next = undefined;
      const read = await restAtMost(MAX_REST_MS, () => this.pull(target, [...items.values()]));
      const isRead = read !== undefined && read !== 'unrecorded';
      state.failures = isRead ? 0 : state.failures + 1;
      state.notBefore = isRead ? 0 : performance.now() + Math.min(MIN_PAUSE_MS * 2 ** state.failures, MAX_PAUSE_MS);
      // Callers may choose the names of environments.
      if (isRead && !state.next) this.targets.delete(keyOf(target));
      return read;
    });
    state.running = reading;
    return { items, reading };
  }

  private async pull(target: Target, items: ItemRef[]): Promise<Reading | 'unrecorded' | undefined> {
    const { platform, environment } = target;
    const callId = newId();
    try {
      const answer = await this.platforms.at(target).pull({
        items,
        context: {
          environment,
          callId,
          isReadBack: true,
          actor: 'synctrail',
          trigger: 'SCHEDULE',
          reason: 'Read-back: the service compares the target with the record',
        },
      });
      return { callId, held: await this.hashes(platform, answer) };
    } catch (error) {
      this.logger.warn(`${platform} "${environment}" could not be read back: ${(error as Error).message}`);
      return isOwnFault(error) ? 'unrecorded' : undefined;
    }
  }

  private async hashes(platform: string, { items }: SyncAnswer): Promise<Map<string, string>> {
    const held = new Map<string, string>();
    const slice = new TimeSlice();
    for (const { status, data, error, ...item } of items) {
      if (slice.isOver) await slice.giveWay();
      if (status === 'SUCCESS' && isJsonObject(data!)) {
        const hash = this.hasher.generateHash(data, this.platforms.model(platform));
        held.set(refKey(itemRef(item)), hash);
      } else if (error?.code !== 'NOT_FOUND') {
        throw new Error(`${item.typeKey} could not be read (${error?.code ?? 'no content'})`);
      }
    }
    return held;
  }
}

function keyOf({ platform, environment }: Target): string {
  return JSON.stringify([platform, environment]);
}
