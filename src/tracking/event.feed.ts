import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { ask, DRIVER_TYPES } from '#database';
import type { JsonObject } from '#snapshot';
import type { Direction, SyncEventType, SyncStatus } from './sync.ts';

/** An event in its place among all, with the sync it is about. */
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
}

/** Reads events by their position: gapless, so that what has been read is never followed by something before it. */
@Injectable()
export class EventFeed {
  constructor(private readonly em: EntityManager) {}

  /** The events after a position, in order; `next` is where to go on, also when none of them was wanted, and never beyond the newest. */
  async after(
    position: number,
    filter: EventFilter = {},
    limit = 500,
  ): Promise<{ items: PositionedEvent[]; next: number }> {
    const { rows } = await ask<Row>(this.em, {
      types: DRIVER_TYPES,
      text: `select e.position::float8 as position, e.id, e.type, e.data, e.created_at, h.id as sync_id, h.type_key, h.kind,
         h.target_platform, h.environment, h.sync_direction, h.sync_status, h.deployment_id
       from (select * from sync_event where position > $1 order by position limit $2) e
       left join sync_history h on h.id = e.sync_id order by e.position`,
      values: [position, limit],
    });
    const items = rows.map(positioned).filter((event) => isWanted(event, filter));
    return { items, next: rows.at(-1)?.position ?? Math.min(position, await this.last()) };
  }

  /** The position of the newest event. */
  async last(): Promise<number> {
    const { rows } = await ask<{ last: number }>(this.em, 'select last::float8 as last from event_position');
    return rows[0]!.last;
  }
}

export function isWanted({ sync }: PositionedEvent, { syncId, deploymentId, platform }: EventFilter): boolean {
  return (
    (syncId === undefined || sync?.id === syncId) &&
    (deploymentId === undefined || sync?.deploymentId === deploymentId) &&
    (platform === undefined || sync?.platform === platform)
  );
}

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
