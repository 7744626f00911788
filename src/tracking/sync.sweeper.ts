import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query } from '#database';
import type { JsonObject } from '#json';
import { DEFAULT_KIND, PlatformRegistry, type SyncAnswerItem } from '#platform';
import { Admission, Heartbeat, type Resolution, SyncRecord, type SyncResult, SyncWriter } from '#recording';
import { Schedule } from '#schedule';
import { SnapshotService } from '#snapshot';
import { ContentTypeHasher, refKey } from '#versioning';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { PendingSyncs } from './pending-syncs.ts';

const MOST = 500;
const UNKNOWN: SyncResult & { resolution: Resolution } = {
  status: 'FAILED',
  error: {
    code: 'INTERRUPTED',
    message:
      'The process that made this call ended before the answer came, so its outcome is unknown. Pull to find out.',
  },
  resolution: { outcome: 'unknown' },
};

const ABANDONED: SyncResult & { resolution: Resolution } = {
  ...UNKNOWN,
  error: {
    code: 'INTERRUPTED',
    message: 'The external system did not report the result of this sync in time, so its outcome is unknown.',
  },
};

/** Settles what a dead process left in progress, by reading the platform back: never by a blind second push. */
@Injectable()
export class SyncSweeper {
  /** How many syncs of others this process has settled since its start. */
  swept = 0;

  private readonly logger = new Logger(SyncSweeper.name);
  private readonly leaseMs: number;

  constructor(
    private readonly em: EntityManager,
    private readonly heartbeat: Heartbeat,
    private readonly writer: SyncWriter,
    private readonly pending: PendingSyncs,
    private readonly platforms: PlatformRegistry,
    private readonly snapshots: SnapshotService,
    private readonly hasher: ContentTypeHasher,
    private readonly admission: Admission,
    schedule: Schedule,
    @Inject(TRACKING_OPTIONS) options: TrackingOptions,
  ) {
    this.leaseMs = options.leaseMs;
    schedule.add('syncs.sweep', () => this.sweep(), { every: this.leaseMs / 5 });
  }

  /** Settles everything that is nobody's any more; returns how many syncs that were. */
  async sweep(): Promise<number> {
    if (!this.admission.isOpen) return 0;
    const abandoned = await this.claim();
    const places = Map.groupBy(abandoned, (sync) => JSON.stringify([sync.targetPlatform, sync.environment]));
    for (const syncs of places.values()) await this.settle(syncs);
    this.swept += abandoned.length;
    if (abandoned.length > 0) this.logger.warn(`${abandoned.length} syncs of processes that died were settled`);
    return abandoned.length;
  }

  /** Makes abandoned syncs ours, so that no other replica settles them too, and another does if we die as well. */
  private async claim(): Promise<SyncRecord[]> {
    const { rows } = await query<Record<string, unknown>>(
      this.em,
      `update sync_history set owner = $1 where id in (
         select id from sync_history
         where sync_status = 'IN_PROGRESS' and case
           when owner is null then expires_at < clock_timestamp()
           when started_at > clock_timestamp() - $2 * interval '1 millisecond' then false
           when owner = $1 then id <> all ($3::uuid[])
           else not is_alive(owner) end
         order by id limit $4 for update skip locked)
       and sync_status = 'IN_PROGRESS' returning *`,
      [this.heartbeat.owner, this.leaseMs, this.pending.ids, MOST],
    );
    await query(this.em, `delete from recorder where beat_at < clock_timestamp() - interval '1 day'`);
    const em = this.em.fork();
    return rows.map((row) => em.map(SyncRecord, row));
  }

  /** Settles syncs of one place, which is asked once what it holds, however many they are. */
  private async settle(syncs: SyncRecord[]): Promise<void> {
    const callId = uuidv7();
    const sent = syncs.filter(({ syncDirection, expiresAt }) => syncDirection === 'PUSH' && !expiresAt);
    const held = await this.readBack(sent, callId);
    const results: (SyncResult & { id: string; typeKey: string })[] = [];
    for (const sync of syncs) {
      const { id, typeKey, syncMetadata } = sync;
      const told = await this.told(sync, held.get(refKey(sync)), callId);
      results.push({ ...told, id, typeKey, metadata: syncMetadata ?? undefined });
    }
    await this.writer.settleAll(results);
  }

  private async told(sync: SyncRecord, held: JsonObject | undefined, readBackCallId: string): Promise<SyncResult> {
    if (sync.expiresAt) return ABANDONED;
    if (!(await this.isHeld(sync, held))) return UNKNOWN;
    return { status: 'SUCCESS', resolution: { resolvedBy: 'read-back', readBackCallId } };
  }

  /** What the place holds of these types, by {@link refKey}; nothing when it cannot be read. */
  private async readBack(syncs: SyncRecord[], callId: string): Promise<Map<string, JsonObject>> {
    if (syncs.length === 0) return new Map();
    const { targetPlatform, environment } = syncs[0]!;
    const items = new Map(syncs.map(({ kind, typeKey }) => [refKey({ kind, typeKey }), { kind, typeKey }]));
    try {
      const answer = await this.platforms.get(targetPlatform).pull({
        items: [...items.values()],
        context: {
          environment,
          callId,
          actor: 'synctrail',
          trigger: 'SCHEDULE',
          reason: 'Read-back: a process that pushed has ended without an answer',
        },
      });
      const pulled = answer.items.filter(
        (item): item is SyncAnswerItem & { data: JsonObject } => item.status === 'SUCCESS' && item.data !== undefined,
      );
      return new Map(pulled.map(({ kind = DEFAULT_KIND, typeKey, data }) => [refKey({ kind, typeKey }), data]));
    } catch (error) {
      // Nothing was asked: another process will, and tells what is there.
      if (!this.admission.isOpen) throw error;
      this.logger.warn(`${targetPlatform} "${environment}" could not be read back: ${(error as Error).message}`);
      return new Map();
    }
  }

  /** Whether the platform holds what was sent. What cannot be compared is not known, and keeps nothing else unsettled. */
  private async isHeld(
    { id, targetPlatform, kind, pushedDigest }: SyncRecord,
    held: JsonObject | undefined,
  ): Promise<boolean> {
    if (!held || !pushedDigest) return false;
    try {
      const model = this.platforms.model(targetPlatform);
      const sent = this.platforms.get(targetPlatform).fromPlatform(await this.snapshots.read(pushedDigest), kind);
      return this.hasher.generateHash(sent, model) === this.hasher.generateHash(held, model);
    } catch (error) {
      this.logger.warn(`What the sync ${id} sent cannot be compared: ${(error as Error).message}`);
      return false;
    }
  }
}
