import { defineEntity, p } from '@mikro-orm/core';
import { columnsOf } from '#database';
import type { JsonObject } from '#json';
import type { SyncEventType } from './sync.ts';

const properties = {
  id: p.uuid().primary(),
  syncId: p.uuid().nullable(),
  type: p.text().$type<SyncEventType>(),
  data: p.json<JsonObject>(),
  position: p.bigint('number').nullable(),
  createdAt: p.datetime(),
};

const SyncEventSchema = defineEntity({ name: 'SyncEvent', tableName: 'sync_event', properties });

/** An immutable fact about a sync. */
export class SyncEvent extends SyncEventSchema.class {}
SyncEventSchema.setClass(SyncEvent);

const { position: _position, ...others } = properties;
/** The columns of `sync_event e` as {@link SyncEvent} names them. */
export const EVENT_COLUMNS = `${columnsOf(others, 'e')}, e.position::float8 as position`;
