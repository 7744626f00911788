import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { DRIVER_TYPES, inTransaction, query } from '#database';
import type { PageStart } from '#http';
import type { Target } from '#platform';
import { nextTime, type Recurrence } from '#schedule';
import type { ConfiguredWatch } from './configured-watches.ts';
import { TooManyWatchesError, WatchConfiguredError, WatchEndedError, WatchNotFoundError } from './watch.errors.ts';

export const WATCH_SOURCES = ['API', 'CONFIGURATION'] as const;

/** A target whose drift is watched, and when. */
export interface NewWatch extends Target, Recurrence {
  reason: string;
  actor: string;
}

/** A watch with its history; nobody has ended it where the members about its end are null. */
export interface Watch extends NewWatch {
  id: string;
  source: (typeof WATCH_SOURCES)[number];
  createdAt: Date;
  endedAt: Date | null;
  endedBy: string | null;
  endReason: string | null;
  /** Null while a run is under way, and after the end. */
  nextAt: Date | null;
  runStartedAt: Date | null;
  runCallId: string | null;
  /** Of the last run that ended, like all that follow; null before it. */
  lastDueAt: Date | null;
  lastStartedAt: Date | null;
  lastEndedAt: Date | null;
  lastCallId: string | null;
  lastDifferences: number | null;
  lastAccepted: number | null;
  lastErrorCode: string | null;
  lastError: string | null;
}

/** Which part of the list of watches. */
export interface ListedWatches {
  platform: string;
  environment?: string;
  /** Only watches that are in force (true), or only those that have ended (false). */
  inForce?: boolean;
}

const MAX_IN_FORCE = 100;

const COLUMNS = `id, platform, environment, cron, time_zone as "timeZone", source, reason, actor, created_at as "createdAt",
  ended_at as "endedAt", ended_by as "endedBy", end_reason as "endReason", next_at as "nextAt",
  run_started_at as "runStartedAt", run_call_id as "runCallId", last_due_at as "lastDueAt",
  last_started_at as "lastStartedAt", last_ended_at as "lastEndedAt", last_call_id as "lastCallId",
  last_differences as "lastDifferences", last_accepted as "lastAccepted", last_error_code as "lastErrorCode",
  last_error as "lastError"`;

const INSERT = `
  insert into watch as w (id, platform, environment, cron, time_zone, source, reason, actor, next_at)
  values ($1, $2, $3, $4, $5, 'API', $6, $7, $8) on conflict (id) do update set id = w.id returning ${COLUMNS}`;

/** What the configuration names no longer has ended; what it names anew begins. */
const FOLLOW_CONFIGURATION = `
  with named as (
    select * from json_to_recordset($1) as n (
      id uuid, platform text, environment text, cron text, "timeZone" text, "nextAt" timestamptz)),
  ended as (
    update watch w set ended_at = clock_timestamp(), ended_by = 'configuration', end_reason = 'WATCH names it no longer',
      next_at = null
    where w.source = 'CONFIGURATION' and w.ended_at is null and not exists (
      select from named n
      where n.platform = w.platform and n.environment = w.environment and n.cron = w.cron and n."timeZone" = w.time_zone))
  insert into watch (id, platform, environment, cron, time_zone, source, reason, actor, next_at)
  select id, platform, environment, cron, "timeZone", 'CONFIGURATION', 'Drift watch of the configuration', 'configuration',
    "nextAt"
  from named on conflict do nothing`;

/** The targets that are pulled again and again. Watches are kept when they end. */
@Injectable()
export class Watches {
  constructor(private readonly em: EntityManager) {}

  /** Safe to repeat with the same id. Throws {@link TooManyWatchesError}, and what `nextTime` throws. */
  async add(id: string, watch: NewWatch): Promise<Watch> {
    const { platform, environment, cron, timeZone, reason, actor } = watch;
    const nextAt = nextTime(watch, await this.now());
    return inTransaction(this.em, async (transaction) => {
      // Else several at once would each find room for itself.
      await transaction.query('lock table watch in share row exclusive mode');
      const { rows: others } = await transaction.query<{ count: number }>(
        'select count(*)::integer as count from watch where ended_at is null and id <> $1',
        [id],
      );
      if (others[0]!.count >= MAX_IN_FORCE) throw new TooManyWatchesError(MAX_IN_FORCE);
      const { rows } = await transaction.query<Watch>({
        types: DRIVER_TYPES,
        text: INSERT,
        values: [id, platform, environment, cron, timeZone, reason, actor, nextAt],
      });
      return rows[0]!;
    });
  }

  /** Makes the watches of the configuration those that are named now, however many replicas start with them. */
  async configure(configured: ConfiguredWatch[]): Promise<void> {
    const now = await this.now();
    const named = configured.map((watch) => ({ id: uuidv7(), ...watch, nextAt: nextTime(watch, now) }));
    await query(this.em, FOLLOW_CONFIGURATION, [JSON.stringify(named)]);
  }

  /** Throws {@link WatchNotFoundError}, {@link WatchEndedError} and {@link WatchConfiguredError}. */
  async end(id: string, { actor, reason }: { actor: string; reason: string }): Promise<Watch> {
    const { rows } = await query<Watch>(this.em, {
      types: DRIVER_TYPES,
      text: `update watch set ended_at = clock_timestamp(), ended_by = $2, end_reason = $3, next_at = null
       where id = $1 and ended_at is null and source = 'API' returning ${COLUMNS}`,
      values: [id, actor, reason],
    });
    if (rows[0]) return rows[0];
    const { endedAt } = await this.get(id);
    throw endedAt ? new WatchEndedError(id, endedAt) : new WatchConfiguredError(id);
  }

  /** Throws {@link WatchNotFoundError}. */
  async get(id: string): Promise<Watch> {
    const { rows } = await query<Watch>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from watch where id = $1`,
      values: [id],
    });
    if (!rows[0]) throw new WatchNotFoundError(id);
    return rows[0];
  }

  /** Newest first, from a start on. */
  async list({ platform, environment, inForce }: ListedWatches, limit: number, start?: PageStart): Promise<Watch[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<Watch>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from watch
       where platform = $1 and ($2::text is null or environment = $2) and ($3::boolean is null or (ended_at is null) = $3)
         and ($4::uuid is null or id ${beyond} $4) order by id ${order} limit $5`,
      values: [platform, environment, inForce, start?.key, limit],
    });
    return rows;
  }

  /** The time of the database, which decides what is due. */
  async now(): Promise<Date> {
    const { rows } = await query<{ now: Date }>(this.em, {
      types: DRIVER_TYPES,
      text: 'select clock_timestamp() as now',
      isBeside: true,
    });
    return rows[0]!.now;
  }
}
