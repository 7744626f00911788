import * as fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { fieldsWith, type SyncStep } from '#recording';
import { type HeldSync, SyncFold } from '../../src/projection/sync.fold.ts';
import { rowOf } from '../../src/projection/rebuild-sync.ts';
import '../support/properties.ts';

const IDS = Array.from({ length: 3 }, () => uuidv7());
const OWNER = uuidv7();

const event = (syncId: string, type: string, data: object) => {
  return { id: uuidv7(), syncId, type, data };
};

/** Steps in any order, also such as cannot follow one another. */
const step: fc.Arbitrary<SyncStep> = fc
  .tuple(
    fc.constantFrom(...IDS),
    fc.constantFrom('start', 'attempt', 'finish', 'finish', 'outcome', 'link', 'adopt', 'extend'),
    fc.constantFrom('succeeded', 'failed', 'partial'),
    fc.constantFrom('APPLIED', 'UNKNOWN'),
    fc.boolean(),
  )
  .map(([id, kind, status, outcome, isExternal]) => {
    const made: Record<string, () => object> = {
      start: () => ({
        ...{ step: 'start', event: event(id, 'sync.recorded', { typeKey: 'Article', forced: false }) },
        ...{ mayExist: true, owner: isExternal ? null : OWNER, metadata: null, version: null, snapshots: [] },
        ...{ expiresInMs: isExternal ? 60_000 : null, end: null },
      }),
      attempt: () => ({ step: 'attempt', event: event(id, 'attempt.failed', { attempt: 1, waitMs: 5 }) }),
      finish: () => ({
        ...{ step: 'finish', metadata: null, snapshot: null },
        event: event(id, `sync.${status}`, { status: status.toUpperCase(), outcome }),
      }),
      outcome: () => ({ step: 'outcome', event: event(id, 'sync.outcome_known', { outcome, evidence: 'OBSERVED' }) }),
      link: () => ({ step: 'link', event: event(id, 'sync.version_linked', { versionHash: status }) }),
      adopt: () => ({ step: 'adopt', event: event(id, 'sync.adopted', { actor: 'ann' }) }),
      extend: () => ({ step: 'extend', syncId: id, expiresInMs: 1_000 }),
    };
    return made[kind]!() as SyncStep;
  });

const steps = fc.array(step, { maxLength: 40 });
const at = (index: number) => ({ writer: OWNER, number: index + 1, at: 1_000_000_000 + index * 1_000 });

/** The steps in rounds that end after these many; each begins with what the one before left. */
function folded(all: SyncStep[], ends: number[] = []) {
  let held = new Map<string, HeldSync>();
  const events: object[] = [];
  let fold = new SyncFold(held);
  all.forEach((one, index) => {
    fold.apply(one, at(index));
    if (!ends.includes(index)) return;
    events.push(...fold.events);
    held = new Map([...fold.held].map(([id, sync]) => [id, { ...sync, isNew: false, hasChanged: false }]));
    fold = new SyncFold(held);
  });
  events.push(...fold.events);
  return { rows: [...fold.held].map(([id, { row }]) => [id, row]), events };
}

it('gets every value of a sync from its events, but for those that the steps carry beside them', () => {
  const untold = (written: 'start' | 'finish', told: 'recorded' | 'settled') =>
    fieldsWith(written).flatMap((field) => (field[told] === undefined ? [field.name] : []));
  expect(untold('start', 'recorded')).toEqual(['id', 'metadata', 'owner']);
  // The type of the event says the status.
  expect(untold('finish', 'settled')).toEqual(['status', 'metadata']);
});

describe('the fold of steps', () => {
  it('makes the same, however the steps are divided into rounds', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(39)), (all, ends) => {
        expect(folded(structuredClone(all), ends)).toEqual(folded(structuredClone(all)));
      }),
    );
  });

  it('makes the same when every step is there twice', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const twice = all.flatMap((one) => [one, structuredClone(one)]);
        const ids = ({ events }: ReturnType<typeof folded>) => events.map((one) => (one as { id: string }).id);
        expect(ids(folded(twice))).toEqual(ids(folded(structuredClone(all))));
      }),
    );
  });

  it('makes rows that are what their events say, in an order that can be', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { rows, events } = folded(all);
        for (const [id, row] of rows as [string, object][]) {
          const own = (events as { syncId: string; type: string; data: object; at: number }[]).filter(
            ({ syncId }) => syncId === id,
          );
          const told = rowOf(own as never);
          expect(told.problems).toEqual([]);
          expect(row).toMatchObject(told.row);
        }
      }),
    );
  });
});
