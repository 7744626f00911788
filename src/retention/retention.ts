import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query, DRIVER_TYPES, inTransaction } from '#database';
import { Schedule } from '#schedule';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { type Before, type Counted, OLD_ROWS, type OldRows, type OldRowsName } from './old-rows.ts';

/** Milliseconds of a statement that looks through the history. */
const STATEMENT_MS = 50_000;
/** Snapshots that go at once: recording waits while they do. */
const BATCH = 1_000;

/** What retention would drop, or has dropped. */
export interface RetentionReport extends Record<OldRowsName, number> {
  /** Payloads older than this; null when they are kept for ever. */
  payloadsBefore: Date | null;
  /** Snapshots that neither a version nor a younger sync names. */
  payloads: number;
  /** Facts of months before this one; null when they are kept for ever. */
  factsBefore: Date | null;
  /** Whole months of facts, `YYYY-MM`, in which every sync is settled. */
  months: { month: string; syncs: number }[];
  /** Months that are old enough, but hold a sync in progress, or are being read. */
  kept: string[];
}

/** Forgets what is old enough, off unless configured: payloads before facts, facts by whole months. */
@Injectable()
export class Retention implements OnApplicationBootstrap {
  private readonly logger = new Logger(Retention.name);
  private readonly others = new Map<OldRowsName, OldRows>();

  constructor(
    private readonly em: EntityManager,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
    schedule: Schedule,
  ) {
    schedule.add('retention.drop', () => this.run());
  }

  /** Adds rows of another room, before the application has started. An application without that room has no such table. */
  add(name: OldRowsName, rows: OldRows): void {
    this.others.set(name, rows);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.ensureMonths();
    const problem = await this.minimumProblem();
    if (problem !== null) this.logger.warn(problem);
  }

  /** Why months stay that are older than the service is told to keep: the owner of the tables keeps more; null when it does not. */
  async minimumProblem(): Promise<string | null> {
    const { factMonths } = this.options.retention;
    if (factMonths === null) return null;
    const { rows } = await query<{ kept: number | null }>(this.em, 'select fact_months_to_keep() as kept');
    const { kept } = rows[0]!;
    if (kept !== null && kept <= factMonths) return null;
    return (
      `RETENTION_FACT_MONTHS is ${factMonths}, but the database role of the service may drop ` +
      `${kept === null ? 'no month' : `only months before the last ${kept}`}. ` +
      'The owner of the tables sets this: run "npm run migrate" as the owner with SERVICE_ROLE and RETENTION_FACT_MONTHS'
    );
  }

