import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, find, findOne, PreparedStatements } from '#database';
import type { PageStart } from '#http';
import { SyncNotFoundError } from './recording.errors.ts';
import { SyncEvent } from './sync-event.entity.ts';
import { SYNC_COLUMNS, SyncRecord } from './sync-record.entity.ts';
import type { SyncEventType } from './sync.ts';

/**
 * SQL: whether a row of `sync_history`, by its alias, is a sync of this deployment. An external sync that names a deployment
 * is none: the deployment did not make it.
 */
export function isOfDeployment(deploymentId: string, alias = 'h'): string {
  return `${alias}.deployment_id = ${deploymentId} and ${alias}.expires_at is null`;
}

/** Planning it for every month would take longer than all the rest. */
const ONE = `select ${SYNC_COLUMNS} from sync_history h where h.id = $1`;

/** Reads single syncs and their events. */
@Injectable()
export class SyncReader {
  private readonly prepared: PreparedStatements;

  constructor(private readonly em: EntityManager) {
    this.prepared = new PreparedStatements(em);
  }

  /** Throws {@link SyncNotFoundError}. */
  async get(syncId: string): Promise<SyncRecord> {
    const { rows } = await this.prepared.query<SyncRecord>({ types: DRIVER_TYPES, text: ONE, values: [syncId] });
    if (!rows[0]) throw new SyncNotFoundError(syncId);
    return rows[0];
  }

  /** The sync before this one of the same type, direction, platform and environment that has content; or null. */
  getPrevious(sync: SyncRecord): Promise<SyncRecord | null> {
    const { kind, typeKey, targetPlatform, environment, syncDirection } = sync;
    const content = syncDirection === 'PUSH' ? { pushedDigest: { $ne: null } } : { responseDigest: { $ne: null } };
    return findOne(
      this.em,
      SyncRecord,
      { kind, typeKey, targetPlatform, environment, syncDirection, ...content, id: { $lt: sync.id } },
      { orderBy: { id: 'desc' } },
    );
  }

  /** The timeline of a sync, oldest first: the first `limit` events from a start on; read backwards for `prev`. */
  async getEvents(syncId: string, limit = 100, start?: PageStart): Promise<SyncEvent[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['$lt', 'desc'] as const) : (['$gt', 'asc'] as const);
    const where = { syncId, ...(start && { id: { [beyond]: start.key } }) };
    return find(this.em, SyncEvent, where, { orderBy: { id: order }, limit });
  }

  /** The newest event of a type, or null. */
  getLastEvent(syncId: string, type: SyncEventType): Promise<SyncEvent | null> {
    return findOne(this.em, SyncEvent, { syncId, type }, { orderBy: { id: 'desc' } });
  }
}
