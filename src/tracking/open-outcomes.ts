import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { LONG_READ_MS, query } from '#database';
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
 * What was seen at positions after $1, up to $2, right after a push of unknown outcome, and by which call. Content that was
 * not there before and is now was applied. Where what was there before still is, it was not. A removal was applied where
 * nothing is there any more.
 */
const ANSWERED = `
  select s.id, c.call_id as "readBackCallId", case
      when s.removal then case when a.state = 'ABSENT' then 'APPLIED'
        when a.state = 'PRESENT' and b.state = 'PRESENT' and a.version_hash = b.version_hash then 'NOT_APPLIED' end
      when a.state = 'PRESENT' and a.version_hash = s.version_hash
        and (b.state is null or b.state = 'ABSENT' or b.state = 'PRESENT' and b.version_hash <> s.version_hash) then 'APPLIED'
      when a.state = 'PRESENT' and b.state = 'PRESENT' and a.version_hash = b.version_hash
        and a.version_hash <> s.version_hash then 'NOT_APPLIED'
      when a.state = 'ABSENT' and (b.state is null or b.state = 'ABSENT') then 'NOT_APPLIED'
    end as outcome
  from live_state_history a
  cross join lateral (${before('a')}) u
  left join lateral (${before('u')}) b on true
  cross join lateral (select id, version_hash, removal from sync_history where id = u.sync_id and outcome = 'UNKNOWN' offset 0) s
  cross join lateral (select call_id from sync_history where id = a.sync_id offset 0) c
  where a.position > $1 and a.position <= $2 and a.evidence = 'OBSERVED' and u.state = 'UNKNOWN'`;

function before(alias: string): string {
  return `select * from live_state_history n where n.platform = ${alias}.platform and n.environment = ${alias}.environment
    and n.kind = ${alias}.kind and n.type_key = ${alias}.type_key and n.position < ${alias}.position
    order by n.position desc limit 1`;
}

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

  /** Each observation answers once: what it leaves unknown stays so. */
  private async conclude(): Promise<void> {
    const { rows: positions } = await query<{ concluded: string; last: string }>(
      this.em,
      'select concluded, last from live_position where concluded < last',
    );
    if (positions.length === 0) return;
    const { concluded, last } = positions[0]!;
    const { rows } = await query<{ id: string; outcome: Outcome | null; readBackCallId: string }>(this.em, {
      text: ANSWERED,
      values: [concluded, last],
      withinMs: LONG_READ_MS,
    });
    await this.writer.recordOutcomes(
      rows.flatMap(({ outcome, ...row }) => (outcome ? [{ ...row, outcome, evidence: 'OBSERVED' as const }] : [])),
    );
    await query(this.em, 'update live_position set concluded = greatest(concluded, $1)', [last]);
  }
}
