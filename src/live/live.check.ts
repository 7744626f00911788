import type { Finding, FsckDatabase } from '#database';
import { factOf, fold, itemKey, type LiveItem, type LocatedFact } from './live.fold.ts';
import type { LiveState } from './live-state.ts';
import { ALL_FACTS, ALL_STATES } from './live.statements.ts';

/** Facts that are folded at once. */
const AT_ONCE = 5_000;

/** What later events say of an item, whatever those before them were. */
const LASTING = new Set(['state', 'versionHash', 'syncId']);

/** The live state is what the events of the record make of it, as far as they are folded and not dropped. */
export async function* checkLiveState(database: FsckDatabase): AsyncGenerator<Finding> {
  const { whole } = await database.row<{ whole: boolean }>(
    'select coalesce(min(position), 1) <= 1 as whole from sync_event where position is not null',
  );
  const expected = new Map<string, LiveItem & LiveState>();
  let facts: LocatedFact[] = [];
  for await (const fact of database.rows<LocatedFact & { wasRead: boolean }>(ALL_FACTS)) {
    facts.push(factOf(fact));
    if (facts.length < AT_ONCE) continue;
    fold(expected, facts);
    facts = [];
  }
  fold(expected, facts);
  for await (const state of database.rows<LiveItem & LiveState>(ALL_STATES)) {
    const key = itemKey(state);
    const made = expected.get(key);
    expected.delete(key);
    // The events that made it may have been dropped by the retention.
    if (!made) continue;
    for (const [member, value] of Object.entries(made)) {
      if (!whole && !LASTING.has(member)) continue;
      const actual = state[member as keyof LiveState];
      if (actual === value) continue;
      const problem = `${member} is ${JSON.stringify(actual)}, the events say ${JSON.stringify(value)}`;
      yield { rule: 'live.state', subject: subjectOf(state), problem };
    }
  }
  for (const state of expected.values()) {
    yield { rule: 'live.state', subject: subjectOf(state), problem: 'it is missing; run "live rebuild"' };
  }
}

function subjectOf({ platform, environment, kind, typeKey }: LiveItem): string {
  return `live state of the ${kind} "${typeKey}" at ${platform} "${environment}"`;
}
