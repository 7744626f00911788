import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, find, isoTime, PreparedStatements, TEXT_TYPES, unseen } from '#database';
import type { PageStart } from '#http';
import type { TextRow } from '#json';
import { SyncNotFoundError } from './recording.errors.ts';
import { EVENT_COLUMNS, type SyncEvent } from './sync-event.entity.ts';
import { SYNC_COLUMNS, SyncRecord } from './sync-record.entity.ts';
import { SHOWN_COLUMNS, syncText, type SyncText } from './sync-text.ts';

/**
 * SQL: whether a row of `sync_history`, by its alias, is a sync of this deployment. An external sync that names a deployment
 * is none: the deployment did not make it.
 */
export function isOfDeployment(deploymentId: string, alias = 'h'): string {
  return `${alias}.deployment_id = ${deploymentId} and ${alias}.expires_at is null`;
}

/**
 * SQL: these columns of the newest sync of each item of a deployment, with its kind and key. Newest by the database's clock:
 * ids go by the clocks of the replicas that made them.
 */
export function newestOfDeployment(deploymentId: string, columns: string): string {
  return `select distinct on (kind, type_key) kind, type_key, ${columns} from sync_history h
    where ${isOfDeployment(deploymentId)} order by kind, type_key, started_at desc, id desc`;
}

/** Syncs on each side of another by their ids, among which the one before it is found: clocks differ by seconds at most. */
const AMONG = 20;

/** Events that are shown with a sync. */
const MAX_SHOWN_EVENTS = 100;

/** Planning for every month would take longer than all the rest. */
const SYNC_ID = unseen('$1', 'uuid');
const ONE = `select ${SYNC_COLUMNS} from sync_history h where h.id = ${SYNC_ID}`;
const EVENT_TEXT = `concat('{"id":"', e.id, '","type":"', e.type, '","data":', e.data, ',"createdAt":"', ${isoTime('e.created_at')}, '"}')`;
const ONE_AS_TEXT = `
  select ${SHOWN_COLUMNS}, (
    select string_agg(${EVENT_TEXT}, ',' order by e.position)
    from (select * from sync_event where sync_id = ${SYNC_ID} order by position limit ${MAX_SHOWN_EVENTS}) e)
  from sync_history h where h.id = ${SYNC_ID}`;
const EVENTS = (where: string, order: 'asc' | 'desc') => `
  select ${EVENT_COLUMNS} from sync_event e where e.sync_id = ${SYNC_ID} and ${where}
  order by e.position ${order} limit ${unseen('$3', 'integer')}`;
const PLACE = `(select p.position from sync_event p where p.sync_id = ${SYNC_ID} and p.id = ${unseen('$2', 'uuid')})`;
const EVENTS_AFTER = EVENTS(`(${unseen('$2', 'uuid')} is null or e.position > ${PLACE})`, 'asc');
const EVENTS_BEFORE = EVENTS(`e.position < ${PLACE}`, 'desc');
const LAST_EVENT = EVENTS(`e.type = ${unseen('$2', 'text')}`, 'desc');

type Waiting = Pick<SyncRecord, 'id' | 'syncStatus' | 'retryCount'>;

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

  /** The sync, and its first events as JSON. Throws {@link SyncNotFoundError}. */
  async getText(syncId: string): Promise<{ sync: SyncText; events: string }> {
    const { rows } = await this.prepared.query<TextRow>({
      ...{ types: TEXT_TYPES, rowMode: 'array' },
      ...{ text: ONE_AS_TEXT, values: [syncId] },
    });
    const row = rows[0];
    if (!row) throw new SyncNotFoundError(syncId);
    return { sync: syncText(row), events: `[${row.at(-1) ?? ''}]` };
  }

  /** The sync before this one of the same type, direction, platform and environment that has content; or null. */
  async getPrevious(sync: SyncRecord): Promise<SyncRecord | null> {
    const { kind, typeKey, targetPlatform, environment, syncDirection } = sync;
    const content = syncDirection === 'PUSH' ? { pushedDigest: { $ne: null } } : { responseDigest: { $ne: null } };
    const same = { kind, typeKey, targetPlatform, environment, syncDirection, ...content };
    const near = [
      ...(await find(
        this.em,
        SyncRecord,
        { ...same, id: { $lt: sync.id } },
        { orderBy: { id: 'desc' }, limit: AMONG },
      )),
      ...(await find(this.em, SyncRecord, { ...same, id: { $gt: sync.id } }, { orderBy: { id: 'asc' }, limit: AMONG })),
    ];
    return (
      near
        .filter((other) => byStart(other, sync) < 0)
        .sort(byStart)
        .at(-1) ?? null
    );
  }

  /** The timeline of a sync, oldest first: the first `limit` events from a start on; read backwards for `prev`. */
  getEvents(syncId: string, limit = 100, start?: PageStart): Promise<SyncEvent[]> {
    return this.events(start?.direction === 'prev' ? EVENTS_BEFORE : EVENTS_AFTER, syncId, start?.key ?? null, limit);
  }

  /** When a sync whose last attempt failed is, or was, to be tried again; null for others. */
  async nextAttemptAt({ id, syncStatus, retryCount }: Waiting): Promise<Date | null> {
    if (syncStatus !== 'IN_PROGRESS' || retryCount === 0) return null;
    const [failed] = await this.events(LAST_EVENT, id, 'attempt.failed', 1);
    const waitMs = failed?.data.waitMs;
    return typeof waitMs === 'number' ? new Date(failed!.createdAt.getTime() + waitMs) : null;
  }

  private async events(text: string, ...values: [syncId: string, place: string | null, limit: number]) {
    return (await this.prepared.query<SyncEvent>({ types: DRIVER_TYPES, text, values })).rows;
  }
}

/** By the clock of the database, which all replicas share; ids go by the clock of the replica that made them. */
function byStart(a: SyncRecord, b: SyncRecord): number {
  return +a.startedAt - +b.startedAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}
