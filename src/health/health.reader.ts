import type { Target } from '#platform';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { EVERYTHING } from '#recording';
import { type Interval, SyncAnalyticsService } from '#statistics';
import type { Evidence, HealthInputs } from './health.ts';

/** Syncs that are looked back upon, at the most. */
const MOST = 200;
const ANSWER_WITHIN_MS = 30_000;
/** Gaps between calls that make a rhythm. */
const FEWEST_GAPS = 8;
/** Milliseconds that they must cover: what was done by hand in one go is no rhythm. */
const SHORTEST_RHYTHM_MS = 6 * 3_600_000;

/** Reads what the health of a target depends on, as of the end of a interval. */
@Injectable()
export class HealthReader {
  constructor(
    private readonly em: EntityManager,
    private readonly analytics: SyncAnalyticsService,
  ) {}

  /** The time of the database: it decides what belongs to which interval. */
  async now(): Promise<Date> {
    const { rows } = await query<{ now: number }>(
      this.em,
      `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`,
    );
    return new Date(rows[0]!.now);
  }

  async inputs({ platform, environment }: Target, interval: Interval): Promise<HealthInputs> {
    const target = [platform, environment, interval.to.toISOString()];
    const [numbers, recent, inDoubt, differences] = await Promise.all([
      this.analytics.numbers({ platform, environment }, interval),
      this.rows<Recent>(RECENT, target),
      this.rows<ItemMessages>(IN_DOUBT, target),
      this.rows<ItemMessages>(DIFFERENCES, [...target, EVERYTHING]),
    ]);
    const settled = recent.filter(({ status }) => status !== 'IN_PROGRESS');
    const firstGood = settled.findIndex(({ status }) => status === 'SUCCESS');
    const failures = firstGood === -1 ? settled : settled.slice(0, firstGood);
    const firstBad = settled.findIndex(({ status }) => status !== 'SUCCESS');
    return {
      at: interval.to.toISOString(),
      numbers,
      lastSyncAt: settled.length > 0 ? recent[0]!.at : null,
      lastSuccessAt: settled[firstGood]?.at ?? null,
      failuresInARow: { ...evidence(failures), errorCode: failures[0]?.errorCode ?? null },
      successesInARow: firstBad === -1 ? settled.length : firstBad,
      rhythmMs: rhythmOf(recent),
      inDoubt: evidence(inDoubt),
      differences: evidence(differences),
    };
  }

  private async rows<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return (await query<Row>(this.em, { text, values, withinMs: ANSWER_WITHIN_MS })).rows;
  }
}

interface ItemMessages {
  id: string;
  at: string;
}

interface Recent extends ItemMessages {
  callId: string;
  status: string;
  errorCode: string | null;
}

/** Newest first. */
function evidence(syncs: ItemMessages[]): Evidence {
  return { count: syncs.length, since: syncs.at(-1)?.at ?? null, syncIds: syncs.slice(0, 10).map(({ id }) => id) };
}

/** The usual time between calls, if they come like clockwork: nine of ten gaps are no longer than twice the middle one. */
function rhythmOf(recent: Recent[]): number | null {
  const calls = new Map(recent.map(({ callId, at }) => [callId, Date.parse(at)]));
  const times = [...calls.values()].sort((a, b) => a - b);
  const gaps = times
    .slice(1)
    .map((time, index) => time - times[index]!)
    .sort((a, b) => a - b);
  if (gaps.length < FEWEST_GAPS || times.at(-1)! - times[0]! < SHORTEST_RHYTHM_MS) return null;
  const middle = gaps[Math.floor(gaps.length / 2)]!;
  return middle >= 60_000 && gaps[Math.floor(gaps.length * 0.9)]! <= 2 * middle ? middle : null;
}

const AT = `to_char(h.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;
const HERE = `h.target_platform = $1 and h.environment = $2 and h.started_at < $3::timestamptz
  and h.id < uuid_at($3::timestamptz + interval '1 hour')`;
const LAST_MONTH = `h.id >= uuid_at($3::timestamptz - interval '30 days')`;

const RECENT = `
  select h.id, ${AT}, h.call_id as "callId", h.sync_status as status, h.error_code as "errorCode"
  from sync_history h where ${HERE} order by h.id desc limit ${MOST}`;

const LATER = `n.type_key = h.type_key and n.kind = h.kind and n.id > h.id and n.target_platform = $1
  and n.environment = $2 and n.sync_status = 'SUCCESS' and n.started_at < $3::timestamptz`;

const IN_DOUBT = `
  select h.id, ${AT} from sync_history h
  where ${HERE} and ${LAST_MONTH} and h.error_code = 'INTERRUPTED' and h.sync_direction = 'PUSH'
    and not exists (select from sync_history n where ${LATER})
  order by h.id desc limit ${MOST}`;

/** A later push has overwritten what a pull found. */
const DIFFERENCES = `
  with pull as (
    select h.call_id, h.id from sync_history h
    where ${HERE} and ${LAST_MONTH} and h.type_key = $4 and h.sync_direction = 'PULL' and h.sync_status <> 'IN_PROGRESS'
    order by h.id desc limit 1)
  select h.id, ${AT} from pull p join sync_history h on h.call_id = p.call_id and h.id >= p.id and h.id < uuid_at($3::timestamptz + interval '1 hour')
  cross join lateral (
    select n.version_hash from sync_history n
    where n.type_key = h.type_key and n.kind = h.kind and n.id < p.id and n.target_platform = $1 and n.environment = $2
      and n.sync_direction = 'PUSH' and n.sync_status = 'SUCCESS' and n.version_hash is not null
    order by n.id desc limit 1) pushed
  where h.type_key <> $4 and h.sync_status = 'SUCCESS' and h.version_hash <> pushed.version_hash
    and not exists (select from sync_history n where ${LATER} and n.sync_direction = 'PUSH')
  order by h.id desc limit ${MOST}`;
