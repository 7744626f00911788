import type { Transaction } from '#database';
import type { SyncStep } from '#recording';
import {
  COMMIT_VERSIONS,
  HELD_EVENTS,
  HELD_SYNCS,
  INSERT_EVENTS,
  INSERT_SNAPSHOTS,
  INSERT_SYNCS,
  UPDATE_SYNCS,
} from './projection.statements.ts';
import type { RebuiltRow } from './rebuild-sync.ts';
import { type HeldSync, isoOf, type StepOrigin, SyncFold } from './sync.fold.ts';

/** An entry of the journal, of a process that has `found` more of them; times are microseconds. */
export interface EntryRow {
  writer: string;
  number: number;
  found: number;
  steps: string;
  at: number;
}

/** A step with its place in the journal; `ordinal` counts within its entry. */
export interface PlacedStep {
  step: SyncStep;
  place: StepOrigin;
  ordinal: number;
}

/**
 * The steps of entries: of each process in the order of its numbers, of several by the clock of the database, so that a
 * cause stands before its effect. Entries of a process stand together, in their order.
 */
export function stepsInOrder(rows: EntryRow[]): PlacedStep[] {
  const waiting = [...Map.groupBy(rows, ({ writer }) => writer).values()].map((entries) => ({ entries, next: 0 }));
  const steps: PlacedStep[] = [];
  for (let left = rows.length; left > 0; left -= 1) {
    const ready = waiting.filter(({ entries, next }) => next < entries.length);
    const first = ready.reduce((a, b) => (b.entries[b.next]!.at < a.entries[a.next]!.at ? b : a));
    const { writer, number, at, steps: text } = first.entries[first.next++]!;
    const place = { writer, number, at };
    (JSON.parse(text) as SyncStep[]).forEach((step, ordinal) => steps.push({ step, place, ordinal }));
  }
  return steps;
}

/** Writes what steps make of the tables, with positions after `last`; the answer is the last position that was given. */
export async function projectSteps(transaction: Transaction, steps: PlacedStep[], last: number): Promise<number> {
  const fold = new SyncFold(await heldSyncs(transaction, steps));
  for (const { step, place } of steps) fold.apply(step, place);
  if (fold.snapshots.length > 0) await transaction.query(INSERT_SNAPSHOTS, [JSON.stringify(fold.snapshots)]);
  const changed = [...fold.held.values()].filter(({ hasChanged }) => hasChanged);
  await writeSyncs(
    transaction,
    changed.filter(({ isNew }) => isNew).map(({ row }) => row),
    changed.filter(({ isNew }) => !isNew).map(({ row }) => row),
  );
  const events = fold.events.map(({ id, syncId, type, data, at }, index) => {
    return { id, sync_id: syncId, type, data, position: last + 1 + index, created_at: isoOf(at) };
  });
  if (events.length > 0) await transaction.query(INSERT_EVENTS, [JSON.stringify(events)]);
  const versions = fold.versions.map((version, ordinal) => ({ ...version, ordinal }));
  if (versions.length > 0) await transaction.query(COMMIT_VERSIONS, [JSON.stringify(versions)]);
  return last + events.length;
}

async function writeSyncs(transaction: Transaction, begun: RebuiltRow[], changed: RebuiltRow[]): Promise<void> {
  if (begun.length > 0) await transaction.query(INSERT_SYNCS, [JSON.stringify(begun)]);
  if (changed.length === 0) return;
  const ids = changed.map(({ id }) => id);
  await transaction.query(UPDATE_SYNCS, [JSON.stringify(changed), ids]);
}

/** What the history has of the syncs that are not begun by these steps, or may be there already. */
async function heldSyncs(transaction: Transaction, steps: PlacedStep[]): Promise<Map<string, HeldSync>> {
  const begun = new Set<string>();
  const wanted = new Set<string>();
  for (const { step } of steps) {
    const id = syncIdOf(step);
    if (step.step === 'start' && !step.mayExist) begun.add(id);
    else if (!begun.has(id)) wanted.add(id);
  }
  if (wanted.size === 0) return new Map();
  const { rows } = await transaction.query<{
    id: string;
    row: RebuiltRow;
    started_at: number;
    expires_at: number | null;
  }>(HELD_SYNCS, [[...wanted]]);
  const held = new Map(
    rows.map(({ id, row, started_at: startedAt, expires_at: expiresAt }): [string, HeldSync] => [
      id,
      { row, startedAt, expiresAt, isNew: false, hasChanged: false, eventIds: new Set(), late: [] },
    ]),
  );
  await addEvents(transaction, steps, held);
  return held;
}

/** The first result of an open sync is compared with nothing. */
async function addEvents(transaction: Transaction, steps: PlacedStep[], held: Map<string, HeldSync>): Promise<void> {
  const compared = steps.flatMap(({ step }) => {
    const sync = held.get(syncIdOf(step));
    if (!sync || step.step === 'extend' || step.step === 'start') return [];
    const isPlain = sync.row.sync_status === 'IN_PROGRESS' && (step.step === 'finish' || step.step === 'attempt');
    return isPlain ? [] : [step.event];
  });
  if (compared.length === 0) return;
  const { rows } = await transaction.query<{ id: string; syncId: string; late: string | null }>(HELD_EVENTS, [
    [...new Set(compared.map(({ syncId }) => syncId))],
    compared.map(({ id }) => id),
  ]);
  for (const { id, syncId, late } of rows) {
    const sync = held.get(syncId)!;
    sync.eventIds.add(id);
    if (late !== null) sync.late.push(late);
  }
}

function syncIdOf(step: SyncStep): string {
  return step.step === 'extend' ? step.syncId : step.event.syncId;
}
