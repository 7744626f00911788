import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { connect, PreparedStatements, query, readAfter } from '#database';
import { RecordBehindError } from './journal.errors.ts';
import type { Statement } from './statement.ts';
import type { Write } from './step-queue.ts';

/** Milliseconds that one append may take; many contents take their time. */
const APPEND_WITHIN_MS = 10_000;
/** Milliseconds that a reader waits until what was appended is projected. */
const CATCH_UP_MS = 5_000;
/** Milliseconds for which it is known whether other processes append. A process that joins others appends nothing for as long. */
const OTHERS_KNOWN_MS = 1_000;

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
  readonly writer = uuidv7();

  private readonly prepared: PreparedStatements;
  /** Numbers up to this one are appended, and up to that one projected. */
  private written = 0;
  private projected = 0;
  private others = { areAlive: true, knownAt: Number.NEGATIVE_INFINITY };
  private mayAppendAt = 0;
  private projector: JournalProjector | undefined;
  private looking: Promise<Goals> | undefined;

  constructor(private readonly em: EntityManager) {
    this.prepared = new PreparedStatements(em);
  }

  /** Whether something that this process appended is not projected, as far as it knows. */
  get isBehind(): boolean {
    return this.written > this.projected;
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
  }

  /**
   * Resolves after the commit, with what `beside` asks for and the server that has it. Not to be called while another is under
   * way.
   */
  async append<Row extends object>(
    { steps, contents }: Entry,
    write: Write,
    { statement, parts, answer }: Beside,
  ): Promise<Appended<Row>> {
    const pauseMs = this.mayAppendAt - performance.now();
    if (pauseMs > 0) await wait(pauseMs);
    const number = this.written + 1;
    const entry = [this.writer, number, steps, contents];
    const [writer, at, text, bytes] = ['uuid', 'bigint', 'text', 'bytea'].map((type, index) =>
      statement.parameter(type, entry[index]),
    );
    // What is appended a second time is there once. A process that has appended nothing for long is registered anew.
    const all = [
      ...parts,
      `writer_in as (insert into journal_writer (writer) values (${writer}) on conflict do nothing)`,
      `entry_in as (insert into sync_journal (writer, number, steps, contents)
        values (${writer}, ${at}, ${text}, ${bytes}) on conflict do nothing)`,
    ];
    const from = answer ? `(${answer}) a right join (select) one on true` : '(select) a';
    const client = await connect(this.em, APPEND_WITHIN_MS, true);
    let failed = true;
    try {
      write.mayBeWritten = true;
      const { rows } = await this.prepared.on<Row & { server: string }>(client, {
        text: `with ${all.join(', ')} select pg_postmaster_start_time()::text as server, a.* from ${from}`,
        values: statement.parameters,
        withinMs: APPEND_WITHIN_MS,
      });
      failed = false;
      this.written = number;
      this.projector?.appended();
      return { rows, server: rows[0]!.server };
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

const OTHERS = `select exists (
  select from recorder where owner <> $1 and beat_at > clock_timestamp() - lease_ms * interval '1 millisecond') as alive`;

const GOALS = `
  select w.writer, j.last::float8 as last from journal_writer w
  cross join lateral (select max(number) as last from sync_journal n where n.writer = w.writer) j
  where j.last > w.projected`;
