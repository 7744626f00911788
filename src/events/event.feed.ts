import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES } from '#database';
import type { JsonObject } from '#json';
import type { Target } from '#platform';
import type { Direction, SyncEventType, SyncStatus } from '#recording';
import { EpochChangedError } from './event.errors.ts';
import { type EventCursor, writeEventCursor } from './event.cursor.ts';

/** An event with its position, and the sync it is about. */
export interface PositionedEvent {
  position: number;
  id: string;
  type: SyncEventType;
  data: JsonObject;
  createdAt: Date;
  sync: {
    id: string;
    typeKey: string;
    kind: string;
    platform: string;
    environment: string;
    direction: Direction;
    status: SyncStatus;
    deploymentId: string | null;
  } | null;
}

/** Which events are wanted; everything given must hold. */
export interface EventFilter {
  syncId?: string;
  deploymentId?: string;
  platform?: string;
  /** Where a caller may see events; everywhere by default. */
  isVisible?: (target: Target) => boolean;
}

/** A page of events; `next` is where to go on. */
export interface EventRead {
  items: PositionedEvent[];
  next: Required<EventCursor>;
}

/** Reads events by their position: gapless, so that what has been read is never followed by something before it. */
@Injectable()
export class EventFeed {
  constructor(private readonly em: EntityManager) {}

  /**
   * The events after a cursor, in order; `next` is where to go on, also when none of them was wanted. Throws
   * {@link EpochChangedError}.
   */
  async after(cursor: EventCursor, filter: EventFilter = {}, limit = 500): Promise<EventRead> {
    const { position } = cursor;
    const { rows } = await query<Row>(this.em, {
      types: DRIVER_TYPES,
      text: `select e.position::float8 as position, e.id, e.type, e.data, e.created_at, h.id as sync_id, h.type_key, h.kind,
         h.target_platform, h.environment, h.sync_direction, h.sync_status, h.deployment_id, (${EPOCH}) as epoch
       from (select * from sync_event where position > $1 order by position limit $2) e
       left join sync_history h on h.id = e.sync_id order by e.position`,
      values: [position, limit],
    });
    const items = rows.map(positioned).filter((event) => isWanted(event, filter));
    const last = rows.at(-1);
    const next = last && { epoch: last.epoch, position: last.position };
    if (next && next.epoch === cursor.epoch) return { items, next };
    const here = await this.resolve(cursor);
    return { items, next: next ?? here };
  }

  /**
   * A cursor in the epoch that holds now; without one, and for the largest number, the end. A cursor of another epoch is
   * good as long as it lies before the later ones began. Throws {@link EpochChangedError}.
   */
  async resolve(cursor: EventCursor = { position: Number.MAX_SAFE_INTEGER }): Promise<Required<EventCursor>> {
    const { rows } = await query<{ epoch: string; last: number; known: boolean; until: number | null }>(this.em, {
      text: RESOLVE,
      values: [cursor.epoch ?? null],
    });
    const { epoch, last, known, until } = rows[0]!;
    if (cursor.position === Number.MAX_SAFE_INTEGER) return { epoch, position: last };
    const bound = known ? Math.min(until ?? last, last) : 0;
    if (!known || cursor.position > bound) {
      throw new EpochChangedError(cursor, writeEventCursor({ epoch, position: bound }));
    }
    return { epoch, position: cursor.position };
  }
}

const EPOCH = `select epoch from event_epoch order by ordinal desc limit 1`;

/** The epoch that holds, and where what is asked about ended: positions after that were given a second time. */
const RESOLVE = `
  select (${EPOCH}) as epoch, (select last from event_position)::float8 as last, asked.ordinal is not null as known,
    (select min(after)::float8 from event_epoch where ordinal > asked.ordinal) as until
  from (select) one left join event_epoch asked on case when $1::text is null then ordinal = 1 else epoch = $1 end`;

export function isWanted({ sync }: PositionedEvent, filter: EventFilter): boolean {
  const { syncId, deploymentId, platform, isVisible } = filter;
  return (
    (syncId === undefined || sync?.id === syncId) &&
    (deploymentId === undefined || sync?.deploymentId === deploymentId) &&
    (platform === undefined || sync?.platform === platform) &&
    (isVisible === undefined || isVisible(sync ?? ANYWHERE))
  );
}

/** The target of an event that is about no sync: who may see everything sees it. */
const ANYWHERE: Target = { platform: '*', environment: '*' };

interface Row {
  position: number;
  id: string;
  type: SyncEventType;
  data: JsonObject;
  created_at: Date;
  sync_id: string | null;
  type_key: string;
  kind: string;
  target_platform: string;
  environment: string;
  sync_direction: Direction;
  sync_status: SyncStatus;
  deployment_id: string | null;
  epoch: string;
}

function positioned(row: Row): PositionedEvent {
  const sync = row.sync_id && {
    id: row.sync_id,
    typeKey: row.type_key,
    kind: row.kind,
    platform: row.target_platform,
    environment: row.environment,
    direction: row.sync_direction,
    status: row.sync_status,
    deploymentId: row.deployment_id,
  };
  const { position, id, type, data, created_at: createdAt } = row;
  return { position, id, type, data, createdAt, sync: sync || null };
}
