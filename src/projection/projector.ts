import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  databaseFault,
  type DatabaseFault,
  inTransaction,
  pauseAfter,
  PreparedStatements,
  query,
  type Transaction,
} from '#database';
import { type Goals, Journal, type JournalProjector } from '#journal';
import { Schedule } from '#schedule';
import { type EntryRow, type PlacedStep, projectSteps, stepsInOrder } from './project-steps.ts';
import {
  ADOPT,
  ENSURE_MONTHS,
  MAX_ENTRIES,
  move,
  nextEntries,
  PROJECTED,
  PRUNE,
  REFUSE,
} from './projection.statements.ts';

/** Milliseconds that one statement of a round may take, longer at each try. */
const STATEMENT_MS = 5_000;
/** Milliseconds after which others project that were kept from it by a process that was paused, or cut off. */
const IDLE_MS = 2_000;
const TRIES = 5;
/** Milliseconds between two looks whether others have left something behind. */
const LOOK_MS = 500;
const PRUNE_MS = 5_000;
/** Milliseconds after which what was appended is projected. */
const SOON_MS = 10;
/** A time is busy when an entry came more often than every so many milliseconds: then a round waits, and takes more at once. */
const BUSY_MS = 25;
/** Milliseconds without a round after which nothing is busy. */
const QUIET_MS = 200;

/** What a round did. */
interface Round {
  /** Whether there is more. */
  isFull: boolean;
  /** How many it took. */
  entries: number;
  /** How far it came with each process of which it took something. */
  moved: Goals;
  /** Up to which number the entries of this process are projected. */
  own: number;
}

/**
 * Makes history, events with their positions, snapshots and versions of the journal: in order, in bulk, and each step once,
 * because what a round writes and how far it came are one transaction. Of any number of replicas one projects at a time.
 */
@Injectable()
export class Projector implements JournalProjector, OnApplicationBootstrap {
  private readonly logger = new Logger(Projector.name);
  private running: Promise<Round> | undefined;
  private waiting: Promise<Round> | undefined;
  private soon: NodeJS.Timeout | undefined;
  private endedAt = Number.NEGATIVE_INFINITY;
  private isBusy = false;
  /** Entries of the next round. */
  private most = MAX_ENTRIES;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private prunedAt = performance.now();
  private readonly prepared: PreparedStatements;

  constructor(
    private readonly em: EntityManager,
    private readonly journal: Journal,
    schedule: Schedule,
  ) {
    this.prepared = new PreparedStatements(em);
    schedule.add('journal.project', () => this.follow(), { last: () => this.finish() });
  }

  /** What a process before this one left is there before anything is read. */
  async onApplicationBootstrap(): Promise<void> {
    await this.journal.open(this);
    if ((await this.journal.goals()).size > 0) await this.project();
  }

  /** Resolves when everything that was appended before the call is projected. */
  async project(): Promise<void> {
    for (let isFull = true; isFull;) ({ isFull } = await this.next());
  }

  /** Callers of the same time share a round. */
  async round(): Promise<Goals> {
    return (await this.next()).moved;
  }

  /** What comes now and then is projected soon; in a busy time a round takes more at once. */
  appended(): void {
    if (this.soon || this.running || (this.isBusy && performance.now() - this.endedAt < QUIET_MS)) return;
    this.soon = setTimeout(() => {
      this.soon = undefined;
      this.next().catch((error: Error) => this.logger.warn(`It failed and will run again: ${error.message}`));
    }, SOON_MS).unref();
  }

  private finish(): Promise<void> {
    clearTimeout(this.soon);
    return this.project();
  }

