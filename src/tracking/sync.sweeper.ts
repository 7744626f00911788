import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { query } from '#database';
import type { Json } from '#json';
import { PlatformRegistry, type Target } from '#platform';
import { Admission, Heartbeat, SyncRecord, SyncWriter } from '#recording';
import { Schedule } from '#schedule';
import { SnapshotService } from '#snapshot';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { type IdentifiedResult, judged } from './outcome.ts';
import { PendingSyncs } from './pending-syncs.ts';
import { type Doubt, ReadBack, type Verdict } from './read-back.ts';

const MOST = 500;
const UNREAD: Verdict = { outcome: 'UNKNOWN' };

const INTERRUPTED = {
  code: 'INTERRUPTED',
  message: 'The process that made this call ended before the answer came.',
};
const NOT_SENT = {
  code: 'NOT_SENT',
  message: 'The process that was to send this sync ended before its turn, so nothing was sent. Replay it.',
};
const EXPIRED = {
  code: 'INTERRUPTED',
  message: 'The external system did not report the result of this sync in time, so its outcome is unknown.',
};

/** A sync that a dead process left: whether it may have been sent, and how many milliseconds ago it was last worked on. */
type Abandoned = SyncRecord & { mayHaveLeft: boolean; idleMs: number };

/** Settles what a dead process left in progress, by reading the platform back: never by a blind second push. */
@Injectable()
export class SyncSweeper {
  /** How many syncs of others this process has settled since its start. */
  swept = 0;

  private readonly logger = new Logger(SyncSweeper.name);
  private readonly leaseMs: number;
  private readonly readBackMs: number;

  constructor(
    private readonly em: EntityManager,
    private readonly heartbeat: Heartbeat,
    private readonly writer: SyncWriter,
    private readonly pending: PendingSyncs,
    private readonly platforms: PlatformRegistry,
    private readonly snapshots: SnapshotService,
    private readonly readBack: ReadBack,
    private readonly admission: Admission,
    schedule: Schedule,
    @Inject(TRACKING_OPTIONS) options: TrackingOptions,
  ) {
    this.leaseMs = options.leaseMs;
    this.readBackMs = options.readBackMs;
    schedule.add('syncs.sweep', () => this.sweep(), { every: this.leaseMs / 5 });
  }

  /** Settles everything that is nobody's any more; returns how many syncs that were. */
  async sweep(): Promise<number> {
    if (!this.admission.isOpen) return 0;
    const abandoned = await this.claim();
    const targets = Map.groupBy(abandoned, ({ targetPlatform, environment }) =>
      JSON.stringify([targetPlatform, environment]),
    );
    await Promise.all([...targets.values()].map((syncs) => this.settle(syncs)));
    this.swept += abandoned.length;
    if (abandoned.length > 0) this.logger.warn(`${abandoned.length} syncs of processes that died were settled`);
    return abandoned.length;
  }

  /** Makes abandoned syncs ours, so that no other replica settles them too, and another does if we die as well. */
  private async claim(): Promise<Abandoned[]> {
    const { rows } = await query<Record<string, unknown> & { may_have_left: boolean; idle_ms: number }>(
      this.em,
      `update sync_history h set owner = $1 where id in (
         select id from sync_history
         where sync_status = 'IN_PROGRESS' and case
           when owner is null then expires_at < clock_timestamp()
           when started_at > clock_timestamp() - $2 * interval '1 millisecond' then false
           when owner = $1 then id <> all ($3::uuid[])
           else not is_alive(owner) end
         order by id limit $4 for update skip locked)
       and sync_status = 'IN_PROGRESS'
       returning *, exists (
           select from push_turn t where t.holder = h.id and t.platform = h.target_platform
             and t.environment = h.environment and t.kind = h.kind and t.type_key = h.type_key)
         or exists (
           select from sync_event e where e.sync_id = h.id and e.type = 'attempt.failed'
             and e.data->>'outcome' is distinct from 'NOT_APPLIED') as may_have_left,
         (extract(epoch from clock_timestamp() - (select max(e.created_at) from sync_event e where e.sync_id = h.id))
           * 1000)::float8 as idle_ms`,
      [this.heartbeat.owner, this.leaseMs, this.pending.ids, MOST],
    );
    await query(this.em, `delete from recorder where beat_at < clock_timestamp() - interval '1 day'`);
    const em = this.em.fork();
    return rows.map(({ may_have_left: mayHaveLeft, idle_ms: idleMs, ...row }) => {
      return Object.assign(em.map(SyncRecord, row), { mayHaveLeft, idleMs });
    });
  }

  /** Settles syncs of one target, which is asked once what it holds, however many they are. */
  private async settle(syncs: Abandoned[]): Promise<void> {
    const { targetPlatform: platform, environment } = syncs[0]!;
    const verdicts = await this.verdicts({ platform, environment }, syncs);
    await this.writer.settleAll(
      syncs.map((sync) => {
        const result = resultOf(sync);
        return result.outcome === 'UNKNOWN' && !sync.expiresAt
          ? judged(result, verdicts.get(sync.id) ?? UNREAD)
          : result;
      }),
    );
  }

  private async verdicts(target: Target, syncs: Abandoned[]): Promise<Map<string, Verdict>> {
    const doubts: Doubt[] = [];
    for (const sync of syncs) {
      if (resultOf(sync).outcome !== 'UNKNOWN' || sync.expiresAt) continue;
      const { id, kind, typeKey, versionHash = null, removal } = sync;
      const payload = removal ? undefined : await this.sent(sync);
      if (removal || payload !== undefined) doubts.push({ id, kind, typeKey, versionHash, payload });
    }
    if (doubts.length === 0 || !this.platforms.names().includes(target.platform)) return new Map();
    // What has been on its way for so long has arrived, or never will.
    const idleMs = Math.min(...syncs.map((sync) => sync.idleMs));
    const verdicts = await this.readBack.resolve(target, doubts, { withinMs: Math.max(this.readBackMs - idleMs, 0) });
    // Nothing was asked: another process will, and tells what is there.
    this.admission.assertOpen();
    return verdicts;
  }

  private async sent({ id, pushedDigest }: Abandoned): Promise<Json | undefined> {
    if (!pushedDigest) return undefined;
    return this.snapshots.read(pushedDigest).catch((error: Error) => {
      this.logger.warn(`What the sync ${id} sent cannot be read: ${error.message}`);
      return undefined;
    });
  }
}

/** What a sync comes to before anything is read. */
function resultOf({
  id,
  typeKey,
  targetPlatform: platform,
  syncDirection,
  syncMetadata,
  expiresAt,
  mayHaveLeft,
}: Abandoned): IdentifiedResult {
  const result = {
    id,
    typeKey,
    platform,
    status: 'FAILED' as const,
    evidence: null,
    metadata: syncMetadata ?? undefined,
  };
  if (syncDirection === 'PULL') return { ...result, outcome: null, error: expiresAt ? EXPIRED : INTERRUPTED };
  if (expiresAt) return { ...result, outcome: 'UNKNOWN', error: EXPIRED };
  if (!mayHaveLeft) return { ...result, outcome: 'NOT_APPLIED', error: NOT_SENT };
  return { ...result, outcome: 'UNKNOWN', error: INTERRUPTED };
}
