import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, query } from '#database';
import type { Target } from '#platform';
import { nextTimeSince, type Recurrence } from '#schedule';
import { Heartbeat } from '#recording';
import { Watches } from './watches.ts';

/** A run of a watch that is this process's alone. */
export interface WatchRun extends Target, Recurrence {
  id: string;
  callId: string;
  dueAt: Date;
  reason: string;
  actor: string;
  /** Runs of the same time that began, with this one: those before it ended with their process. */
  tries: number;
}

/** What a run found; null where it could not. */
export interface WatchResult {
  differences: number | null;
  accepted: number | null;
  error: { code: string; message: string } | null;
}

/** The watch that is due for the longest, or whose run has lost its process. `$2` is busy in this process. */
const CLAIM = `
  with due as (
    select id from watch
    where ended_at is null and id <> all($2::uuid[])
      and case when run_owner is null then next_at <= clock_timestamp() else run_owner = $1 or not is_alive(run_owner) end
    order by coalesce(run_due_at, next_at) limit 1 for update skip locked)
  update watch w set run_owner = $1, run_call_id = $3, run_due_at = coalesce(w.run_due_at, w.next_at), next_at = null,
    run_started_at = clock_timestamp(), run_tries = w.run_tries + 1
  from due where w.id = due.id
  returning w.id, w.platform, w.environment, w.cron, w.time_zone as "timeZone", w.reason, w.actor,
    w.run_call_id as "callId", w.run_due_at as "dueAt", w.run_tries as tries`;

/** A run that another process has taken over in the meantime is its own. */
const END = `
  update watch set last_due_at = run_due_at, last_started_at = run_started_at, last_ended_at = clock_timestamp(),
    last_call_id = run_call_id, last_differences = $4, last_accepted = $5, last_error_code = $6, last_error = $7,
    next_at = case when ended_at is null then $8::timestamptz end,
    run_owner = null, run_due_at = null, run_started_at = null, run_call_id = null, run_tries = 0
  where id = $1 and run_owner = $2 and run_call_id = $3`;

const RELEASE = `
  update watch set next_at = case when ended_at is null then run_due_at end, run_tries = run_tries - 1,
    run_owner = null, run_due_at = null, run_started_at = null, run_call_id = null
  where run_owner = $1`;

/** Which run is whose: of any number of replicas one has each, and one that died with it leaves it to another. */
@Injectable()
export class WatchQueue {
  constructor(
    private readonly em: EntityManager,
    private readonly watches: Watches,
    private readonly heartbeat: Heartbeat,
  ) {}

  /** The next run, without those that this process is `busy` with. */
  async claim(busy: string[], callId: string): Promise<WatchRun | undefined> {
    const { rows } = await query<WatchRun>(this.em, {
      types: DRIVER_TYPES,
      text: CLAIM,
      values: [this.heartbeat.owner, busy, callId],
      isBeside: true,
    });
    return rows[0];
  }

  /** Keeps the result; the next run is at the first time from now on, however many were missed. */
  async end({ id, callId, dueAt, cron, timeZone }: WatchRun, result: WatchResult): Promise<void> {
    const { differences, accepted, error } = result;
    const nextAt = nextTimeSince({ cron, timeZone }, dueAt, await this.watches.now());
    const found = [differences, accepted, error?.code, error?.message];
    await query(this.em, {
      text: END,
      values: [id, this.heartbeat.owner, callId, ...found, nextAt],
      isBeside: true,
    });
  }

  /** Leaves the runs of this process to others, at once. */
  async release(): Promise<void> {
    await query(this.em, { text: RELEASE, values: [this.heartbeat.owner], isBeside: true });
  }
}
