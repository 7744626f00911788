import type { ItemRef, Target } from '#platform';
import { afterFact, type Fact, isSameState, type LiveState } from './live-state.ts';

/** An item at a target. */
export type LiveItem = Target & ItemRef;

/** What an event tells, and of which item. */
export type LocatedFact = LiveItem & Fact & { position: number };

/** A state that began with an event. */
export type Change = LiveItem & LiveState & { position: number };

export function itemKey({ platform, environment, kind, typeKey }: LiveItem): string {
  return JSON.stringify([platform, environment, kind, typeKey]);
}

/** Folds facts, in the order of their positions, into the states of their items; the answer is the changes that a history has. */
export function fold(states: Map<string, LiveItem & LiveState>, facts: Iterable<LocatedFact>): Change[] {
  const changes: Change[] = [];
  for (const fact of facts) {
    const key = itemKey(fact);
    const before = states.get(key);
    const after = afterFact(before, fact);
    if (!after || after === before) continue;
    const { platform, environment, kind, typeKey, position } = fact;
    const located = { platform, environment, kind, typeKey, ...after };
    states.set(key, located);
    if (!before || !isSameState(before, after)) changes.push({ ...located, position });
  }
  return changes;
}

/** A row of the statement that reads facts: a read-back that saw nothing is told from none by `wasRead`. */
export function factOf({ wasRead, held, ...row }: LocatedFact & { wasRead: boolean }): LocatedFact {
  return { ...row, ...(wasRead && { held: held ?? null }) };
}
