import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, untilWritten } from '#database';
import { Journal, Statement, StepQueue, type Write } from '#journal';
import { Heartbeat } from './heartbeat.ts';
import { StoredNames } from './stored-names.ts';
import { giveTurns, itemOf, onePerItem, takeTurns, turnOf, type Turn } from './push-turn.statement.ts';
import { RecordingUnavailableError } from './recording.errors.ts';
import type { AttemptRow, EventRow, FinishRow, OutcomeRow, SettledSync, Settlement, StartRow } from './sync-rows.ts';
import { versionOrigin } from './sync-rows.ts';
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

  constructor(
    private readonly em: EntityManager,
    private readonly journal: Journal,
    private readonly heartbeat: Heartbeat,
  ) {}

  /** How many calls wait for the next write. */
  get queueLength(): number {
    return this.queue.length;
  }

  observe(observer: RecorderObserver): void {
    this.observers.add(observer);
  }

  /**
   * Resolves after the commit, with whether each row has got its turn. Throws
   * {@link RecordingUnavailableError} when the database does not answer.
   */
  start(rows: StartRow[]): Promise<boolean[]> {
    const bytes = rows.reduce((sum, { snapshots }) => sum + total(snapshots.map(({ content }) => content.length)), 0);
    return this.queue.add(
      rows.map((row) => ({ step: 'start', row })),
      bytes + rows.length * STEP_WEIGHT,
      (cause) => new RecordingUnavailableError(cause),
    );
  }

  /** Resolves after the commit, however long the database is away. */
  async finish(rows: FinishRow[]): Promise<Settlement[]> {
    const open = rows.map(({ id }) => this.open.get(id));
    const isSure = open.every((sync) => sync?.isOurs());
    // Another result of the same sync comes after this one.
    for (const sync of open) if (sync) sync.isOurs = () => false;
    const bytes = total(rows.map(({ snapshot }) => snapshot?.content.length ?? 0));
    await this.queue.add(
      rows.map((row) => ({ step: 'finish', row })),
      bytes + rows.length * STEP_WEIGHT,
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

  /** Resolves after the commit; false when the sync is settled or being settled. */
  async extend(syncId: string, expiresInMs: number): Promise<boolean> {
    await this.addSteps([{ step: 'extend', row: { syncId, expiresInMs } }]);
    const { rows } = await untilWritten(() =>
      query(this.em, `select from sync_history where id = $1 and sync_status = 'IN_PROGRESS' and owner is null`, [
        syncId,
      ]),
    );
    return rows.length > 0;
  }

  /** The keys of these syncs, by their ids; waits for the database however long it is away. */
  async typeKeys(syncIds: string[]): Promise<Map<string, string>> {
    const keys = new Map<string, string>();
    for (const id of syncIds) {
      const open = this.open.get(id);
      if (open) keys.set(id, open.turn.typeKey);
    }
    const others = syncIds.filter((id) => !keys.has(id));
    if (others.length === 0) return keys;
    const { rows } = await untilWritten(() =>
      query<{ id: string; typeKey: string }>(
        this.em,
        'select id, type_key as "typeKey" from sync_history where id = any($1::uuid[])',
        [others],
      ),
    );
    for (const { id, typeKey } of rows) keys.set(id, typeKey);
    return keys;
  }

  private async addSteps(rows: StepRow[]): Promise<void> {
    await this.queue.add(rows, rows.length * STEP_WEIGHT);
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
    const entry = packer.pack(rows);
    const beside = { statement, parts, answer };
    const { rows: holders, server } = await this.journal.append<{ holder: string | null }>(entry, write, beside);
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
    this.open.set(row.id, { turn: turnOf(row), direction, startedAt, isOurs: isSure ? isOurs : () => false });
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
    const asked = rows.map(({ id, event }) => ({ id, event_id: event.id, data: JSON.stringify(event.data) }));
    const { rows: found } = await untilWritten(() =>
      query<Settlement & { sync: SettledSync }>(this.em, { text: SETTLEMENTS, values: [JSON.stringify(asked)] }),
    );
    const met = new Map(found.map((settlement) => [settlement.eventId, settlement]));
    return rows.map((row) => met.get(row.event.id)!);
  }
}

const SETTLEMENTS = `
  select r.event_id as "eventId", coalesce(e.type <> 'sync.late_result', false) as applied, h.id is not null as known,
    exists (select from sync_event l where l.sync_id = r.id and l.type = 'sync.late_result' and l.data::text = r.data) as kept,
    json_build_object('platform', h.target_platform, 'direction', h.sync_direction, 'status', h.sync_status,
      'retryCount', h.retry_count, 'durationMs', h.duration_ms) as sync
  from json_to_recordset($1::json) as r (id uuid, event_id uuid, data text)
  left join sync_event e on e.id = r.event_id left join sync_history h on h.id = r.id`;

function settledNow(row: FinishRow, { turn, direction, startedAt }: OpenSync): Settlement & { sync: SettledSync } {
  const { event, status, retryCount } = row;
  const durationMs = row.durationMs ?? Math.round(performance.now() - startedAt);
  const sync = { platform: turn.platform, direction, status, retryCount: retryCount ?? 0, durationMs };
  return { eventId: event.id, applied: true, known: true, kept: false, sync };
}

function versionKey(row: StartRow): string {
  return JSON.stringify([row.platform, row.kind, row.typeKey, row.versionHash, versionOrigin(row)]);
}

function total(sizes: number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
