import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger, Optional } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { recordedCaller } from '#access';
import { query, findOne } from '#database';
import { Freezes } from '#freeze';
import { RequestIds } from '#idempotency';
import { canonicalDigestAsync, isJsonObject, type Json, type JsonObject } from '#json';
import { ApprovalRules } from '#plan';
import { type PlatformAdapter, PlatformRegistry, type SyncContext, type SyncItem } from '#platform';
import { SyncReader, SyncRecord, typeOf } from '#recording';
import { ContentRedactedError, marksOf } from '#redaction';
import { type PreparedSnapshot, SnapshotNotFoundError, SnapshotService } from '#snapshot';
import { PendingSyncs } from '#tracking';
import { VersionHistoryService, VersionNotFoundError } from '#versioning';
import { MAX_REPLAYS, NotReplayableError } from './replay.errors.ts';
import { type PlannedReplay, ReplayPlanner } from './replay.planner.ts';

export interface ReplayRequest {
  actor: string;
  reason: string;
  /** Apply changes that lose data. */
  force?: boolean;
  /** Send also what a newer success has superseded; a batch has decided this already. */
  includeHealed?: boolean;
}

/** Replays that were asked for together, and the syncs that they send again. */
export interface ReplayBatch {
  batch: string;
  syncIds: string[];
}

/** A sync that stands in the record, and whose turn comes. Those of one call go together. */
interface Replay {
  id: string;
  callId: string;
  of: SyncRecord;
  context: SyncContext;
}