  private next(): Promise<Round> {
    if (!this.running) {
      this.running = this.run().finally(() => {
        this.running = undefined;
        this.endedAt = performance.now();
      });
      return this.running;
    }
    // The one under way may have begun before what the caller knows of was appended.
    this.waiting ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.waiting = undefined;
        return this.next();
      });
    return this.waiting;
  }

  /** Projects what nobody waits for, and now and then what others left. */
  private async follow(): Promise<void> {
    const now = performance.now();
    const looks = now - this.lookedAt > LOOK_MS;
    if (looks) {
      this.lookedAt = now;
      await this.journal.othersAreAlive();
    }
    if (this.journal.isBehind || (looks && (await this.journal.goals()).size > 0)) await this.project();
    if (now - this.prunedAt < PRUNE_MS) return;
    this.prunedAt = now;
    await query(this.em, { text: ADOPT, records: true });
    await query(this.em, { text: PRUNE, records: true });
  }

  /** A round is safe to repeat: what fails for a reason that passes is tried again. */
  private async run(): Promise<Round> {
    let eachAlone = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const most = this.most;
        // Without statistics, or with those of a smaller table, the server would read all versions for each one.
        const planning = 'set local enable_seqscan = off';
        // Another statement than the one before: it must see what was committed until the row was ours.
        const first = `${planning}; select hold_event_position('${uuidv7()}')::float8 as last; ${nextEntries(most)}`;
        const limits = { records: true, idleMs: IDLE_MS, first, prepared: this.prepared };
        const work = (transaction: Transaction, began: { rows: object[] }[]) => {
          const [held, entries] = began.slice(-2) as [{ rows: [{ last: number }] }, { rows: EntryRow[] }];
          return this.projectNext(transaction, entries.rows, { last: held.rows[0].last, most, eachAlone });
        };
        const round = await inTransaction(this.em, work, STATEMENT_MS * attempt, limits);
        this.most = Math.min(this.most * 2, MAX_ENTRIES);
        this.journal.noteProjected(round.own);
        this.isBusy = round.entries * BUSY_MS > performance.now() - this.endedAt;
        return round;
      } catch (error) {
        const fault = faultOf(error);
        if (attempt === TRIES) throw error;
        if (fault === 'no-partition') {
          await this.ensureMonths();
          continue;
        }
        if (fault === 'refused') eachAlone = this.most === 1;
        else await pauseAfter(attempt);
        // Less may be had from a connection that breaks off, and finds the step that is refused.
        this.most = fault === 'refused' ? 1 : Math.max(Math.floor(this.most / 8), 1);
      }
    }
  }

  private async projectNext(
    transaction: Transaction,
    rows: EntryRow[],
    { last: given, most, eachAlone }: { last: number; most: number; eachAlone: boolean },
  ): Promise<Round> {
    let last = given;
    if (rows.length === 0) {
      const { rows: own } = await transaction.query<{ projected: number }>(PROJECTED, [this.journal.writer]);
      return { isFull: false, entries: 0, moved: new Map(), own: own[0]?.projected ?? 0 };
    }
    const steps = stepsInOrder(rows);
    if (!eachAlone) last = await projectSteps(transaction, steps, last);
    else for (const step of steps) last = await this.projectAlone(transaction, step, last);
    const moved = new Map(rows.map(({ writer, number }) => [writer, number]));
    transaction.endWith(move(last, moved));
    const taken = Map.groupBy(rows, ({ writer }) => writer);
    const isFull = [...taken.values()].some((of) => of[0]!.found >= most || of.length < of[0]!.found);
    return { isFull, entries: rows.length, moved, own: moved.get(this.journal.writer) ?? 0 };
  }

  /** A step that the tables refuse stops nobody: it is kept as it is. */
  private async projectAlone(transaction: Transaction, placed: PlacedStep, last: number): Promise<number> {
    await transaction.query('savepoint alone');
    try {
      const next = await projectSteps(transaction, [placed], last);
      await transaction.query('set constraints all immediate');
      await transaction.query('set constraints all deferred');
      await transaction.query('release savepoint alone');
      return next;
    } catch (error) {
      if (faultOf(error) !== 'refused') throw error;
      await transaction.query('rollback to savepoint alone');
      const { step, place, ordinal } = placed;
      const { message } = error as Error;
      this.logger.error(`The tables refuse step ${ordinal} of entry ${place.number} of ${place.writer}: ${message}`);
      await transaction.query(REFUSE, [place.writer, place.number, ordinal, JSON.stringify(step), message]);
      return last;
    }
  }

  /** The starts that other systems gave: their months may have no tables yet. */
  private async ensureMonths(): Promise<void> {
    const { rows } = await query<EntryRow>(this.em, { text: nextEntries(MAX_ENTRIES), records: true });
    const starts = stepsInOrder(rows).flatMap(({ step }) => {
      return step.step === 'start' && typeof step.event.data.startedAt === 'string' ? [step.event.data.startedAt] : [];
    });
    await query(this.em, { text: ENSURE_MONTHS, values: [starts], records: true });
  }
}

/** A step that cannot even be read is refused as well. */
function faultOf(error: unknown): DatabaseFault {
  return databaseFault(error) ?? 'refused';
}
