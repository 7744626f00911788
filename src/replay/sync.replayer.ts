import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query, findOne, LONG_READ_MS } from '#database';
import { binder, type HistoryFilter, holdsForAll, InvalidFilterError, resolveFilter, whereSql } from '#history';
import { RequestIds } from '#idempotency';
import { isJsonObject, type Json, type JsonObject } from '#json';
import { type PlatformAdapter, PlatformRegistry, type SyncContext } from '#platform';
import { SyncReader, SyncRecord, typeOf } from '#recording';
import { type PreparedSnapshot, SnapshotNotFoundError, SnapshotService } from '#snapshot';
import { PendingSyncs } from '#tracking';
import { VersionHistoryService, VersionNotFoundError } from '#versioning';
import { NotReplayableError, TooManyReplaysError } from './replay.errors.ts';

/** Syncs that one request may send again. */
export const MAX_REPLAYS = 1_000;

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

/** Replays that were asked for together, and the syncs that they send again. */
export interface ReplayBatch {
  batch: string;
  syncIds: string[];
}

/** A sync that stands in the record, and whose turn comes. */
interface Replay {
  id: string;
  of: SyncRecord;
  context: SyncContext;
}

/** What is sent again: the definition, and what the platform is sent for it. */
interface Content {
  data: JsonObject;
  payload: PreparedSnapshot;
}

/**
 * Sends content again, exactly as it was sent, as new syncs that are linked to the old. They are recorded before anybody is
 * told of them; a request that is made again under the ids of an earlier one finds what that has begun, and sends nothing.
 */
@Injectable()
export class SyncReplayer {
  private readonly logger = new Logger(SyncReplayer.name);

  constructor(
    private readonly em: EntityManager,
    private readonly syncs: SyncReader,
    private readonly pending: PendingSyncs,
    private readonly platforms: PlatformRegistry,
    private readonly snapshots: SnapshotService,
    private readonly versions: VersionHistoryService,
  ) {}

  /**
   * Begins the replay of one sync; answers with the id of the new one. Throws `SyncNotFoundError`,
   * {@link NotReplayableError}, `RecordingUnavailableError`, and what {@link assertTargets} does.
   */
  async replay(syncId: string, request: ReplayRequest, ids = new RequestIds(uuidv7())): Promise<string> {
    const { id } = ids.ofSync(0);
    const of = await this.syncs.get(syncId);
    if (await findOne(this.em, SyncRecord, { id })) return id;
    const content = await this.contentOf(of);
    const replay = { id, of, context: contextOf(of, request) };
    if (await this.record([replay])) void this.send(replay, content);
    return id;
  }

  /** Throws unless every sync went to a target that exists: `UnknownPlatformError` and `UnknownEnvironmentError`. */
  assertTargets(syncs: SyncRecord[]): void {
    for (const sync of syncs) this.adapterOf(sync);
  }

  /** What the replay of a filter would send. Throws `InvalidFilterError` and {@link TooManyReplaysError}. */
  async plan(filter: HistoryFilter): Promise<ReplayPlan> {
    if (filter.direction && [filter.direction].flat().includes('PULL')) {
      throw new InvalidFilterError('direction', 'must be PUSH, because a pull has no content to send');
    }
    if (holdsForAll(filter)) {
      throw new InvalidFilterError('filter', 'must name at least one condition');
    }
    const { bind, parameters } = binder();
    const where = whereSql({ ...resolveFilter(filter), direction: 'PUSH' }, bind);
    const { rows } = await query<Record<string, unknown> & { healed: boolean }>(this.em, {
      text: `select h.*, exists (
         select from sync_history n where n.type_key = h.type_key and n.kind = h.kind and n.id > h.id
           and n.target_platform = h.target_platform and n.environment = h.environment
           and n.sync_direction = 'PUSH' and n.sync_status = 'SUCCESS') as healed
       from sync_history h where ${where} and h.sync_status <> 'IN_PROGRESS' and h.pushed_digest is not null
       order by h.id limit ${bind(MAX_REPLAYS + 1, 'integer')}`,
      values: parameters,
      withinMs: LONG_READ_MS,
    });
    if (rows.length > MAX_REPLAYS) throw new TooManyReplaysError(MAX_REPLAYS);
    const em = this.em.fork();
    const found = rows.map(({ healed, ...row }) => ({ healed, sync: em.map(SyncRecord, row) }));
    return {
      replays: found.filter(({ healed }) => !healed).map(({ sync }) => sync),
      healed: found.filter(({ healed }) => healed).map(({ sync }) => sync),
    };
  }

