import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, PreparedStatements, query, unseen, untilWritten } from '#database';
import { type Column, Journal, names, partsOf, Statement, StepQueue, type Write } from '#journal';
import { noteForeground, TimeSlice } from '#pace';
import { Heartbeat } from './heartbeat.ts';
import { StoredNames } from './stored-names.ts';
import { giveTurns, itemOf, onePerItem, takeTurns, turnOf, type Turn } from './push-turn.statement.ts';
import { RecordingUnavailableError } from './recording.errors.ts';
import {
  type AttemptRow,
  type EventRow,
  type FinishRow,
  type OutcomeRow,
  type SettledSync,
  type Settlement,
  type StartRow,
  type SyncState,
  versionOrigin,
} from './sync-rows.ts';
import { StepPacker, type StepRow } from './sync.steps.ts';

const LIMITS = { rows: 64, weight: 8_000_000 };
/** Bytes of a step beside its contents, about. */
const STEP_WEIGHT = 1_000;
/** Of each, what is remembered at the most. */
const MAX_KNOWN = 10_000;

/** Hears what a recorder has written, after each commit. */
export interface RecorderObserver {
  /** So many rows went out together. */
  written(step: 'start' | 'finish', rows: number): void;
  settled(sync: SettledSync): void;
}

/** A sync that this process has begun and not ended. */
interface OpenSync {
  turn: Turn;
  direction: StartRow['direction'];
  isExternal: boolean;
  hasMetadata: boolean;
  startedAt: number;
  /** Whether no other process may have ended it. */
  isOurs: () => boolean;
}

/** The one place through which all recording goes. Its own connections, so no caller's rollback undoes it. */
@Injectable()
export class SyncRecorder {
  private readonly queue = new StepQueue<StepRow, boolean>((rows, write) => this.write(rows, write), LIMITS);
  private readonly open = new Map<string, OpenSync>();
  /** By item, the last push of this process that has ended: it needs its turn no more. */
  private readonly ended = new Map<string, string>();
  private readonly knownVersions = new StoredNames();
  private readonly knownDigests = new StoredNames();
  /** The server that has them. */
  private server: string | undefined;
  private readonly observers = new Set<RecorderObserver>();
  private readonly prepared: PreparedStatements;

  constructor(
    private readonly em: EntityManager,
    private readonly journal: Journal,
    private readonly heartbeat: Heartbeat,
  ) {
    this.prepared = new PreparedStatements(em);
  }

  /** How many calls wait for the next write. */
  get queueLength(): number {
    return this.queue.length;
  }

  observe(observer: RecorderObserver): void {
    this.observers.add(observer);
  }

  /** What need not be read of a sync that this process has begun lately and not ended; others may have ended it. */
  begun(
    syncId: string,
  ): (Pick<OpenSync, 'direction' | 'isExternal' | 'hasMetadata'> & { platform: string }) | undefined {
    const open = this.open.get(syncId);
    return open && { ...open, platform: open.turn.platform };
  }

  /**
   * Resolves after the commit, with whether each row has got its turn. Throws
   * {@link RecordingUnavailableError} when the database does not answer.
   */
  start(rows: StartRow[]): Promise<boolean[]> {
    return this.add(
      rows.map((row) => ({ step: 'start', row })),
      total(rows.map(startWeight)),
      (cause) => new RecordingUnavailableError(cause),
    );
  }

  /** Resolves after the commits, however long the database is away; many results are written part by part. */
  async finish(rows: FinishRow[]): Promise<Settlement[]> {
    const settled: Settlement[] = [];
    const slice = new TimeSlice();
    for (const part of partsOf(rows, finishWeight)) {
      if (slice.isOver) await slice.giveWay();
      settled.push(...(await this.finishPart(part)));
    }
    return settled;
  }

  private async finishPart(rows: FinishRow[]): Promise<Settlement[]> {
    const open = rows.map(({ id }) => this.open.get(id));
    const isSure = open.every((sync) => sync?.isOurs());
    // Another result of the same sync comes after this one.
    for (const sync of open) if (sync) sync.isOurs = () => false;
    await this.add(
      rows.map((row) => ({ step: 'finish', row })),
      total(rows.map(finishWeight)),
    );
    const settled = isSure ? rows.map((row, index) => settledNow(row, open[index]!)) : await this.settled(rows);
    for (const { id } of rows) this.end(id);
    for (const observer of this.observers)
      for (const { applied, sync } of settled) if (applied && sync) observer.settled(sync);
    return settled;
  }

  /** Resolves after the commit, however long the database is away; false when a sync was settled already. */
  async attemptsFailed(rows: AttemptRow[]): Promise<boolean> {
    const isSure = rows.every(({ id }) => this.open.get(id)?.isOurs());
    await this.addSteps(rows.map((row) => ({ step: 'attempt', row })));
    if (isSure) return true;
    const ids = rows.map(({ event }) => event.id);
    const { rows: found } = await untilWritten(() =>
      query(this.em, 'select from sync_event where id = any($1::uuid[])', [ids]),
    );
    return found.length === rows.length;
  }

