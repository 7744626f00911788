import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject } from '#json';
import type { SyncEventType } from './sync.ts';

const SyncEventSchema = defineEntity({
  name: 'SyncEvent',
  tableName: 'sync_event',
  properties: {
    id: p.uuid().primary(),
    syncId: p.uuid().nullable(),
    type: p.text().$type<SyncEventType>(),
    data: p.json<JsonObject>(),
    position: p.bigint('number').nullable(),
    createdAt: p.datetime(),
  },
});

/** An immutable fact about a sync. */
export class SyncEvent extends SyncEventSchema.class {}
SyncEventSchema.setClass(SyncEvent);
