import { type Column, names, type Statement } from '#journal';
import type { StartRow } from './sync-rows.ts';

/** An item whose turn a sync has or wants. */
export interface Turn {
  platform: string;
  environment: string;
  kind: string;
  typeKey: string;
  syncId: string;
}

const TURN: Column<Turn>[] = [
  { name: 'platform', type: 'text', value: (turn) => turn.platform },
  { name: 'environment', type: 'text', value: (turn) => turn.environment },
  { name: 'kind', type: 'text', value: (turn) => turn.kind },
  { name: 'type_key', type: 'text', value: (turn) => turn.typeKey },
  { name: 'holder', type: 'uuid', value: (turn) => turn.syncId },
];

export function turnOf({ platform, context, kind, typeKey, id }: StartRow): Turn {
  return { platform, environment: context.environment, kind, typeKey, syncId: id };
}

/** Names the item of a turn. */
export function itemOf({ platform, environment, kind, typeKey }: Turn): string {
  return JSON.stringify([platform, environment, kind, typeKey]);
}

/** A statement can give the turn of an item once: the others wait. In one order, so that no two wait in a circle. */
export function onePerItem(turns: Turn[]): Turn[] {
  const first = new Map<string, Turn>();
  for (const turn of turns) if (!first.has(itemOf(turn))) first.set(itemOf(turn), turn);
  return [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, turn]) => turn);
}

/**
 * SQL: gives each taker its turn, unless another sync has it that has not ended: `ended` are syncs of which this process
 * knows that they have, what others ended the history tells. A holder that it does not have yet keeps the turn. "exists"
 * would be planned as a hash of all syncs while the tables are small, and that plan stays.
 */
export function takeTurns(statement: Statement, takers: Turn[], ended: string[]): string {
  return `insert into push_turn as t (${names(TURN)}) ${statement.rows(TURN, takers)}
    on conflict (platform, environment, kind, type_key) do update set holder = excluded.holder
    where t.holder is null or t.holder = excluded.holder or t.holder = any(${statement.array('uuid', ended)})
      or (select h.completed_at is not null from sync_history h where h.id = t.holder)
    returning holder`;
}

/** SQL: gives turns back. */
export function giveTurns(statement: Statement, turns: Turn[]): string {
  return `update push_turn t set holder = null from (${statement.rows(TURN, turns)}) as g (${names(TURN)})
    where t.platform = g.platform and t.environment = g.environment and t.kind = g.kind and t.type_key = g.type_key
      and t.holder = g.holder`;
}
