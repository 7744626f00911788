import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { LiveProjector } from '#live';
import { type ItemRef, type Outcome, PlatformRegistry, type Target } from '#platform';
import { Admission, SyncWriter } from '#recording';
import { Schedule } from '#schedule';
import { TargetReader } from './target-reader.ts';

/** Items that one call reads. */
const MOST = 500;
/** Milliseconds that the answer of a target is waited for. */
const READ_MS = 60_000;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 5 * 60 * 1000;

/** Items at installed targets of which nobody knows what stands there. */
const UNKNOWN_ITEMS = `
  select platform, environment, kind, type_key as "typeKey" from live_state
  where state = 'UNKNOWN' and platform = any($1::text[]) order by platform, environment, since limit ${MOST}`;

/**
 * Pushes of unknown outcome after which the next that is known of the item was seen on the platform, and by which call. The
 * content was not there before and is now: it was applied. What was there before still is: it was not.
 */
const ANSWERED = `
  select s.id, c.call_id as "readBackCallId", case
      when a.state = 'PRESENT' and a.version_hash = s.version_hash
        and (b.state is null or b.state = 'ABSENT' or b.state = 'PRESENT' and b.version_hash <> s.version_hash) then 'APPLIED'
      when a.state = 'PRESENT' and b.state = 'PRESENT' and a.version_hash = b.version_hash
        and a.version_hash <> s.version_hash then 'NOT_APPLIED'
      when a.state = 'ABSENT' and (b.state is null or b.state = 'ABSENT') then 'NOT_APPLIED'
    end as outcome
  from sync_history s
  join live_state_history u on u.sync_id = s.id and u.state = 'UNKNOWN' and u.platform = s.target_platform
    and u.environment = s.environment and u.kind = s.kind and u.type_key = s.type_key
  cross join lateral (
    select * from live_state_history n where n.platform = u.platform and n.environment = u.environment
      and n.kind = u.kind and n.type_key = u.type_key and n.position > u.position order by n.position limit 1) a
  left join lateral (
    select * from live_state_history n where n.platform = u.platform and n.environment = u.environment
      and n.kind = u.kind and n.type_key = u.type_key and n.position < u.position order by n.position desc limit 1) b on true
  cross join lateral (select call_id from sync_history where id = a.sync_id offset 0) c
  where s.outcome = 'UNKNOWN' and s.id > uuid_at(clock_timestamp() - interval '30 days') and a.evidence = 'OBSERVED'`;

/**
 * Goes on asking where the outcome of a push is unknown: reads each such target, again and again while it cannot be read, and
 * records what became known. A pull that anybody else makes answers as well.
 */
@Injectable()
export class OpenOutcomes {
  /** When a target is read again that could not be read, or did not answer the question. */
  private readonly postponed = new Map<string, { until: number; pauseMs: number }>();

  constructor(
    private readonly em: EntityManager,
    private readonly platforms: PlatformRegistry,
    private readonly reader: TargetReader,
    private readonly live: LiveProjector,
    private readonly writer: SyncWriter,
    private readonly admission: Admission,
    schedule: Schedule,
  ) {
    schedule.add('outcomes.ask', () => this.ask());
  }

  private async ask(): Promise<void> {
    if (!this.admission.isOpen) return;
    const { rows } = await query<Target & ItemRef>(this.em, UNKNOWN_ITEMS, [this.platforms.names()]);
    const targets = Map.groupBy(rows, ({ platform, environment }) => JSON.stringify([platform, environment]));
    for (const key of this.postponed.keys()) if (!targets.has(key)) this.postponed.delete(key);
    await Promise.all([...targets].map(([key, items]) => this.read(key, items)));
    await this.conclude();
  }

  private async read(key: string, items: (Target & ItemRef)[]): Promise<void> {
    const before = this.postponed.get(key);
    if (performance.now() < (before?.until ?? 0)) return;
    const pauseMs = Math.min((before?.pauseMs ?? MIN_PAUSE_MS / 2) * 2, MAX_PAUSE_MS);
    const { platform, environment } = items[0]!;
    await this.reader.read({ platform, environment }, items, READ_MS);
    this.postponed.set(key, { until: performance.now() + pauseMs, pauseMs });
  }

  private async conclude(): Promise<void> {
    const open = await query(this.em, `select from sync_history where outcome = 'UNKNOWN' limit 1`);
    if (open.rowCount === 0) return;
    await this.live.catchUp();
    const { rows } = await query<{ id: string; outcome: Outcome | null; readBackCallId: string }>(this.em, ANSWERED);
    const learned = rows.flatMap(({ outcome, ...row }) =>
      outcome ? [{ ...row, outcome, evidence: 'OBSERVED' as const }] : [],
    );
    await this.writer.recordOutcomes(learned);
  }
}
