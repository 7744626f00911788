import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { answered, connect, PreparedStatements, query, readAfter } from '#database';
import { RecordBehindError } from './journal.errors.ts';
import { newId } from './new-id.ts';
import type { Statement } from './statement.ts';
import type { Write } from './step-queue.ts';

/** Milliseconds that one append may take; many contents take their time. */
const APPEND_WITHIN_MS = 10_000;
/** Milliseconds that a reader waits until what was appended is projected. */
const CATCH_UP_MS = 5_000;
/** Milliseconds for which it is known whether other processes append. A process that joins others appends nothing for as long. */
const OTHERS_KNOWN_MS = 1_000;
/** Milliseconds within which what is appended counts as appended together. */
const MOMENT_MS = 100;
/** Milliseconds behind which an append waits for a round, and for how many of them. */
const FAR_BEHIND_MS = 1_000;
const MAX_YIELD_MS = 100;
/** Bytes, or milliseconds, behind which an append waits for rounds, and for how many milliseconds: readers wait for all of it. */
const FAR_BEHIND_BYTES = 3_000_000;
const LATE_MS = 2_000;
const MAX_DRAIN_MS = 500;
/** Milliseconds for which a process that has appended stays registered: much less than the hour after which it is forgotten. */
const REGISTERED_MS = 10 * 60 * 1_000;

/** What is appended together. */
export interface Entry {
  /** JSON, a list. */
  steps: string;
  /** The contents that the steps bring, one after another. */
  contents: Buffer | null;
}

/** Parts of the statement that appends: common table expressions, and a query whose rows come with the answer. */
export interface Beside {
  statement: Statement;
  parts: string[];
  answer?: string;
}

/** Numbers of entries by the process that appended them. */
export type Goals = Map<string, number>;

/** What makes everything else of the journal. */
export interface JournalProjector {
  /** A round that begins after the call; the answer is how far it came with each process of which it took something. */
  round(): Promise<Goals>;
  /** Something was appended. */
  appended(): void;
}

/** What came of an append. Without a row of the query that was beside it there is one of nulls. */
export interface Appended<Row> {
  rows: Row[];
  /** Another one when another server has answered, or the same after a restart. */
  server: string;
}

/**
 * The durable intake of recording: one row a group commit, numbered without gaps by each process, in the order of its
 * commits. Readers wait until what was appended before them is projected.
 */
@Injectable()
export class Journal {
  /** This process. */
  readonly writer = newId();

  private readonly prepared: PreparedStatements;
  /** Numbers up to this one are appended, and up to that one projected. */
  private written = 0;
  private projected = 0;
  private others = { areAlive: true, knownAt: Number.NEGATIVE_INFINITY };
  private mayAppendAt = 0;
  private registeredAt = Number.NEGATIVE_INFINITY;
  /** Up to which number was appended since when; what comes within a moment counts as one. */
  private waiting: { since: number; last: number; bytes: number }[] = [];
  private server: string | undefined;
  private projector: JournalProjector | undefined;
  private looking: Promise<Goals> | undefined;

  constructor(private readonly em: EntityManager) {
    this.prepared = new PreparedStatements(em);
  }

  /** Whether something that this process appended is not projected, as far as it knows. */
  get isBehind(): boolean {
    return this.written > this.projected;
  }

  /** Milliseconds since the oldest entry was appended that is not projected, as far as this process knows; 0 without one. */
  get behindMs(): number {
    return this.isBehind ? performance.now() - this.waiting.find(({ last }) => last > this.projected)!.since : 0;
  }

  /** From now on readers wait for the projector. */
  async open(projector: JournalProjector): Promise<void> {
    this.projector = projector;
    readAfter(this.em, () => this.caughtUp());
    // The others have to know of us before they can miss anything.
    if (await this.othersAreAlive()) this.mayAppendAt = performance.now() + OTHERS_KNOWN_MS;
  }

  /** Up to which number the rows of this process are projected. */
  noteProjected(number: number): void {
    this.projected = Math.max(this.projected, number);
    this.waiting = this.waiting.filter(({ last }) => last > this.projected);
  }

  /** Who records faster than the projector follows would make readers wait ever longer. One that hangs stops nobody. */
  private async yieldToProjector(): Promise<void> {
    if (this.behindMs > FAR_BEHIND_MS) await this.roundWithin(MAX_YIELD_MS);
    const until = performance.now() + MAX_DRAIN_MS;
    for (let left = MAX_DRAIN_MS; left > 0 && this.isLate; left = until - performance.now())
      await this.roundWithin(left);
  }

  private get isLate(): boolean {
    return this.behindBytes > FAR_BEHIND_BYTES || this.behindMs > LATE_MS;
  }

  private async roundWithin(ms: number): Promise<void> {
    const over = new AbortController();
    const late = wait(ms, undefined, { signal: over.signal }).catch(() => undefined);
    // A round that fails at once must not be asked for again at once.
    await Promise.race([this.projector?.round().catch(() => late) ?? late, late]);
    over.abort();
  }

