import type { Transaction } from '#database';
import type { SyncStep } from '#recording';
import { HELD_EVENTS, HELD_SYNCS, UPDATE_SYNCS, WRITE } from './projection.statements.ts';
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
  const changed = [...fold.held.values()].filter(({ hasChanged }) => hasChanged);
  const begun = changed.filter(({ isNew }) => isNew).map(({ row }) => row);
  const updated = changed.filter(({ isNew }) => !isNew).map(({ row }) => row);
  const events = fold.events.map(({ id, syncId, type, data, at }, index) => {
    return { id, sync_id: syncId, type, data, position: last + 1 + index, created_at: isoOf(at) };
  });
  const versions = fold.versions.map((version, ordinal) => ({ ...version, ordinal }));
  const written = [fold.snapshots, begun, events, versions];
  if (written.some((rows) => rows.length > 0)) {
    const lists = written.map((rows) => JSON.stringify(rows));
    await transaction.queryPrepared(WRITE, lists);
  }
  if (updated.length > 0) await transaction.query(UPDATE_SYNCS, [JSON.stringify(updated), updated.map(({ id }) => id)]);
  return last + events.length;
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
