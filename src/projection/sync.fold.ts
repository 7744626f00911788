import { type CarriedSnapshot, type CarriedVersion, type EventRow, MAX_LATE_RESULTS, type SyncStep } from '#recording';
import { applyEvent, type RebuiltRow } from './rebuild-sync.ts';

const MAX_DURATION_MS = 2_147_483_647;

/** A sync as the history has it; times are microseconds. */
export interface HeldSync {
  row: RebuiltRow;
  startedAt: number;
  expiresAt: number | null;
  /** Not in the history yet. */
  isNew: boolean;
  hasChanged: boolean;
  /** The events that a repeated or late step is compared with. */
  eventIds: Set<string>;
  /** The data of late results that are kept, as JSON. */
  late: string[];
}

/** An event without its position; its time is in microseconds. */
export type FoldedEvent = EventRow & { at: number };

/** A snapshot, and in which entry of the journal its content is. */
export type LocatedSnapshot = CarriedSnapshot & { writer: string; number: number };

/** A version that may be new to the history. */
export type LocatedVersion = CarriedVersion & {
  platform: string;
  kind: string;
  typeKey: string;
  author: string;
  message: string | null;
};

/** Where a step stands, and when it was appended, in microseconds by the clock of the database. */
export interface StepOrigin {
  writer: string;
  number: number;
  at: number;
}

/** Makes history and events of steps, in their order. What it decides depends on nothing but the steps and what is held. */
export class SyncFold {
  readonly events: FoldedEvent[] = [];
  readonly snapshots: LocatedSnapshot[] = [];
  readonly versions: LocatedVersion[] = [];

  constructor(readonly held: Map<string, HeldSync>) {}

  apply(step: SyncStep, place: StepOrigin): void {
    switch (step.step) {
      case 'start':
        return this.start(step, place);
      case 'finish':
        return this.finish(step, place);
      case 'attempt':
        return this.attempt(step, place);
      case 'outcome':
        return this.outcome(step, place);
      case 'link':
        return this.link(step, place);
      case 'adopt':
        return this.adopt(step, place);
      case 'extend':
        return this.extend(step, place);
    }
  }

  /** The first that is recorded under an id counts. */
  private start(step: SyncStep & { step: 'start' }, place: StepOrigin): void {
    const { event, owner, metadata, snapshots, version, expiresInMs, end } = step;
    // A repeated one may bring what the first left out.
    this.keep([...snapshots, ...(end?.snapshot ? [end.snapshot] : [])], place);
    if (version) this.versions.push(versionOf(version, event));
    if (this.held.has(event.syncId)) return;
    const sync: HeldSync = {
      row: { id: event.syncId, owner, sync_metadata: metadata, sync_status: 'IN_PROGRESS', retry_count: 0 },
      startedAt: place.at,
      expiresAt: expiresInMs === null ? null : place.at + expiresInMs * 1_000,
      ...{ isNew: true, hasChanged: true, eventIds: new Set<string>(), late: [] },
    };
    const { row } = sync;
    this.held.set(event.syncId, sync);
    this.tell(sync, event, place);
    row.created_at = isoOf(place.at);
    row.started_at ??= row.created_at;
    if (typeof event.data.startedAt === 'string') sync.startedAt = Date.parse(event.data.startedAt) * 1_000;
    row.expires_at = sync.expiresAt === null ? null : isoOf(sync.expiresAt);
    if (!end) return;
    this.tell(sync, end.event, place);
    row.completed_at ??= row.created_at;
  }

  private finish({ event, metadata, snapshot }: SyncStep & { step: 'finish' }, place: StepOrigin): void {
    const sync = this.held.get(event.syncId);
    if (!sync) return;
    const { row } = sync;
    // A repeated one may bring what the first left out.
    if (sync.eventIds.has(event.id)) return this.keep(snapshot ? [snapshot] : [], place);
    if (row.sync_status !== 'IN_PROGRESS') {
      const said = JSON.stringify(event.data);
      if (sync.late.includes(said) || sync.late.length >= MAX_LATE_RESULTS) return;
      sync.late.push(said);
      this.tell(sync, { ...event, type: 'sync.late_result' }, place);
    } else {
      this.tell(sync, { ...event, data: { ...measured(sync, place.at), ...event.data } }, place);
      row.completed_at ??= isoOf(place.at);
      if (metadata) row.sync_metadata = metadata;
    }
    this.keep(snapshot ? [snapshot] : [], place);
  }

  private attempt({ event }: SyncStep & { step: 'attempt' }, place: StepOrigin): void {
    const sync = this.held.get(event.syncId);
    if (sync?.row.sync_status === 'IN_PROGRESS' && !sync.eventIds.has(event.id)) this.tell(sync, event, place);
  }

  /** What is no longer unknown stays as it is. */
  private outcome({ event }: SyncStep & { step: 'outcome' }, place: StepOrigin): void {
    const sync = this.held.get(event.syncId);
    if (sync?.row.outcome === 'UNKNOWN') this.tell(sync, event, place);
  }

  /** The same version once more is no event, and a settled sync keeps the one that it has. */
  private link({ event }: SyncStep & { step: 'link' }, place: StepOrigin): void {
    const sync = this.held.get(event.syncId);
    if (!sync || sync.eventIds.has(event.id)) return;
    const { version_hash: before = null, sync_status: status } = sync.row;
    if (before === event.data.versionHash || (before !== null && status !== 'IN_PROGRESS')) return;
    this.tell(sync, event, place);
  }

  private adopt({ event }: SyncStep & { step: 'adopt' }, place: StepOrigin): void {
    const sync = this.held.get(event.syncId);
    if (sync && !sync.eventIds.has(event.id)) this.tell(sync, event, place);
  }

  /** A sync of this service has no time limit of its own. */
  private extend({ syncId, expiresInMs }: SyncStep & { step: 'extend' }, place: StepOrigin): void {
    const sync = this.held.get(syncId);
    if (sync?.row.sync_status !== 'IN_PROGRESS' || sync.row.owner !== null) return;
    sync.expiresAt = place.at + expiresInMs * 1_000;
    sync.row.expires_at = isoOf(sync.expiresAt);
    sync.hasChanged = true;
  }

  private tell(sync: HeldSync, event: EventRow, { at }: StepOrigin): void {
    this.events.push({ ...event, at });
    sync.eventIds.add(event.id);
    sync.hasChanged = true;
    applyEvent(event, sync.row);
  }

  private keep(snapshots: CarriedSnapshot[], { writer, number }: StepOrigin): void {
    for (const snapshot of snapshots)
      if (snapshot.at !== undefined) this.snapshots.push({ ...snapshot, writer, number });
  }
}

/** A moment in microseconds, as PostgreSQL reads it. */
export function isoOf(at: number): string {
  const micros = String(at % 1_000).padStart(3, '0');
  return new Date(Math.floor(at / 1_000)).toISOString().replace('Z', `${micros}Z`);
}

/** The time until somebody noticed that an external sync had expired is no duration. */
function measured({ startedAt, expiresAt }: HeldSync, at: number): { durationMs?: number } {
  if (expiresAt !== null && expiresAt <= at) return {};
  return { durationMs: Math.max(Math.min(Math.round((at - startedAt) / 1_000), MAX_DURATION_MS), 0) };
}

function versionOf(version: CarriedVersion, { data }: EventRow): LocatedVersion {
  const { platform, kind, typeKey, actor: author, reason: message = null } = data;
  return {
    ...version,
    ...({ platform, kind, typeKey, author, message } as Omit<LocatedVersion, keyof CarriedVersion>),
  };
}
