import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { inTransaction, type Transaction } from '#database';
import { FACTS_SINCE } from '#recording';
import { type PastEvent, type RebuiltRow, rowOf } from './rebuild-sync.ts';
import { isoOf } from './sync.fold.ts';

/** Syncs of one transaction: the projector waits for it. */
const BATCH = 500;
const STATEMENT_MS = 30_000;

/** What a rebuild of the history did. */
export interface RebuiltHistory {
  /** Syncs that have events. */
  syncs: number;
  /** Rows that differed from their events, and are as those say now. */
  corrected: number;
  /** Rows that were not there. What no event tells of them stays empty: metadata, and until when another system reports. */
  added: number;
}

interface SyncWithEvents {
  id: string;
  events: PastEvent[];
  row: Record<string, unknown> | null;
}

/** Makes the rows of the history again from the events, while services run; syncs that retention has dropped stay away. */
@Injectable()
export class HistoryRebuilder {
  constructor(private readonly em: EntityManager) {}

  async rebuild(): Promise<RebuiltHistory> {
    const total: RebuiltHistory = { syncs: 0, corrected: 0, added: 0 };
    for (let last: string | undefined = '00000000-0000-0000-0000-000000000000'; last !== undefined;) {
      const after: string = last;
      const work = (transaction: Transaction) => rebuildBatch(transaction, after, total);
      last = await inTransaction(this.em, work, STATEMENT_MS);
    }
    return total;
  }
}

/** The answer is the last sync of the batch; undefined when there is none. */
async function rebuildBatch(
  transaction: Transaction,
  after: string,
  total: RebuiltHistory,
): Promise<string | undefined> {
  // Nobody projects meanwhile.
  await transaction.query('select hold_event_position($1)', [uuidv7()]);
  const { rows } = await transaction.query<SyncWithEvents>(NEXT_TOLD, [after]);
  for (const { id, events, row } of rows) {
    const told = wholeRow(id, events);
    total.syncs += 1;
    if (row === null) {
      await transaction.query(INSERT, [JSON.stringify(told)]);
      total.added += 1;
    } else if (await correct(transaction, row, rowOf(events).row)) total.corrected += 1;
  }
  return rows.at(-1)?.id;
}

async function correct(transaction: Transaction, row: Record<string, unknown>, told: RebuiltRow): Promise<boolean> {
  const wrong = Object.keys(told).filter((column) => !isSame(row[column], told[column]));
  if (wrong.length === 0) return false;
  const set = wrong.map((column) => `${column} = r.${column}`).join(', ');
  await transaction.query(
    `update sync_history h set ${set} from json_populate_record(null::sync_history, $1::json) r where h.id = $2`,
    [JSON.stringify(told), row.id],
  );
  return true;
}

/** A time as the row has it is another text than the event's. */
function isSame(held: unknown, told: unknown): boolean {
  if (held === told) return true;
  const isTime = typeof held === 'string' && typeof told === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(told);
  return isTime && Date.parse(held) === Date.parse(told);
}

/** With the times that the events themselves have, where another system gave none. */
function wholeRow(id: string, events: PastEvent[]): RebuiltRow {
  const { row } = rowOf(events);
  const began = isoOf(events[0]!.at);
  const end = events.find(({ type }) => ['sync.succeeded', 'sync.failed', 'sync.partial'].includes(type));
  return { id, created_at: began, started_at: began, completed_at: end ? isoOf(end.at) : null, ...row };
}

const NEXT_TOLD = `
  with next as (
    select sync_id from sync_event where sync_id > $1 and sync_id >= ${FACTS_SINCE} group by sync_id order by sync_id limit ${BATCH})
  select n.sync_id as id, (
      select json_agg(json_build_object('type', e.type, 'data', e.data,
        'at', (extract(epoch from e.created_at) * 1000000)::bigint) order by e.position)
      from sync_event e where e.sync_id = n.sync_id) as events,
    (select to_json(h) from sync_history h where h.id = n.sync_id) as row
  from next n order by n.sync_id`;

const INSERT = `insert into sync_history select * from json_populate_record(null::sync_history, $1::json)`;
