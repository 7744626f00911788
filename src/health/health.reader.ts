import type { Target } from '#platform';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { unmetCause, type UnmetExpectation, UnmetReader } from '#expectation';
import { LiveReader, LiveStateBehindError, type OutOfSync, type QuestionableItem } from '#live';
import { type Interval, SyncAnalyticsService } from '#statistics';
import {
  type Evidence,
  type HealthInputs,
  MAX_EVIDENCE,
  NONE_UNMET,
  type OutOfSyncCounts,
  type Unmet,
  type UnmetExpectations,
} from './health.ts';

/** Syncs that are looked back upon, at the most. */
const MOST = 200;
/** Expectations that are kept with a report. */
const MAX_UNMET = 10;
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
    private readonly live: LiveReader,
    private readonly expectations: UnmetReader,
  ) {}

  /** The time of the database: it decides what belongs to which interval. */
  async now(): Promise<Date> {
    const { rows } = await query<{ now: number }>(
      this.em,
      `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`,
    );
    return new Date(rows[0]!.now);
  }

  /** What is out of sync at each of these targets, now or at a time, in one query; none while the live state is being made. */
  async outOfSync(targets: Target[], at?: Date): Promise<TargetCounts> {
    try {
      return new Map((await this.live.outOfSync(targets, at)).map((found) => [keyOf(found), countsOf(found)]));
    } catch (error) {
      if (error instanceof LiveStateBehindError) return new Map();
      throw error;
    }
  }

  /** The expectations that are not met at a time, by {@link keyOf} of their target; of one target, or of all. */
  async unmet(at: Date, target?: Target): Promise<TargetUnmet> {
    const found = Map.groupBy(await this.expectations.unmet(at, target), keyOf);
    return new Map([...found].map(([key, unmet]) => [key, unmetOf(unmet)]));
  }

  /** `counts` and `missing` are those of the target at the end of the interval; they are read by default. */
  async inputs(
    target: Target,
    interval: Interval,
    counts?: TargetCounts,
    missing?: TargetUnmet,
  ): Promise<HealthInputs> {
    const { platform, environment } = target;
    const [numbers, recent, found, unmet] = await Promise.all([
      this.analytics.numbers({ platform, environment }, interval),
      this.rows<Recent>(RECENT, [platform, environment, interval.to.toISOString()]),
      counts ?? this.outOfSync([target], interval.to),
      missing ?? this.unmet(interval.to, target),
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
      unmet: unmet.get(keyOf(target)) ?? NONE_UNMET,
      ...(found.get(keyOf(target)) ?? NOT_KNOWN),
    };
  }

  private async rows<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return (await query<Row>(this.em, { text, values, withinMs: ANSWER_WITHIN_MS })).rows;
  }
}

/** By {@link keyOf}. */
export type TargetCounts = Map<string, OutOfSyncCounts>;

export type TargetUnmet = Map<string, UnmetExpectations>;

interface Shown {
  id: string;
  at: string;
}

interface Recent extends Shown {
  callId: string;
  status: string;
  errorCode: string | null;
}

const NOT_KNOWN: OutOfSyncCounts = { drift: null, absent: null, unknown: null, observedAt: null };

export function keyOf({ platform, environment }: Target): string {
  return JSON.stringify([platform, environment]);
}

export function targetOf(key: string): Target {
  const [platform, environment] = JSON.parse(key) as [string, string];
  return { platform, environment };
}

function countsOf({ drift, absent, unknown, observedAt }: OutOfSync): OutOfSyncCounts {
  const shown = (items: QuestionableItem[]) =>
    evidence(items.map(({ syncId, since }) => ({ id: syncId, at: timeOf(since) })));
  return {
    ...{ drift: shown(drift), absent: shown(absent), unknown: shown(unknown) },
    observedAt: observedAt === null ? null : timeOf(observedAt),
  };
}

/** Those that were due first come first. */
function unmetOf(found: UnmetExpectation[]): UnmetExpectations {
  const items = found.slice(0, MAX_UNMET).map((one): Unmet => {
    const { id, name, counted, dueAt, lastSyncId: syncId } = one;
    const code = counted === 0 ? 'EXPECTATION_MISSED' : 'EXPECTATION_TOO_FEW';
    return { id, name, code, cause: unmetCause(one), dueAt: dueAt.toISOString(), syncId };
  });
  return { count: found.length, since: items[0]?.dueAt ?? null, items };
}

function timeOf(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString();
}

/** Newest first. A sync may show several. */
function evidence(shown: Shown[]): Evidence {
  const syncIds = [...new Set(shown.map(({ id }) => id))].slice(0, MAX_EVIDENCE);
  return { count: shown.length, since: shown.at(-1)?.at ?? null, syncIds };
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

const RECENT = `
  select h.id, ${AT}, h.call_id as "callId", h.sync_status as status, h.error_code as "errorCode"
  from (select * from sync_history h where ${HERE} order by h.id desc limit ${MOST}) h order by h.started_at desc, h.id desc`;