  private get behindBytes(): number {
    return this.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private noteWritten(number: number, bytes: number): void {
    this.written = number;
    const now = performance.now();
    const newest = this.waiting.at(-1);
    if (newest && now - newest.since < MOMENT_MS) Object.assign(newest, { last: number, bytes: newest.bytes + bytes });
    else this.waiting.push({ since: now, last: number, bytes });
  }

  /**
   * Resolves after the commit of all entries together, with what `beside` asks for and the server that has it. Not to be called
   * while another is under way.
   */
  async append<Row extends object>(
    entries: Entry[],
    write: Write,
    { statement, parts, answer }: Beside,
  ): Promise<Appended<Row>> {
    const pauseMs = this.mayAppendAt - performance.now();
    if (pauseMs > 0) await wait(pauseMs);
    await this.yieldToProjector();
    const writer = statement.parameter('uuid', this.writer);
    const rows = entries.map(({ steps, contents }, index) => {
      const at = statement.parameter('bigint', this.written + 1 + index);
      return `(${writer}, ${at}, ${statement.parameter('text', steps)}, ${statement.parameter('bytea', contents)})`;
    });
    const appendedAt = performance.now();
    const isRegistered = appendedAt - this.registeredAt < REGISTERED_MS;
    const register = `writer_in as (insert into journal_writer (writer) values (${writer}) on conflict do nothing)`;
    // What is appended a second time is there once. A process that has appended nothing for long is registered anew.
    const all = [
      ...parts,
      ...(isRegistered ? [] : [register]),
      `entry_in as (insert into sync_journal (writer, number, steps, contents)
        values ${rows.join(', ')} on conflict do nothing)`,
    ];
    const from = answer ? `(${answer}) a right join (select) one on true` : '(select) a';
    const client = await connect(this.em, APPEND_WITHIN_MS, true);
    let failed = true;
    try {
      write.mayBeWritten = true;
      const appending = {
        text: `with ${all.join(', ')} select pg_postmaster_start_time()::text as server, a.* from ${from}`,
        values: statement.parameters,
        withinMs: APPEND_WITHIN_MS,
      };
      // Of the many numbers of entries only one is common enough to be prepared.
      const { rows: answers } = await (entries.length === 1
        ? this.prepared.on<Row & { server: string }>(client, appending)
        : answered<Row & { server: string }>(client, appending));
      failed = false;
      const { server } = answers[0]!;
      // Another server may not have what the one before was told last.
      const isAnother = server !== this.server && this.server !== undefined;
      this.server = server;
      if (isAnother) this.registeredAt = Number.NEGATIVE_INFINITY;
      else if (!isRegistered) this.registeredAt = appendedAt;
      this.noteWritten(this.written + entries.length, sizeOf(entries));
      this.projector?.appended();
      return { rows: answers, server };
    } finally {
      client.release(failed);
    }
  }

  /**
   * Resolves when everything that was appended before the call, by any process, is projected, whatever is appended meanwhile.
   * Throws {@link RecordBehindError}.
   */
  async caughtUp(): Promise<void> {
    if (!this.projector) return;
    const isKnown = performance.now() - this.others.knownAt < OTHERS_KNOWN_MS;
    const isAlone = isKnown && !this.others.areAlive;
    if (isAlone && !this.isBehind) return;
    const goals = isAlone ? new Map([[this.writer, this.written]]) : await this.goals();
    if (goals.size === 0) return;
    const over = new AbortController();
    const late = wait(CATCH_UP_MS, undefined, { signal: over.signal }).then(
      () => {
        throw new RecordBehindError(CATCH_UP_MS);
      },
      () => undefined,
    );
    try {
      await Promise.race([this.reach(goals, this.projector, over.signal), late]);
    } finally {
      over.abort();
    }
  }

  /** A round that begins after the goals were known, and takes nothing of a process, finds all of it projected. */
  private async reach(goals: Goals, projector: JournalProjector, signal: AbortSignal): Promise<void> {
    for (let left = [...goals]; left.length > 0 && !signal.aborted;) {
      const moved = await projector.round();
      left = left.filter(([writer, number]) => (moved.get(writer) ?? Infinity) < number);
    }
  }

  /** Learns whether other processes append. */
  async othersAreAlive(): Promise<boolean> {
    const knownAt = performance.now();
    const { rows } = await query<{ alive: boolean }>(this.em, { text: OTHERS, values: [this.writer], records: true });
    this.others = { areAlive: rows[0]!.alive, knownAt };
    return this.others.areAlive;
  }

  /**
   * The last entry of each process of which something is not projected. Callers of the same moment share the answer; none gets
   * one that was asked for before it came.
   */
  async goals(): Promise<Goals> {
    if (this.looking) await this.looking.catch(() => undefined);
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async look(): Promise<Goals> {
    const client = await connect(this.em, undefined, true);
    let failed = true;
    try {
      const { rows } = await this.prepared.on<{ writer: string; last: number }>(client, { text: GOALS, values: [] });
      failed = false;
      return new Map(rows.map(({ writer, last }) => [writer, last]));
    } finally {
      client.release(failed);
    }
  }
}

function sizeOf(entries: Entry[]): number {
  return entries.reduce((sum, { steps, contents }) => sum + Buffer.byteLength(steps) + (contents?.length ?? 0), 0);
}

const OTHERS = `select exists (
  select from recorder where owner <> $1 and beat_at > clock_timestamp() - lease_ms * interval '1 millisecond') as alive`;

const GOALS = `
  select w.writer, j.last::float8 as last from journal_writer w
  cross join lateral (select max(number) as last from sync_journal n where n.writer = w.writer) j
  where j.last > w.projected`;