  /**
   * Begins to replay syncs one after another, in the order given; they share `batch` in their metadata. Answers with the
   * syncs that are replayed. Throws what {@link assertTargets} does, and `RecordingUnavailableError`.
   */
  async replayAll(syncs: SyncRecord[], request: ReplayRequest, ids = new RequestIds(uuidv7())): Promise<ReplayBatch> {
    const begun = await this.begunUnder(ids);
    if (begun) return begun;
    this.assertTargets(syncs);
    const batch = ids.ofSync(0).callId;
    const metadata = { replayBatch: batch };
    const replays = syncs.map((of, index) => {
      return { id: ids.ofSync(index).id, of, context: { ...contextOf(of, request), metadata } };
    });
    if (await this.record(replays)) void this.sendAll(replays);
    return { batch, syncIds: syncs.map(({ id }) => id) };
  }

  /** The batch that a request with these ids has begun already, with the syncs that it replays, in its order. */
  async begunUnder(ids: RequestIds): Promise<ReplayBatch | undefined> {
    const batch = ids.ofSync(0).callId;
    const { rows } = await query<{ replayOf: string }>(
      this.em,
      `select replay_of as "replayOf" from sync_history
       where id between $1 and $2 and sync_metadata->>'replayBatch' = $3 order by id`,
      [ids.ofSync(0).id, ids.ofSync(MAX_REPLAYS - 1).id, batch],
    );
    return rows.length > 0 ? { batch, syncIds: rows.map(({ replayOf }) => replayOf) } : undefined;
  }

  /** False when the same request has begun them already. */
  private record(replays: Replay[]): Promise<boolean> {
    return this.pending.reserve(
      replays.map(({ id, of, context }) => ({
        id,
        context,
        kind: of.kind,
        typeKey: of.typeKey,
        versionHash: of.versionHash ?? undefined,
        platform: of.targetPlatform,
        direction: 'PUSH',
        pushedDigest: of.pushedDigest ?? undefined,
        replayOf: of.id,
      })),
    );
  }

  private async sendAll(replays: Replay[]): Promise<void> {
    for (const replay of replays) await this.send(replay);
  }

  /** The call settles its sync, whatever comes of it; what does not get that far is settled here. */
  private async send({ id, of, context }: Replay, known?: Content): Promise<void> {
    if (!this.pending.isReserved(id)) return;
    const { typeKey, kind } = of;
    try {
      const { data, payload } = known ?? (await this.contentOf(of));
      // Retention may have dropped it, when the definition is known as a version.
      await this.snapshots.store(payload);
      const item = { syncId: id, typeKey, kind, data, versionHash: of.versionHash ?? undefined, replayOf: of.id };
      await this.adapterOf(of).push({ items: [item], context });
    } catch (error) {
      this.logger.warn(`The replay of ${of.id} failed: ${(error as Error).message}`);
      await this.pending.cancel([id], error).catch((cause: unknown) => {
        this.logger.error({ err: cause, syncId: id }, 'A replay that was not sent could not be settled');
      });
    }
  }

  /** Throws unless the platform would be sent the very same bytes. */
  private async contentOf(sync: SyncRecord): Promise<Content> {
    const { id, kind, syncDirection, syncStatus, pushedDigest } = sync;
    if (syncDirection !== 'PUSH' || !pushedDigest) throw new NotReplayableError(id, 'it sent nothing');
    if (syncStatus === 'IN_PROGRESS') throw new NotReplayableError(id, 'it is still in progress');
    const adapter = this.adapterOf(sync);
    const data = (await this.definition(sync)) ?? (await this.sent(sync));
    if (!isJsonObject(data)) throw new NotReplayableError(id, 'its content is not a definition');
    const payload = await this.snapshots.prepare(adapter.toPlatform(data, kind));
    if (payload.digest !== pushedDigest) {
      throw new NotReplayableError(id, 'its adapter would now send other content');
    }
    return { data, payload };
  }

  private adapterOf({ targetPlatform, environment }: SyncRecord): PlatformAdapter {
    return this.platforms.at({ platform: targetPlatform, environment });
  }

  private async definition(sync: SyncRecord): Promise<JsonObject | undefined> {
    if (!sync.versionHash) return undefined;
    try {
      const [found] = await this.versions.definitions([await this.versions.byHash(typeOf(sync), sync.versionHash)]);
      return found!.definition;
    } catch (error) {
      if (error instanceof VersionNotFoundError) return undefined;
      throw error;
    }
  }

  private sent({ id, pushedDigest }: SyncRecord): Promise<Json> {
    return this.snapshots.read(pushedDigest!).catch((error: unknown) => {
      if (error instanceof SnapshotNotFoundError) throw new NotReplayableError(id, 'its content has expired');
      throw error;
    });
  }
}

function contextOf({ environment }: SyncRecord, request: ReplayRequest): SyncContext {
  return { ...request, environment, trigger: 'REPLAY' };
}
