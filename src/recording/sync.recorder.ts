import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, type DatabaseFault, databaseFault, pauseAfter, PreparedStatements, untilWritten } from '#database';
import { GroupCommit } from './group-commit.ts';
import { RecordingUnavailableError } from './recording.errors.ts';
import type { AttemptRow, EventRow, FinishRow, OutcomeRow, SettledSync, Settlement, StartRow } from './sync-rows.ts';
import {
  attemptStatement,
  eventStatement,
  extendStatement,
  finishStatement,
  lateStatement,
  linkStatement,
  outcomeStatement,
  startStatement,
  versionOrigin,
  type Written,
} from './sync.statements.ts';

const LIMITS = { rows: 32, writes: 2 };
const START_TRIES = 3;
/** Milliseconds after which a start is not tried again: one that waited for a dead connection is. */
const START_WITHIN_MS = 15_000;
/** A statement of many rows with their snapshots takes its time. */
const ANSWER_WITHIN_MS = 10_000;

/** The months around now, and those of these starts. */
const ENSURE_MONTHS = `
  select ensure_sync_partitions(first, months) from (
    select now() - interval '1 month' as first, 4 as months
    union all select distinct date_trunc('month', start, 'UTC'), 1 from unnest($1::timestamptz[]) start) needed`;

/** Hears what a recorder has written, after each commit. */
export interface RecorderObserver {
  /** So many rows went out together. */
  written(step: 'start' | 'finish', rows: number): void;
  settled(sync: SettledSync): void;
}

/** The one place through which all recording goes. Its own connections, so no caller's rollback undoes it. */
@Injectable()
export class SyncRecorder {
  private readonly starts = new GroupCommit<StartRow, boolean>(
    (rows) => this.writeStarts(rows),
    LIMITS,
    (error) => error instanceof RecordingUnavailableError,
  );
  private readonly finishes = new GroupCommit<FinishRow, Settlement>((rows) => this.writeFinishes(rows), LIMITS);
  /** Versions that are known to exist, so that the usual sync does not ask again. */
  private readonly knownVersions = new Set<string>();
  private readonly observers = new Set<RecorderObserver>();
  private readonly prepared: PreparedStatements;

  constructor(private readonly em: EntityManager) {
    this.prepared = new PreparedStatements(em);
  }

  /** How many calls wait for the next write. */
  get queueLength(): number {
    return this.starts.length + this.finishes.length;
  }

  observe(observer: RecorderObserver): void {
    this.observers.add(observer);
  }

  /**
   * Resolves after the commit, with whether each row has got its turn. Throws
   * {@link RecordingUnavailableError} when the database does not answer.
   */
  start(rows: StartRow[]): Promise<boolean[]> {
    return this.starts.add(rows);
  }

  /** Resolves after the commit, however long the database is away. */
  finish(rows: FinishRow[]): Promise<Settlement[]> {
    return this.finishes.add(rows);
  }

  /** Resolves after the commit, however long the database is away; false when a sync was settled already. */
  async attemptsFailed(rows: AttemptRow[]): Promise<boolean> {
    const open = await untilWritten(() => this.execute(attemptStatement(rows)), this.beforeRetry);
    return open.length === rows.length;
  }

  /** Resolves after the commit, however long the database is away. */
  async outcomesKnown(rows: OutcomeRow[]): Promise<void> {
    await untilWritten(() => this.execute(outcomeStatement(rows)), this.beforeRetry);
  }

  /** Adds events that change nothing of their syncs. Resolves after the commit, however long the database is away. */
  async addEvents(events: EventRow[]): Promise<void> {
    await untilWritten(() => this.execute(eventStatement(events)), this.beforeRetry);
  }

  /** Resolves after the commit; false when the sync is settled with another version, undefined when there is none. */
  async linkVersion(event: EventRow, versionHash: string): Promise<boolean | undefined> {
    const statement = linkStatement(event, versionHash);
    const [row] = await untilWritten(() => this.execute<{ linked: boolean }>(statement), this.beforeRetry);
    return row?.linked;
  }