  /** Resolves after the commit, however long the database is away. */
  outcomesKnown(rows: OutcomeRow[]): Promise<void> {
    return this.addSteps(rows.map((row) => ({ step: 'outcome', row })));
  }

  /** Adds events that change nothing of their syncs. Resolves after the commit, however long the database is away. */
  addEvents(events: EventRow[]): Promise<void> {
    return this.addSteps(events.map((event) => ({ step: 'adopt', row: { event } })));
  }

  /** Resolves after the commit; false when the sync is settled with another version, undefined when there is none. */
  async linkVersion(event: EventRow, versionHash: string): Promise<boolean | undefined> {
    await this.addSteps([{ step: 'link', row: { event } }]);
    const { rows } = await untilWritten(() =>
      query<{ linked: boolean }>(
        this.em,
        `select coalesce(version_hash = $2, false) or exists (select from sync_event where id = $3) as linked
         from sync_history where id = $1`,
        [event.syncId, versionHash, event.id],
      ),
    );
    return rows[0]?.linked;
  }

  /** Resolves after the commit. It changes nothing of a sync that is settled. */
  extend(syncId: string, expiresInMs: number): Promise<void> {
    return this.addSteps([{ step: 'extend', row: { syncId, expiresInMs } }]);
  }

  /** Keys and platforms of these syncs, by their ids; waits for the database however long it is away. */
  async names(syncIds: string[]): Promise<Map<string, { typeKey: string; platform: string }>> {
    const names = new Map<string, { typeKey: string; platform: string }>();
    for (const id of syncIds) {
      const open = this.open.get(id);
      if (open) names.set(id, { typeKey: open.turn.typeKey, platform: open.turn.platform });
    }
    const others = syncIds.filter((id) => !names.has(id));
    if (others.length === 0) return names;
    const { rows } = await untilWritten(() =>
      query<{ id: string; typeKey: string; platform: string }>(
        this.em,
        'select id, type_key as "typeKey", target_platform as platform from sync_history where id = any($1::uuid[])',
        [others],
      ),
    );
    for (const { id, typeKey, platform } of rows) names.set(id, { typeKey, platform });
    return names;
  }

  /** Whoever waits for this comes before work in the background. */
  private add(rows: StepRow[], weight: number, refusal?: (cause: unknown) => Error): Promise<boolean[]> {
    noteForeground();
    return this.queue.add(rows, weight, refusal);
  }

  private async addSteps(rows: StepRow[]): Promise<void> {
    for (const part of partsOf(rows, () => STEP_WEIGHT)) await this.add(part, part.length * STEP_WEIGHT);
  }

  /** Whether each row has its turn. */
  private async write(rows: StepRow[], write: Write): Promise<boolean[]> {
    const packer = new StepPacker(
      (digest) => this.knownDigests.has(digest),
      (row) => this.knownVersions.has(versionKey(row)),
      write.isRepeated,
    );
    const isAlive = this.heartbeat.watch();
    const statement = new Statement();
    const starts = rows.flatMap(({ step, row }) => (step === 'start' ? [row] : []));
    const takers = onePerItem(starts.filter(({ takesTurn }) => takesTurn).map(turnOf));
    const givers = rows.flatMap(({ step, row }) => (step === 'attempt' && row.givesTurn ? this.turnOf(row.id) : []));
    const parts = [
      ...(takers.length > 0 ? [`turn_in as (${takeTurns(statement, takers, this.endedBefore(takers))})`] : []),
      ...(givers.length > 0 ? [`turn_out as (${giveTurns(statement, givers)})`] : []),
    ];
    const answer = takers.length > 0 ? 'select holder from turn_in' : undefined;
    const startedAt = performance.now();
    const entries = packer.pack(rows);
    const beside = { statement, parts, answer };
    const { rows: holders, server } = await this.journal.append<{ holder: string | null }>(entries, write, beside);
    write.isRepeated = true;
    if (server !== this.server) await this.appendWhole(rows, write, server);
    for (const row of starts) this.begin(row, isAlive, startedAt);
    this.remember(starts, packer.digests);
    this.tellWritten(starts, rows.filter(({ step }) => step === 'finish').length);
    const haveTurn = new Set<string | null>(holders.map(({ holder }) => holder));
    return rows.map(({ step, row }) => step === 'start' && haveTurn.has(row.id));
  }

  private begin(row: StartRow, isOurs: () => boolean, startedAt: number): void {
    // Others may settle an external sync at any time, and one of an id that was chosen may be another's.
    const isSure = row.external === null && !row.mayExist;
    const [oldest] = this.open.keys();
    if (oldest !== undefined && this.open.size >= MAX_KNOWN) this.open.delete(oldest);
    if (row.external?.finish) return;
    const { direction } = row;
    this.open.set(row.id, {
      ...{ turn: turnOf(row), direction, startedAt },
      isExternal: row.external !== null,
      hasMetadata: row.context.metadata !== undefined,
      isOurs: isSure ? isOurs : () => false,
    });
  }

  private end(id: string): void {
    const open = this.open.get(id);
    if (!open) return;
    this.open.delete(id);
    if (open.direction !== 'PUSH') return;
    if (this.ended.size >= MAX_KNOWN) this.ended.clear();
    this.ended.set(itemOf(open.turn), id);
  }

