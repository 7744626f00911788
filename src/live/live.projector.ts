import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { databaseFault, inTransaction, pauseAfter, query, type Transaction } from '#database';
import { Journal } from '#journal';
import { Schedule } from '#schedule';
import { factOf, fold, itemKey, type LiveItem, type LocatedFact } from './live.fold.ts';
import type { LiveState } from './live-state.ts';
import {
  BEGIN_WITH_HISTORY,
  FACTS,
  FORGET,
  HELD,
  POSITIONS,
  STATES,
  WRITE_HISTORY,
  WRITE_STATES,
} from './live.statements.ts';
import { LiveStateBehindError } from './live.errors.ts';

/** Milliseconds that one batch may take. */
const BATCH_MS = 30_000;
/** Milliseconds that a reader waits for the newest events to be folded. */
const CATCH_UP_MS = 10_000;
const CATCH_UP_TRIES = 5;

/**
 * Folds events into the live state, in the order of their positions and each once: a batch and the position that it moves are
 * one transaction. Of any number of replicas one folds at a time.
 */
@Injectable()
export class LiveProjector {
  private catching: Promise<void> | undefined;

  constructor(
    private readonly em: EntityManager,
    private readonly journal: Journal,
    schedule: Schedule,
  ) {
    schedule.add('live.follow', () => this.project());
  }

  /**
   * Resolves when everything that was committed before the call is in the live state. Throws
   * {@link LiveStateBehindError} when that takes too long.
   */
  async catchUp(): Promise<void> {
    // One that is under way may have begun before what the caller knows was committed.
    await this.catching?.catch(() => undefined);
    this.catching ??= this.follow().finally(() => {
      this.catching = undefined;
    });
    return this.catching;
  }

  /** Makes the live state anew, from all events that are kept; what was made of dropped ones stays. Returns how many items it has. */
  async rebuild(): Promise<number> {
    await inTransaction(
      this.em,
      async (transaction) => {
        await transaction.query(HELD);
        await transaction.query(FORGET);
        await transaction.query(BEGIN_WITH_HISTORY);
      },
      BATCH_MS,
    );
    await this.journal.caughtUp();
    await this.project();
    const { rows } = await query<{ count: number }>(this.em, 'select count(*)::float8 as count from live_state');
    return rows[0]!.count;
  }

  /** A batch is safe to repeat: a connection that breaks off costs the caller nothing but time. */
  private async follow(): Promise<void> {
    const deadline = performance.now() + CATCH_UP_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.journal.caughtUp();
        const lag = await this.project(deadline);
        if (lag > 0) throw new LiveStateBehindError(lag);
        return;
      } catch (error) {
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused' || attempt === CATCH_UP_TRIES) throw error;
        await pauseAfter(attempt);
      }
    }
  }

  /** Folds what has a position by now, whatever comes meanwhile; the answer is what is left of it at the deadline. */
  private async project(deadline = Infinity): Promise<number> {
    for (let goal: number | undefined; ;) {
      const { rows } = await query<{ last: number; folded: number }>(this.em, POSITIONS);
      const { last, folded } = rows[0]!;
      goal ??= last;
      if (folded >= goal || performance.now() > deadline) return Math.max(goal - folded, 0);
      await inTransaction(this.em, (transaction) => this.next(transaction), BATCH_MS);
    }
  }

  private async next(transaction: Transaction): Promise<void> {
    const { rows } = await transaction.query<{ last: number; next: number }>(HELD);
    const { last, next } = rows[0]!;
    const facts = await transaction.query<LocatedFact & { wasRead: boolean }>(FACTS, [last, next]);
    if (facts.rows.length > 0) await this.write(transaction, facts.rows.map(factOf));
    await transaction.query('update live_position set last = $1', [next]);
  }

  private async write(transaction: Transaction, facts: LocatedFact[]): Promise<void> {
    const items = new Map(facts.map((fact) => [itemKey(fact), fact]));
    const asked = [...items.values()].map(({ platform, environment, kind, typeKey }) => {
      return { platform, environment, kind, typeKey };
    });
    const known = await transaction.query<LiveItem & LiveState>(STATES, [JSON.stringify(asked)]);
    const before = new Map(known.rows.map((row) => [itemKey(row), row]));
    const after = new Map(before);
    const changes = fold(after, facts);
    const changed = [...after].filter(([key, state]) => before.get(key) !== state).map(([, state]) => state);
    if (changed.length > 0) await transaction.query(WRITE_STATES, [JSON.stringify(changed)]);
    if (changes.length > 0) await transaction.query(WRITE_HISTORY, [JSON.stringify(changes)]);
  }
}