  /** Resolves after the commit; false when the sync is settled or being settled. */
  async extend(syncId: string, expiresInMs: number): Promise<boolean> {
    const open = await untilWritten(() => this.execute(extendStatement(syncId, expiresInMs)), this.beforeRetry);
    return open.length > 0;
  }

  /** The keys of these syncs, by their ids; waits for the database however long it is away. */
  async typeKeys(syncIds: string[]): Promise<Map<string, string>> {
    const statement = {
      text: 'select id, type_key as "typeKey" from sync_history where id = any($1::uuid[])',
      parameters: [syncIds],
    };
    const rows = await untilWritten(() => this.execute<{ id: string; typeKey: string }>(statement), this.beforeRetry);
    return new Map(rows.map(({ id, typeKey }) => [id, typeKey]));
  }

  private async writeStarts(rows: StartRow[]): Promise<boolean[]> {
    let holders: { syncId: string }[];
    const unknown = rows.filter((row) => row.newVersion && !this.knownVersions.has(versionKey(row)));
    const deadline = performance.now() + START_WITHIN_MS;
    // The same statement may be written twice: ids are ours, and what exists is left alone.
    for (let attempt = 1; ; attempt += 1) {
      try {
        holders = await this.execute<{ syncId: string }>(startStatement(rows, unknown));
        break;
      } catch (error) {
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused') throw error;
        if (attempt === START_TRIES || performance.now() > deadline) throw new RecordingUnavailableError(error);
        await this.beforeRetry(fault, attempt, startsOf(rows));
      }
    }
    for (const observer of this.observers) {
      observer.written('start', rows.length);
      // What watches has no other time than now.
      for (const row of rows)
        if (row.external?.finish && !row.external.startedAt)
          observer.settled(settledExternal(row, row.external.finish));
    }
    if (this.knownVersions.size > 10_000) this.knownVersions.clear();
    for (const row of unknown) this.knownVersions.add(versionKey(row));
    const haveTurn = new Set(holders.map(({ syncId }) => syncId));
    return rows.map(({ id }) => haveTurn.has(id));
  }

  private async writeFinishes(rows: FinishRow[]): Promise<Settlement[]> {
    const settled = await untilWritten(
      () => this.execute<Pick<Settlement, 'eventId'> & SettledSync>(finishStatement(rows)),
      this.beforeRetry,
    );
    for (const observer of this.observers) {
      observer.written('finish', rows.length);
      for (const sync of settled) observer.settled(sync);
    }
    const met = new Map<string, Settlement>();
    for (const { eventId } of settled)
      met.set(eventId, { eventId, applied: true, repeated: false, known: true, kept: false });
    const others = rows.filter((row) => !met.has(row.event.id));
    if (others.length > 0) {
      const late = await untilWritten(() => this.execute<Settlement>(lateStatement(others)), this.beforeRetry);
      for (const settlement of late) met.set(settlement.eventId, settlement);
    }
    return rows.map((row) => met.get(row.event.id)!);
  }

  private async execute<Result>({ text, parameters: values, hasOnePlan }: Written): Promise<Result[]> {
    const statement = { text, values, withinMs: ANSWER_WITHIN_MS, records: true };
    const answer = hasOnePlan ? this.prepared.query(statement) : query(this.em, statement);
    return (await answer).rows as Result[];
  }

  private readonly beforeRetry = async (
    fault: DatabaseFault,
    attempt: number,
    starts: string[] = [],
  ): Promise<void> => {
    if (fault !== 'no-partition') return pauseAfter(attempt);
    const made = query(this.em, ENSURE_MONTHS, [starts]);
    await made.catch(() => pauseAfter(attempt));
  };
}

/** The starts that other systems gave: their months may have no tables yet. */
function startsOf(rows: StartRow[]): string[] {
  return rows.flatMap(({ external }) => external?.startedAt ?? []);
}

function settledExternal({ platform, direction }: StartRow, finish: FinishRow): SettledSync {
  const { status, retryCount, durationMs } = finish;
  return { platform, direction, status, retryCount: retryCount ?? 0, durationMs };
}

function versionKey(row: StartRow): string {
  return JSON.stringify([row.platform, row.kind, row.typeKey, row.versionHash, versionOrigin(row)]);
}