  /** What {@link apply} would drop now. */
  async plan(): Promise<RetentionReport> {
    const { payloadDays, factMonths } = this.options.retention;
    const { rows: times } = await query<{ payloads: Date | null; facts: Date | null }>(this.em, {
      types: DRIVER_TYPES,
      text: TIMES,
      values: [payloadDays, factMonths],
    });
    const { payloads: payloadsBefore, facts } = times[0]!;
    const { rows: old } = facts ? await query<{ month: string }>(this.em, OLD_MONTHS, [facts]) : { rows: [] };
    const report: RetentionReport = {
      payloadsBefore,
      payloads: payloadsBefore ? await this.counted([COUNT_EXPIRED, [payloadsBefore]]) : 0,
      factsBefore: facts,
      ...(await this.ofOthers((rows) => this.counted(rows.count({ payloads: payloadsBefore, facts })))),
      ...{ months: [], kept: [] },
    };
    for (const { month } of old) {
      const { rows } = await query<{ syncs: number; open: boolean }>(this.em, {
        text: OF_MONTH,
        values: [month],
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
    for (const { month } of planned) {
      const syncs = await this.dropMonth(month);
      if (syncs === null) report.kept.push(month);
      else report.months.push({ month, syncs });
    }
    if (report.payloadsBefore) report.payloads = await this.dropPayloads(report.payloadsBefore);
    Object.assign(report, await this.dropOthers({ payloads: report.payloadsBefore, facts: report.factsBefore }));
    return report;
  }

  /** Drops a month (`YYYY-MM`) and tells how many syncs it had; null when one of them is in progress, or is being read. */
  async dropMonth(month: string): Promise<number | null> {
    try {
      const { rows } = await query<{ syncs: number | null }>(this.em, {
        text: 'select drop_sync_month($1, $2, $3)::float8 as syncs',
        values: [month, uuidv7(), uuidv7()],
        withinMs: STATEMENT_MS,
      });
      return rows[0]!.syncs;
    } catch (error) {
      if (NOT_NOW.has((error as { code?: string }).code)) return null;
      throw error;
    }
  }

  private async run(): Promise<void> {
    await this.ensureMonths();
    const { payloadDays, factMonths } = this.options.retention;
    if (payloadDays === null && factMonths === null) return;
    const { payloads, months, plans, checks, accessEvents } = await this.apply();
    if (payloads + months.length + plans + checks + accessEvents === 0) return;
    this.logger.log(
      `Dropped ${payloads} payloads, ${plans} plans, ${checks} checks, ${accessEvents} events of the access log and ` +
        `${months.length} months`,
    );
  }

  /** This month and the two after it can be recorded into. */
  private async ensureMonths(): Promise<void> {
    await query(this.em, `select ensure_sync_partitions(now(), 3)`);
  }

  private async ofOthers(count: (rows: OldRows) => Promise<number>): Promise<Record<OldRowsName, number>> {
    const counts: [OldRowsName, number][] = [];
    for (const name of OLD_ROWS) {
      const rows = this.others.get(name);
      counts.push([name, rows ? await count(rows) : 0]);
    }
    return Object.fromEntries(counts) as Record<OldRowsName, number>;
  }

  private async dropOthers(before: Before): Promise<Record<OldRowsName, number>> {
    const dropped = await this.ofOthers(async ({ drop, most }) => {
      let all = 0;
      for (let batch = most; batch === most; all += batch) batch = await this.counted(drop(before, most));
      return all;
    });
    if (OLD_ROWS.some((name) => dropped[name] > 0)) {
      await query(this.em, ADD_EVENT, [uuidv7(), uuidv7(), JSON.stringify(dropped)]);
    }
    return dropped;
  }

  private async counted(statement: Counted | null): Promise<number> {
    if (!statement) return 0;
    const [text, values] = statement;
    const { rows } = await query<{ count: number }>(this.em, { text, values: [...values], withinMs: STATEMENT_MS });
    return rows[0]!.count;
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

/** Before which moments payloads and months go; a role that is not the owner's keeps as many months as the owner says. */
const TIMES = `
  select now() - $1 * interval '1 day' as payloads, case when $2::integer is not null and k.months is not null then
    (date_trunc('month', now() at time zone 'UTC') - greatest($2, k.months) * interval '1 month') at time zone 'UTC' end as facts
  from fact_months_to_keep() as k (months)`;

const IN_MONTH = `
  id >= uuid_at(($1 || '-01')::timestamp at time zone 'UTC')
  and id < uuid_at((($1 || '-01')::timestamp + interval '1 month') at time zone 'UTC')`;

/** How many syncs a month has, and whether one of them is not settled yet. */
const OF_MONTH = `
  select count(*)::float8 as syncs,
    exists (select from sync_history where sync_status = 'IN_PROGRESS' and ${IN_MONTH}) as open
  from sync_history where ${IN_MONTH}`;

const EXPIRED = `
  select digest from snapshot s
  where created_at < $1 and not exists (select from stored_version v where v.snapshot_digest = s.digest)
  except select pushed_digest from sync_history where id >= uuid_at($1) or sync_status = 'IN_PROGRESS'
  except select response_digest from sync_history where id >= uuid_at($1) or sync_status = 'IN_PROGRESS'`;

const COUNT_EXPIRED = `select count(*)::integer as count from (${EXPIRED}) expired`;

/** The months whose partitions end before a moment, oldest first. Names are compared as text: a plan may see every table's. */
const OLD_MONTHS = `
  select replace(substring(c.relname from '.......$'), '_', '-') as month from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'sync_history'::regclass
    and c.relname ~ '^sync_history_[0-9]{4}_[0-9]{2}$'
    and substring(c.relname from '.......$') < to_char($1::timestamptz at time zone 'UTC', 'YYYY_MM')
  order by 1`;
