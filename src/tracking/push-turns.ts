import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable } from '@nestjs/common';
import { query } from '#database';
import type { ItemRef, Target } from '#platform';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { PushUnderWayError } from './tracking.errors.ts';

/** Milliseconds after which a push asks again, where nobody wakes it: the push before it may be another replica's. */
const ASK_AGAIN_MS = 250;

/** A sync that needs its turn. */
type Push = ItemRef & { id: string };

interface Turn {
  syncId: string;
  blockedBy: string | null;
  overtakenBy: string | null;
}

/** A call that waits for its items. */
interface Waiting {
  keys: string[];
  /** Ends its pause. */
  wake: () => void;
}

/**
 * One push of an item to a target at a time, in all replicas: the turns stand in the database, and a settled sync has
 * given its turn back. All the items of a call go together, or none. In one process they go in the order in which they came.
 */
@Injectable()
export class PushTurns {
  /** The calls of this process that wait for an item, in their order; each stands in the queues of all its items. */
  private readonly queues = new Map<string, Waiting[]>();

  constructor(
    private readonly em: EntityManager,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** Whether a call of this process waits for an item already, so that another must not go before it. */
  isWaitedFor(target: Target, item: ItemRef): boolean {
    return this.queues.has(keyOf(target, item));
  }

  /**
   * Waits until these syncs have their turns, but for those that a newer push has overtaken: the answer names that push
   * for each of them. Throws {@link PushUnderWayError} when it waited too long, and what the signal says.
   */
  async take(target: Target, pushes: Push[], signal: AbortSignal): Promise<Map<string, string>> {
    const startedAt = performance.now();
    const waiting = this.join(pushes.map((push) => keyOf(target, push)));
    try {
      for (;;) {
        const waitedMs = performance.now() - startedAt;
        const leftMs = this.options.pushWaitMs - waitedMs;
        if (this.isNext(waiting) || leftMs <= 0) {
          const turns = await this.ask(pushes.map(({ id }) => id));
          const blockedBy = turns.flatMap((turn) => (turn.overtakenBy === null ? (turn.blockedBy ?? []) : []));
          if (blockedBy.length === 0) return overtakenIn(turns);
          if (leftMs <= 0) throw new PushUnderWayError(Math.round(waitedMs), [...new Set(blockedBy)]);
        }
        await this.pause(waiting, Math.min(leftMs, ASK_AGAIN_MS), signal);
      }
    } finally {
      this.leave(waiting);
    }
  }

  /** These pushes have ended, or wait: the calls that wait for their items ask again at once. */
  ended(target: Target, items: ItemRef[]): void {
    if (this.queues.size === 0) return;
    for (const item of items) this.queues.get(keyOf(target, item))?.[0]?.wake();
  }

  private async ask(syncIds: string[]): Promise<Turn[]> {
    const { rows } = await query<{ sync_id: string; blocked_by: string | null; overtaken_by: string | null }>(this.em, {
      text: 'select * from take_turns($1::uuid[])',
      values: [syncIds],
    });
    return rows.map((row) => ({ syncId: row.sync_id, blockedBy: row.blocked_by, overtakenBy: row.overtaken_by }));
  }

  private join(keys: string[]): Waiting {
    const waiting: Waiting = { keys, wake: () => undefined };
    for (const key of keys) this.queues.set(key, [...(this.queues.get(key) ?? []), waiting]);
    return waiting;
  }

  private leave(waiting: Waiting): void {
    for (const key of waiting.keys) {
      const others = this.queues.get(key)!.filter((one) => one !== waiting);
      if (others.length === 0) this.queues.delete(key);
      else this.queues.set(key, others);
      others[0]?.wake();
    }
  }

  private isNext(waiting: Waiting): boolean {
    return waiting.keys.every((key) => this.queues.get(key)![0] === waiting);
  }

  private async pause(waiting: Waiting, ms: number, signal: AbortSignal): Promise<void> {
    const { promise: woken, resolve } = Promise.withResolvers<void>();
    const over = new AbortController();
    waiting.wake = resolve;
    try {
      await Promise.race([woken, wait(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) })]);
    } finally {
      over.abort();
    }
  }
}

function overtakenIn(turns: Turn[]): Map<string, string> {
  return new Map(
    turns.flatMap(({ syncId, overtakenBy }) => (overtakenBy === null ? [] : [[syncId, overtakenBy] as const])),
  );
}

function keyOf({ platform, environment }: Target, { kind, typeKey }: ItemRef): string {
  return JSON.stringify([platform, environment, kind, typeKey]);
}
