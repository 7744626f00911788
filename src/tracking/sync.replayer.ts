import { EntityManager } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { postgresPool } from '#database';
import { PlatformRegistry, type SyncItem } from '#platform';
import {
  canonicalDigest,
  isJsonObject,
  type Json,
  type JsonObject,
  SnapshotNotFoundError,
  SnapshotService,
} from '#snapshot';
import { VersionHistoryService, VersionNotFoundError } from '#versioning';
import { RequestIds } from './request-ids.ts';
import { type HistoryFilter, resolveFilter, whereSql } from './sync-history.filter.ts';
import { binder } from './sync-history.queries.ts';
import { SyncHistoryService } from './sync-history.service.ts';
import { SyncRecord } from './sync-record.entity.ts';
import { InvalidFilterError, NotReplayableError, TooManyReplaysError } from './sync.errors.ts';

/** Syncs that one request may send again. */
export const MOST_REPLAYS = 1_000;

export interface ReplayRequest {
  actor: string;
  reason: string;
  /** Apply changes that lose data. */
  force?: boolean;
}

export interface ReplayPlan {
  /** In the order in which they were first sent. */
  replays: SyncRecord[];
  /** What a newer success of the same content type has healed; left out unless asked for. */
  healed: SyncRecord[];
}

/** Sends content again, exactly as it was sent, as new syncs that are linked to the old. */
@Injectable()
export class SyncReplayer implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SyncReplayer.name);
  private readonly closing = new AbortController();

  constructor(
    private readonly em: EntityManager,
    private readonly history: SyncHistoryService,
    private readonly platforms: PlatformRegistry,
    private readonly snapshots: SnapshotService,
    private readonly versions: VersionHistoryService,
  ) {}

  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  /** Begins the replay of one sync; answers with the id of the new one. Throws {@link NotReplayableError}. */
  async replay(syncId: string, request: ReplayRequest, ids = new RequestIds(uuidv7())): Promise<string> {
    const sync = await this.history.getSync(syncId);
    const { id } = ids.ofSync(0);
    void this.send(sync, await this.itemOf(sync, id), request);
    return id;
  }

  /** What the replay of a filter would send. Throws `InvalidFilterError` and {@link TooManyReplaysError}. */
  async plan(filter: HistoryFilter): Promise<ReplayPlan> {
    if (filter.direction && [filter.direction].flat().includes('PULL')) {
      throw new InvalidFilterError('direction', 'must be PUSH: a pull has nothing to send');
    }
    if (Object.values(filter).every((value) => value === undefined)) {
      throw new InvalidFilterError('filter', 'must name something: nobody replays everything');
    }
    const { bind, parameters } = binder();
    const where = whereSql({ ...resolveFilter(filter), direction: 'PUSH' }, bind);
    const pool = await postgresPool(this.em);
    const { rows } = await pool.query<Record<string, unknown> & { healed: boolean }>(
      `select h.*, exists (
         select from sync_history n where n.type_key = h.type_key and n.kind = h.kind and n.id > h.id
           and n.target_platform = h.target_platform and n.environment = h.environment
           and n.sync_direction = 'PUSH' and n.sync_status = 'SUCCESS') as healed
       from sync_history h where ${where} and h.sync_status <> 'IN_PROGRESS' and h.pushed_digest is not null
       order by h.id limit ${bind(MOST_REPLAYS + 1, 'integer')}`,
      parameters,
    );
    if (rows.length > MOST_REPLAYS) throw new TooManyReplaysError(MOST_REPLAYS);
    const em = this.em.fork();
    const found = rows.map(({ healed, ...row }) => ({ healed, sync: em.map(SyncRecord, row) }));
    return {
      replays: found.filter(({ healed }) => !healed).map(({ sync }) => sync),
      healed: found.filter(({ healed }) => healed).map(({ sync }) => sync),
    };
  }

  /** Begins to replay syncs one after another, in the order given; they share `batch` in their metadata. */
  replayAll(
    syncs: SyncRecord[],
    request: ReplayRequest,
    ids = new RequestIds(uuidv7()),
  ): { batch: string; finished: Promise<void> } {
    const batch = ids.ofSync(0).callId;
    return { batch, finished: this.sendAll(syncs, request, batch, ids) };
  }

  private async sendAll(syncs: SyncRecord[], request: ReplayRequest, batch: string, ids: RequestIds): Promise<void> {
    for (const [index, sync] of syncs.entries()) {
      if (this.closing.signal.aborted) return this.logger.warn(`The replay ${batch} was cut short by the shutdown`);
      try {
        await this.send(sync, await this.itemOf(sync, ids.ofSync(index).id), request, batch);
      } catch (error) {
        this.logger.warn(`The sync ${sync.id} was not replayed: ${(error as Error).message}`);
      }
    }
  }

  /** The call records itself, whatever comes of it. */
  private async send(sync: SyncRecord, item: SyncItem, request: ReplayRequest, batch?: string): Promise<void> {
    const { environment, targetPlatform } = sync;
    const context = {
      ...request,
      environment,
      trigger: 'REPLAY' as const,
      ...(batch && { metadata: { replayBatch: batch } }),
    };
    try {
      await this.platforms.get(targetPlatform).push({ items: [item], context });
    } catch (error) {
      this.logger.warn(`The replay of ${sync.id} failed: ${(error as Error).message}`);
    }
  }

  /** Throws unless the platform would be sent the very same bytes. */
  private async itemOf(sync: SyncRecord, syncId: string): Promise<SyncItem> {
    const { id, typeKey, kind, syncDirection, syncStatus, pushedDigest, targetPlatform } = sync;
    if (syncDirection !== 'PUSH' || !pushedDigest) throw new NotReplayableError(id, 'it sent nothing');
    if (syncStatus === 'IN_PROGRESS') throw new NotReplayableError(id, 'it is still in progress');
    const adapter = this.platforms.get(targetPlatform);
    const data = (await this.definition(sync)) ?? (await this.sent(sync));
    if (!isJsonObject(data)) throw new NotReplayableError(id, 'what it sent is no definition');
    if (canonicalDigest(adapter.toPlatform(data, kind)) !== pushedDigest) {
      throw new NotReplayableError(id, 'its adapter would send something else for the same content today');
    }
    return { syncId, typeKey, kind, data, versionHash: sync.versionHash ?? undefined, replayOf: id };
  }

  private async definition(sync: SyncRecord): Promise<JsonObject | undefined> {
    if (!sync.versionHash) return undefined;
    try {
      const [found] = await this.versions.definitions([await this.versions.byHash(sync, sync.versionHash)]);
      return found!.definition;
    } catch (error) {
      if (error instanceof VersionNotFoundError) return undefined;
      throw error;
    }
  }

  private sent({ id, pushedDigest }: SyncRecord): Promise<Json> {
    return this.snapshots.read(pushedDigest!).catch((error: unknown) => {
      if (error instanceof SnapshotNotFoundError) throw new NotReplayableError(id, 'what it sent has expired');
      throw error;
    });
  }
}