/** What is sent again: the definition, and what the platform is sent for it. A removal has neither. */
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
    private readonly planner: ReplayPlanner,
    private readonly platforms: PlatformRegistry,
    private readonly snapshots: SnapshotService,
    private readonly versions: VersionHistoryService,
    @Optional() private readonly approval?: ApprovalRules,
    @Optional() private readonly freezes?: Freezes,
  ) {}

  /**
   * Begins the replay of one sync; answers with the id of the new one. Throws `SyncNotFoundError`,
   * {@link NotReplayableError}, `ContentRedactedError`, `SupersededByNewerError`, `RecordingUnavailableError`, and what
   * {@link assertOpen} does.
   */
  async replay(syncId: string, request: ReplayRequest, ids = new RequestIds(uuidv7())): Promise<string> {
    const { id, callId } = ids.ofSync(0);
    const of = await this.syncs.get(syncId);
    if (await findOne(this.em, SyncRecord, { id })) return id;
    this.assertRemovable(of);
    const known = of.removal ? [] : [[id, await this.contentOf(of)] as const];
    await this.assertOpen([of]);
    if (!request.includeHealed) await this.planner.assertNewest(of);
    const replay = { id, callId, of, context: contextOf(of, request) };
    if (await this.record([replay])) void this.send([replay], new Map(known));
    return id;
  }

  /** Throws unless every sync went to a target that exists: `UnknownPlatformError` and `UnknownEnvironmentError`. */
  assertTargets(replays: PlannedReplay[]): void {
    for (const { sync } of replays) this.adapterOf(sync);
  }

  /**
   * Begins to replay calls one after another, in the order given; the syncs share `batch` in their metadata. Answers with the
   * syncs that are replayed. Throws what {@link assertTargets} and {@link assertOpen} do, and `RecordingUnavailableError`.
   */
  async replayAll(
    planned: PlannedReplay[],
    request: ReplayRequest,
    ids = new RequestIds(uuidv7()),
  ): Promise<ReplayBatch> {
    const begun = await this.begunUnder(ids);
    if (begun) return begun;
    this.assertTargets(planned);
    await this.assertOpen(planned.map(({ sync }) => sync));
    const batch = ids.ofSync(0).callId;
    const metadata = { replayBatch: batch };
    const callIds = new Map<string, string>();
    const replays = planned.map(({ sync: of, originalCallId }, index) => {
      const { id, callId: newCallId } = ids.ofSync(index);
      const call = JSON.stringify([originalCallId, of.targetPlatform, of.environment]);
      const callId = callIds.get(call) ?? newCallId;
      callIds.set(call, callId);
      return { id, callId, of, context: { ...contextOf(of, request), metadata } };
    });
    if (await this.record(replays)) void this.sendAll(replays);
    return { batch, syncIds: planned.map(({ sync }) => sync.id) };
  }

  /** Throws `ApprovalRequiredError` and `TargetFrozenError` for targets that take no replays. */
  private async assertOpen(syncs: SyncRecord[]): Promise<void> {
    const targets = new Map(
      syncs.map(({ targetPlatform: platform, environment }) => [
        `${platform} ${environment}`,
        { platform, environment },
      ]),
    );
    for (const target of targets.values()) {
      this.approval?.assertNoPlanNeeded(target);
      await this.freezes?.assertOpen(target);
    }
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
      replays.map(({ id, callId, of, context }) => ({
        id,
        callId,
        context,
        kind: of.kind,
        typeKey: of.typeKey,
        versionHash: of.versionHash ?? undefined,
        platform: of.targetPlatform,
        direction: 'PUSH',
        removal: of.removal ? true : undefined,
        pushedDigest: of.pushedDigest ?? undefined,
        replayOf: of.id,
      })),
    );
  }

  private async sendAll(replays: Replay[]): Promise<void> {
    // One id may have been given to a push and to a removal.
    const calls = Map.groupBy(replays, ({ callId, of }) => `${callId} ${of.removal === true}`);
    for (const call of calls.values()) await this.send(call);
  }

  /** The call settles its syncs, whatever comes of it; what does not get that far is settled here. */
  private async send(call: Replay[], known = new Map<string, Content>()): Promise<void> {
    const items: SyncItem[] = [];
    for (const { id, of } of call) {
      if (!this.pending.isReserved(id)) continue;
      try {
        const { typeKey, kind, versionHash } = of;
        const item = { syncId: id, typeKey, kind, replayOf: of.id };
        if (of.removal) {
          items.push(item);
          continue;
        }
        const { data, payload } = known.get(id) ?? (await this.contentOf(of));
        // Retention may have dropped it, when the definition is known as a version.
        if (payload.digest === of.pushedDigest) await this.snapshots.store(payload);
        items.push({ ...item, data, versionHash: versionHash ?? undefined });
      } catch (error) {
        await this.cancel([id], error);
      }
    }
    // The process may have begun to stop meanwhile.
    const open = items.filter(({ syncId }) => this.pending.isReserved(syncId!));
    if (open.length === 0) return;
    const { of, context } = call[0]!;
    try {
      this.assertRemovable(of);
      const adapter = this.adapterOf(of);
      await (of.removal ? adapter.remove!({ items: open, context }) : adapter.push({ items: open, context }));
    } catch (error) {
      const ids = open.map(({ syncId }) => syncId!);
      await this.cancel(ids, error);
    }
  }

  private async cancel(ids: string[], error: unknown): Promise<void> {
    this.logger.warn(`The replay of ${ids.length} syncs failed: ${(error as Error).message}`);
    await this.pending.cancel(ids, error).catch((cause: unknown) => {
      this.logger.error({ err: cause, syncIds: ids }, 'Replays that were not sent could not be settled');
    });
  }

  /** Throws where a removal cannot be made again. */
  private assertRemovable(sync: SyncRecord): void {
    if (!sync.removal) return;
    if (sync.syncStatus === 'IN_PROGRESS') throw new NotReplayableError(sync.id, 'it is still in progress');
    if (this.adapterOf(sync).remove) return;
    throw new NotReplayableError(sync.id, `the adapter of "${sync.targetPlatform}" cannot remove items`);
  }

  /** Throws unless the platform would be sent the very same bytes. */
  private async contentOf(sync: SyncRecord): Promise<Content> {
    const { id, kind, typeKey, syncDirection, syncStatus, pushedDigest } = sync;
    if (syncDirection !== 'PUSH' || !pushedDigest) throw new NotReplayableError(id, 'it sent nothing');
    if (syncStatus === 'IN_PROGRESS') throw new NotReplayableError(id, 'it is still in progress');
    const adapter = this.adapterOf(sync);
    const data = (await this.definition(sync)) ?? (await this.sent(sync));
    if (!isJsonObject(data)) throw new NotReplayableError(id, 'its content is not a definition');
    const marks = await marksOf(data);
    if (marks.count > 0) throw new ContentRedactedError([{ kind, typeKey, ...marks }]);
    const sent = adapter.toPlatform(data, kind);
    const payload = await this.snapshots.prepare(sent, this.platforms.model(sync.targetPlatform).redaction);
    // What is older than redaction is recorded with its secrets.
    if (payload.digest !== pushedDigest && (await canonicalDigestAsync(sent)) !== pushedDigest) {
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

function contextOf({ environment }: SyncRecord, { actor, reason, force }: ReplayRequest): SyncContext {
  return { actor, caller: recordedCaller(), reason, force, environment, trigger: 'REPLAY' };
}