  private turnOf(id: string): Turn[] {
    const open = this.open.get(id);
    return open ? [open.turn] : [];
  }

  private endedBefore(takers: Turn[]): string[] {
    return takers.flatMap((turn) => this.ended.get(itemOf(turn)) ?? []);
  }

  /** What is recorded for a time long past is not kept for as long. */
  private remember(starts: StartRow[], digests: Iterable<string>): void {
    this.knownVersions.remember(starts.filter(({ newVersion }) => newVersion).map(versionKey));
    if (!starts.some(({ external }) => external?.startedAt)) this.knownDigests.remember(digests);
  }

  /** Another server may not have what the one before was sent last: everything that these steps left out is appended too. */
  private async appendWhole(rows: StepRow[], write: Write, server: string): Promise<void> {
    const isFirst = this.server === undefined;
    this.knownVersions.forget();
    this.knownDigests.forget();
    if (!isFirst) {
      const packer = new StepPacker(
        () => false,
        () => false,
        true,
      );
      await this.journal.append(packer.pack(rows), write, { statement: new Statement(), parts: [] });
    }
    this.server = server;
  }

  private tellWritten(starts: StartRow[], finishes: number): void {
    for (const observer of this.observers) {
      if (starts.length > 0) observer.written('start', starts.length);
      if (finishes > 0) observer.written('finish', finishes);
      // What watches has no other time than now.
      for (const { platform, direction, external } of starts) {
        if (!external?.finish || external.startedAt) continue;
        const { status, retryCount, durationMs } = external.finish;
        observer.settled({ platform, direction, status, retryCount: retryCount ?? 0, durationMs });
      }
    }
  }

  /** What became of results that others may have come before. */
  private async settled(rows: FinishRow[]): Promise<(Settlement & { sync?: SettledSync })[]> {
    const { rows: found } = await untilWritten(() =>
      rows.length === 1 ? this.settlementOf(rows[0]!) : this.settlementsOf(rows),
    );
    const met = new Map(found.map((settlement) => [settlement.eventId, settlement]));
    return rows.map((row) => {
      const { eventId, applied, known, kept, sync, ...state } = met.get(row.event.id)!;
      return { eventId, applied, known, kept, sync, state };
    });
  }

  private settlementOf(row: FinishRow) {
    const values = ASKED.map(({ value }) => value(row));
    return this.prepared.query<FoundSettlement>({ text: SETTLEMENT, values, types: DRIVER_TYPES });
  }

  private settlementsOf(rows: FinishRow[]) {
    const statement = new Statement();
    const text = settlements(statement.rows(ASKED, rows));
    return query<FoundSettlement>(this.em, { text, values: statement.parameters, types: DRIVER_TYPES });
  }
}

type FoundSettlement = Settlement & { sync: SettledSync } & SyncState;

const ASKED: Column<FinishRow>[] = [
  { name: 'id', type: 'uuid', value: ({ id }) => id },
  { name: 'event_id', type: 'uuid', value: ({ event }) => event.id },
  { name: 'data', type: 'text', value: ({ event }) => JSON.stringify(event.data) },
];

/** SQL: what became of the results of a source of rows with the columns that are asked by. */
const settlements = (asked: string) => `
  select r.event_id as "eventId", coalesce(e.type <> 'sync.late_result', false) as applied, h.id is not null as known,
    exists (select from sync_event l where l.sync_id = r.id and l.type = 'sync.late_result' and l.data::text = r.data) as kept,
    json_build_object('platform', h.target_platform, 'direction', h.sync_direction, 'status', h.sync_status,
      'retryCount', h.retry_count, 'durationMs', h.duration_ms) as sync,
    h.id, h.sync_status as "syncStatus", h.version_hash as "versionHash", h.expires_at as "expiresAt",
    h.completed_at as "completedAt"
  from (${asked}) as r (${names(ASKED)})
  left join sync_event e on e.id = r.event_id left join sync_history h on h.id = r.id`;

/** The plan for one is good for each; that for many depends on how many. */
const SETTLEMENT = settlements(`select ${ASKED.map(({ type }, index) => unseen(`$${index + 1}`, type)).join(', ')}`);

function settledNow(row: FinishRow, { turn, direction, startedAt }: OpenSync): Settlement & { sync: SettledSync } {
  const { event, status, retryCount } = row;
  const durationMs = row.durationMs ?? Math.round(performance.now() - startedAt);
  const sync = { platform: turn.platform, direction, status, retryCount: retryCount ?? 0, durationMs };
  return { eventId: event.id, applied: true, known: true, kept: false, sync };
}

/** Bytes of a start, about. */
export function startWeight({ snapshots }: StartRow): number {
  return STEP_WEIGHT + total(snapshots.map(({ content }) => content.length));
}

function finishWeight({ snapshot }: FinishRow): number {
  return STEP_WEIGHT + (snapshot?.content.length ?? 0);
}

function versionKey(row: StartRow): string {
  return JSON.stringify([row.platform, row.kind, row.typeKey, row.versionHash, versionOrigin(row)]);
}

function total(sizes: number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
