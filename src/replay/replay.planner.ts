import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { LONG_READ_MS, query } from '#database';
import { binder, type HistoryFilter, holdsForAll, InvalidFilterError, resolveFilter, whereSql } from '#history';
import { SyncRecord } from '#recording';
import { MAX_REPLAYS, SupersededByNewerError, TooManyReplaysError } from './replay.errors.ts';

/** A sync that is sent again, and the call of its original: what was one call is one call again. */
export interface PlannedReplay {
  sync: SyncRecord;
  originalCallId: string;
}

export interface ReplayPlan {
  matched: number;
  /** The newest content of these items has had a newer success. */
  healed: number;
  /** Left out because another match has newer content of the item, or is the same original. */
  older: number;
  /** In the order in which they were first sent. */
  replays: PlannedReplay[];
}

type Row = Record<string, unknown> & { original_call_id: string; healed_by: string | null };

/** SQL: the original of a sync `h`, however often it was replayed. */
const ORIGINAL = `
  lateral (
    with recursive chain (id, replay_of, call_id, started_at, depth) as (
      select h.id, h.replay_of, h.call_id, h.started_at, 0
      union all
      select o.id, o.replay_of, o.call_id, o.started_at, c.depth + 1
      from chain c join sync_history o on o.id = c.replay_of)
    select call_id, started_at from chain order by depth desc limit 1) original`;

/** SQL: a success of the item at the target that was recorded after the content of `h` was first sent, by the clock of the database. */
const HEALED_BY = `
  (select n.id from sync_history n
   where n.type_key = h.type_key and n.kind = h.kind and n.target_platform = h.target_platform
     and n.environment = h.environment and n.sync_direction = 'PUSH' and n.started_at > original.started_at and n.id <> h.id
     and n.id >= uuid_at(original.started_at - interval '1 day')
     and case when n.outcome is null then n.sync_status = 'SUCCESS' else n.outcome = 'APPLIED' end
   order by n.started_at desc limit 1)`;

/** Decides what is sent again: per item and target the newest content, each original once. */
@Injectable()
export class ReplayPlanner {
  constructor(private readonly em: EntityManager) {}

  /** Throws `InvalidFilterError` and {@link TooManyReplaysError}. */
  async plan(filter: HistoryFilter, { includeHealed = false } = {}): Promise<ReplayPlan> {
    if (filter.direction && [filter.direction].flat().includes('PULL')) {
      throw new InvalidFilterError('direction', 'must be PUSH, because a pull has no content to send', 'CONFLICT');
    }
    if (holdsForAll(filter)) {
      throw new InvalidFilterError('filter', 'must name at least one condition', 'EMPTY');
    }
    const { bind, parameters } = binder();
    const where = whereSql({ ...resolveFilter(filter), direction: 'PUSH' }, bind);
    const { rows } = await query<Row>(this.em, {
      text: `select h.*, original.call_id as original_call_id, ${HEALED_BY} as healed_by
       from sync_history h, ${ORIGINAL}
       where ${where} and h.sync_status <> 'IN_PROGRESS' and (h.pushed_digest is not null or h.removal)
       order by original.started_at, h.started_at desc limit ${bind(MAX_REPLAYS + 1, 'integer')}`,
      values: parameters,
      withinMs: LONG_READ_MS,
    });
    if (rows.length > MAX_REPLAYS) throw new TooManyReplaysError(MAX_REPLAYS);
    const newest = this.newest(rows);
    const open = newest.filter(({ isHealed }) => !isHealed);
    return {
      matched: rows.length,
      healed: newest.length - open.length,
      older: rows.length - newest.length,
      replays: includeHealed ? newest : open,
    };
  }

  /** Throws {@link SupersededByNewerError} when a newer success of the item stands at the target. */
  async assertNewest({ id, typeKey }: SyncRecord): Promise<void> {
    const { rows } = await query<{ healed_by: string | null }>(
      this.em,
      `select ${HEALED_BY} as healed_by from sync_history h, ${ORIGINAL} where h.id = $1`,
      [id],
    );
    const newer = rows[0]?.healed_by;
    if (newer) throw new SupersededByNewerError(id, typeKey, newer);
  }

  /** Of each item at a target the last in the order of their originals; of one original that which was recorded first. */
  private newest(rows: Row[]): (PlannedReplay & { isHealed: boolean })[] {
    const em = this.em.fork();
    const byItem = new Map<string, PlannedReplay & { isHealed: boolean }>();
    for (const { original_call_id: originalCallId, healed_by, ...row } of rows) {
      const sync = em.map(SyncRecord, row);
      const { targetPlatform, environment, kind, typeKey } = sync;
      const key = JSON.stringify([targetPlatform, environment, kind, typeKey]);
      // In the place of the newest, not of the first.
      byItem.delete(key);
      byItem.set(key, { sync, originalCallId, isHealed: healed_by !== null });
    }
    return [...byItem.values()];
  }
}
