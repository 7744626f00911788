import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query, DRIVER_TYPES, inTransaction } from '#database';
import { Schedule } from '#schedule';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';

/** Milliseconds of a statement that looks through the history. */
const STATEMENT_MS = 50_000;
/** Snapshots that go at once: recording waits while they do. */
const BATCH = 1_000;

/** What retention would drop, or has dropped. */
export interface RetentionReport {
  /** Payloads older than this; null when they are kept for ever. */
  payloadsBefore: Date | null;
  /** Snapshots that neither a version nor a younger sync names. */
  payloads: number;
  /** Whole months of facts, `YYYY-MM`, in which every sync is settled. */
  months: { month: string; syncs: number }[];
  /** Months that are old enough, but hold a sync in progress, or are being read. */
  kept: string[];
}

/** Forgets what is old enough, off unless configured: payloads before facts, facts by whole months. */
@Injectable()
export class Retention implements OnApplicationBootstrap {
  private readonly logger = new Logger(Retention.name);

  constructor(
    private readonly em: EntityManager,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
    schedule: Schedule,
  ) {
    schedule.add('retention.drop', () => this.run());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.ensureMonths();
  }

  /** What {@link apply} would drop now. */
  async plan(): Promise<RetentionReport> {
    const { payloadDays, factMonths } = this.options.retention;
    const { rows: times } = await query<{ payloads: Date | null; facts: Date | null }>(this.em, {
      types: DRIVER_TYPES,
      text: `select now() - $1 * interval '1 day' as payloads, date_trunc('month', now(), 'UTC') - $2 * interval '1 month' as facts`,
      values: [payloadDays, factMonths],
    });
    const { payloads: payloadsBefore, facts } = times[0]!;
    const expired = payloadsBefore
      ? (
          await query<{ count: number }>(this.em, {
            text: `select count(*)::integer as count from (${EXPIRED}) expired`,
            values: [payloadsBefore],
            withinMs: STATEMENT_MS,
          })
        ).rows
      : [];
    const { rows: old } = facts ? await query<{ month: string }>(this.em, OLD_MONTHS, [facts]) : { rows: [] };
    const report: RetentionReport = { payloadsBefore, payloads: expired[0]?.count ?? 0, months: [], kept: [] };
    for (const { month } of old) {
      const { rows } = await query<{ syncs: number; open: boolean }>(this.em, {
        text: `select count(*)::float8 as syncs, (${isOpen(month)}) as open from ${partition('sync_history', month)}`,
        withinMs: STATEMENT_MS,
      });
      if (rows[0]!.open) report.kept.push(month);
      else report.months.push({ month, syncs: rows[0]!.syncs });
    }
    return report;
  }

  /** Drops what is old enough. What was dropped is itself an event. */
  async apply(): Promise<RetentionReport> {
    const report = await this.plan();
    const planned = report.months;
    report.months = [];
    for (const { month, syncs } of planned) {
      if (await this.dropMonth(month, syncs)) report.months.push({ month, syncs });
      else report.kept.push(month);
    }
    if (report.payloadsBefore) report.payloads = await this.dropPayloads(report.payloadsBefore);
    return report;
  }

  /** Drops a month (`YYYY-MM`) and its `syncs`; false when it holds a sync in progress, or is being read. */
  async dropMonth(month: string, syncs: number): Promise<boolean> {
    try {
      return await inTransaction(
        this.em,
        async (client) => {
          // Writes wait behind us while we wait for a reader: only for a bounded time.
          await client.query(`set local lock_timeout = '1s'`);
          // The projector holds this first, too.
          await client.query('select from event_position for update');
          await client.query(`lock table ${partition('sync_history', month)} in exclusive mode`);
          const { rows } = await client.query<{ open: boolean; lastPosition: number }>(
            `select (${isOpen(month)}) as open,
             (select coalesce(max(position), 0)::float8 from ${partition('sync_event', month)}) as "lastPosition"`,
          );
          const { open, lastPosition } = rows[0]!;
          if (open) return false;
          await client.query(`drop table ${partition('sync_history', month)}, ${partition('sync_event', month)}`);
          await client.query(ADD_EVENT, [uuidv7(), uuidv7(), JSON.stringify({ month, syncs, lastPosition })]);
          return true;
        },
        STATEMENT_MS,
      );
    } catch (error) {
      if (NOT_NOW.has((error as { code?: string }).code)) return false;
      throw error;
    }
  }

  private async run(): Promise<void> {
    await this.ensureMonths();
    const { payloadDays, factMonths } = this.options.retention;
    if (payloadDays === null && factMonths === null) return;
    const { payloads, months } = await this.apply();
    if (payloads > 0 || months.length > 0) this.logger.log(`Dropped ${payloads} payloads and ${months.length} months`);
  }

  /** This month and the two after it can be recorded into. */
  private async ensureMonths(): Promise<void> {
    await query(this.em, `select ensure_sync_partitions(now(), 3)`);
  }

  private async dropPayloads(before: Date): Promise<number> {
    let dropped = 0;
    for (let batch = BATCH; batch === BATCH; dropped += batch) {
      batch = await inTransaction(
        this.em,
        async (client) => {
          await client.query(`set local lock_timeout = '5s'`);
          // A write of this moment names its snapshot before us, or stores it again after us.
          await client.query(`lock table snapshot in share row exclusive mode`);
          const { rowCount } = await client.query(
            `delete from snapshot where digest in (select digest from (${EXPIRED}) expired limit ${BATCH})`,
            [before],
          );
          return rowCount ?? 0;
        },
        STATEMENT_MS,
      );
    }
    if (dropped > 0) {
      await query(this.em, ADD_EVENT, [
        uuidv7(),
        uuidv7(),
        JSON.stringify({ payloadsBefore: before, payloads: dropped }),
      ]);
    }
    return dropped;
  }
}

/** Somebody reads it for longer than we wait, or another replica has dropped it. */
const NOT_NOW = new Set<string | undefined>(['55P03', '42P01']);

const ADD_EVENT = `select add_service_event($1, $2, 'retention.applied', $3)`;

const EXPIRED = `
  select digest from snapshot s
  where created_at < $1 and not exists (select from content_type_version v where v.snapshot_digest = s.digest)
  except select pushed_digest from sync_history where id >= uuid_at($1) or sync_status = 'IN_PROGRESS'
  except select response_digest from sync_history where id >= uuid_at($1) or sync_status = 'IN_PROGRESS'`;

/** The months whose partitions end before a moment, oldest first. Names are compared as text: a plan may see every table's. */
const OLD_MONTHS = `
  select replace(substring(c.relname from '.......$'), '_', '-') as month from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'sync_history'::regclass
    and c.relname ~ '^sync_history_[0-9]{4}_[0-9]{2}$'
    and substring(c.relname from '.......$') < to_char($1::timestamptz at time zone 'UTC', 'YYYY_MM')
  order by 1`;

/** SQL: whether something of a month is not settled yet, by an index. */
function isOpen(month: string): string {
  return `exists (select from ${partition('sync_history', month)} where sync_status = 'IN_PROGRESS')`;
}

function partition(table: string, month: string): string {
  return `${table}_${month.replace('-', '_')}`;
}
