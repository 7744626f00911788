import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query } from '#database';
import type { TargetHealth } from '#health';
import type { PageStart } from '#http';
import type { Target } from '#platform';

export type AlertType = 'health.alert' | 'health.recovery' | 'health.test';
export const ALERT_STATUSES = ['PENDING', 'DELIVERED', 'FAILED'] as const;

/** Something that somebody is told, and how far that is. */
export interface Alert {
  id: string;
  type: AlertType;
  /** JSON, as it is sent. */
  payload: string;
  status: (typeof ALERT_STATUSES)[number];
  attempts: number;
  /** HTTP status of the last answer. */
  statusCode: number | null;
  /** Why the last attempt failed. */
  error: string | null;
  createdMs: number;
  deliveredMs: number | null;
}

/** How long a process may take over one attempt; then another takes it. */
const LOCK_MS = 60_000;
/** Tests that are kept. */
const MAX_TESTS = 100;

/** What was told and is to be told, in the database: an outbox that no process takes with it when it dies. */
@Injectable()
export class Alerts {
  constructor(private readonly em: EntityManager) {}

  /**
   * Notes how a target looks; once it has looked otherwise for long enough, that is an alert or a recovery, and told once,
   * whichever replica sees it first.
   */
  async note(
    { platform, environment, health, cause, since }: TargetHealth,
    isUnwell: boolean,
    afterMs: number,
  ): Promise<void> {
    const target = [platform, environment, isUnwell];
    await query(this.em, NOTE, target);
    const type: AlertType = isUnwell ? 'health.alert' : 'health.recovery';
    const id = uuidv7();
    const data = {
      platform,
      environment,
      health,
      cause,
      since,
      path: `/platforms?${new URLSearchParams({ platform, environment }).toString()}`,
    };
    await query(this.em, TURN, [...target, afterMs, id, type, payloadOf(id, type, data)]);
  }

  /** The targets of which somebody was told and not yet that they recovered, and those that are about to be. */
  async unwell(): Promise<Target[]> {
    return (await query<Target>(this.em, UNWELL)).rows;
  }

  /** Somebody wants to see whether an alert arrives. While one is under way that is it; of those that were, few stay. */
  async test(actor: string): Promise<string> {
    const id = uuidv7();
    await query(this.em, FORGET_TESTS, [MAX_TESTS - 1]);
    const { rows } = await query<{ id: string }>(this.em, TEST, [id, payloadOf(id, 'health.test', { actor })]);
    return rows[0]!.id;
  }

  /** Newest first, with ids below `before`. */
  async list(limit: number, start?: PageStart): Promise<Alert[]> {
    const [beyond, order] = start?.direction === 'prev' ? ['>', 'asc'] : ['<', 'desc'];
    const text = `select ${COLUMNS} from alert where ($2::uuid is null or id ${beyond} $2) order by id ${order} limit $1`;
    return (await query<Alert>(this.em, text, [limit, start?.key ?? null])).rows;
  }

  /** The next that is due, for this process alone for a while; its attempt counts from now on. */
  async claim(): Promise<Alert | undefined> {
    return (await query<Alert>(this.em, CLAIM, [LOCK_MS])).rows[0];
  }

  async delivered(id: string, statusCode: number): Promise<void> {
    await query(this.em, DELIVERED, [id, statusCode]);
  }

  /** Tried again after `waitMs`; never, when that is null. */
  async failed(id: string, error: string, statusCode: number | null, waitMs: number | null): Promise<void> {
    await query(this.em, FAILED, [id, error, statusCode, waitMs]);
  }
}

function payloadOf(id: string, type: AlertType, data: object): string {
  return JSON.stringify({ type, id, timestamp: new Date().toISOString(), data });
}

const COLUMNS = `id, type, payload, status, attempts, status_code as "statusCode", error,
  (extract(epoch from created_at) * 1000)::float8 as "createdMs",
  (extract(epoch from delivered_at) * 1000)::float8 as "deliveredMs"`;

/** The index sees to it that two at once are one. An update finds the row of a concurrent statement, a select would not. */
const TEST = `
  insert into alert (id, type, payload) values ($1, 'health.test', $2)
  on conflict (type) where type = 'health.test' and status = 'PENDING' do update set type = excluded.type
  returning id`;

const FORGET_TESTS = `
  delete from alert where id in (
    select id from alert where type = 'health.test' and status <> 'PENDING' order by id desc offset $1)`;

const UNWELL = `select platform, environment from alert_state where is_unwell or otherwise_since is not null`;

const NOTE = `
  insert into alert_state as s (platform, environment, otherwise_since)
  values ($1, $2, case when $3 then clock_timestamp() end)
  on conflict (platform, environment) do update
    set otherwise_since = case when s.is_unwell <> $3 then coalesce(s.otherwise_since, clock_timestamp()) end
  where (s.is_unwell <> $3) <> (s.otherwise_since is not null)`;

/** Who comes second waits for the row, and finds that it has turned. */
const TURN = `
  with turned as (
    update alert_state set is_unwell = $3, otherwise_since = null
    where platform = $1 and environment = $2 and is_unwell <> $3
      and otherwise_since <= clock_timestamp() - $4 * interval '1 millisecond'
    returning 1)
  insert into alert (id, type, payload) select $5::uuid, $6, $7 from turned`;

const CLAIM = `
  update alert set attempts = attempts + 1, locked_until = clock_timestamp() + $1 * interval '1 millisecond'
  where id = (
    select id from alert
    where status = 'PENDING' and next_attempt_at <= clock_timestamp()
      and (locked_until is null or locked_until < clock_timestamp())
    order by next_attempt_at limit 1 for update skip locked)
  returning ${COLUMNS}`;

const DELIVERED = `
  update alert set status = 'DELIVERED', status_code = $2, error = null, delivered_at = clock_timestamp(), locked_until = null
  where id = $1 and status = 'PENDING'`;

const FAILED = `
  update alert set error = $2, status_code = $3, locked_until = null,
    status = case when $4::float8 is null then 'FAILED' else status end,
    next_attempt_at = clock_timestamp() + coalesce($4::float8, 0) * interval '1 millisecond'
  where id = $1 and status = 'PENDING'`;
