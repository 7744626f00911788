import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, inTransaction, query, type Transaction } from '#database';
import type { PageStart } from '#http';
import type { Target, Trigger } from '#platform';
import type { Direction } from '#recording';
import { nextTime, type Recurrence } from '#schedule';
import {
  ExpectationEndedError,
  ExpectationExistsError,
  ExpectationNotFoundError,
  TooManyExpectationsError,
} from './expectation.errors.ts';
import { CHECK_COLUMNS, type ExpectationCheck } from './expectation-checks.ts';

/** Which syncs count: successful ones of a target and a direction, and where a member says it, of one of these only. */
export interface ExpectedSyncs extends Target {
  direction: Direction;
  actor: string | null;
  trigger: Trigger | null;
  kind: string | null;
  typeKey: string | null;
}

/** Syncs that have to succeed by each time of a cron expression. */
export interface NewExpectation extends ExpectedSyncs, Recurrence {
  name: string;
  atLeast: number;
  /** Milliseconds before the time in which syncs count. */
  withinMs: number;
  reason: string;
  createdBy: string;
}

/** An expectation with its history; nobody has ended it where the members about its end are null. */
export interface Expectation extends NewExpectation {
  id: string;
  createdAt: Date;
  endedAt: Date | null;
  endedBy: string | null;
  endReason: string | null;
  /** The next time that is checked; it may be over since a few seconds. */
  nextAt: Date;
}

/** Which part of the list of expectations. */
export interface ListedExpectations {
  platform: string;
  environment?: string;
  /** Only expectations that are in force (true), or only those that have ended (false). */
  inForce?: boolean;
}

const MAX_IN_FORCE = 1_000;
const UNIQUE_VIOLATION = '23505';

export const EXPECTATION_COLUMNS = `e.id, e.platform, e.environment, e.name, e.direction, e.actor, e.trigger, e.kind,
  e.type_key as "typeKey", e.at_least as "atLeast", e.cron, e.time_zone as "timeZone", e.within_ms::float8 as "withinMs",
  e.reason, e.created_by as "createdBy", e.created_at as "createdAt", e.ended_at as "endedAt", e.ended_by as "endedBy",
  e.end_reason as "endReason", e.next_at as "nextAt"`;

const INSERT = `
  insert into expectation as e (id, platform, environment, name, direction, actor, trigger, kind, type_key, at_least, cron,
    time_zone, within_ms, reason, created_by, next_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  on conflict (id) do update set id = e.id returning ${EXPECTATION_COLUMNS}`;

/** What has to happen at each target, and until when. Expectations are kept when they end. */
@Injectable()
export class Expectations {
  constructor(private readonly em: EntityManager) {}

  /**
   * Safe to repeat with the same id. Throws {@link ExpectationExistsError}, {@link TooManyExpectationsError}, and what
   * `nextTime` throws.
   */
  async add(id: string, expectation: NewExpectation): Promise<Expectation> {
    const { platform, environment, name, direction, actor, trigger, kind, typeKey, ...rest } = expectation;
    const { atLeast, cron, timeZone, withinMs, reason, createdBy } = rest;
    const nextAt = nextTime(expectation, await this.now());
    try {
      return await inTransaction(this.em, async (transaction) => {
        await this.assertRoom(transaction, id);
        const { rows } = await transaction.query<Expectation>({
          types: DRIVER_TYPES,
          text: INSERT,
          values: [
            ...[id, platform, environment, name, direction, actor, trigger, kind, typeKey],
            ...[atLeast, cron, timeZone, withinMs, reason, createdBy, nextAt],
          ],
        });
        return rows[0]!;
      });
    } catch (error) {
      if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) throw new ExpectationExistsError(expectation, name);
      throw error;
    }
  }

  /** Throws {@link ExpectationNotFoundError} and {@link ExpectationEndedError}. */
  async end(id: string, { actor, reason }: { actor: string; reason: string }): Promise<Expectation> {
    const { rows } = await query<Expectation>(this.em, {
      types: DRIVER_TYPES,
      text: `update expectation e set ended_at = clock_timestamp(), ended_by = $2, end_reason = $3
       where id = $1 and ended_at is null returning ${EXPECTATION_COLUMNS}`,
      values: [id, actor, reason],
    });
    if (rows[0]) return rows[0];
    const { endedAt } = await this.get(id);
    throw new ExpectationEndedError(id, endedAt!);
  }

  /** Throws {@link ExpectationNotFoundError}. */
  async get(id: string): Promise<Expectation> {
    const { rows } = await query<Expectation>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${EXPECTATION_COLUMNS} from expectation e where id = $1`,
      values: [id],
    });
    if (!rows[0]) throw new ExpectationNotFoundError(id);
    return rows[0];
  }

  /** Newest first, from a start on. */
  async list(
    { platform, environment, inForce }: ListedExpectations,
    limit: number,
    start?: PageStart,
  ): Promise<Expectation[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<Expectation>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${EXPECTATION_COLUMNS} from expectation e
       where platform = $1 and ($2::text is null or environment = $2) and ($3::boolean is null or (ended_at is null) = $3)
         and ($4::uuid is null or id ${beyond} $4) order by id ${order} limit $5`,
      values: [platform, environment, inForce, start?.key, limit],
    });
    return rows;
  }

  /** The newest check of each of these; none of those that were not due yet. */
  async lastChecks(ids: string[]): Promise<Map<string, ExpectationCheck>> {
    const { rows } = await query<ExpectationCheck>(this.em, {
      types: DRIVER_TYPES,
      text: `select k.* from unnest($1::uuid[]) as e (id)
       join lateral (
         select ${CHECK_COLUMNS} from expectation_check k
         where k.expectation_id = e.id order by k.due_at desc limit 1) k on true`,
      values: [ids],
    });
    return new Map(rows.map((check) => [check.expectationId, check]));
  }

  /** The checks of an expectation, newest first, from a start on: the key is the time at which one was due. */
  async checks(id: string, limit: number, start?: PageStart): Promise<ExpectationCheck[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<ExpectationCheck>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${CHECK_COLUMNS} from expectation_check k
       where k.expectation_id = $1 and ($2::timestamptz is null or k.due_at ${beyond} $2)
       order by k.due_at ${order} limit $3`,
      values: [id, start?.key, limit],
    });
    return rows;
  }

  private async assertRoom(transaction: Transaction, id: string): Promise<void> {
    // Else several at once would each find room for itself.
    await transaction.query('lock table expectation in share row exclusive mode');
    const { rows } = await transaction.query<{ count: number }>(
      'select count(*)::integer as count from expectation where ended_at is null and id <> $1',
      [id],
    );
    if (rows[0]!.count >= MAX_IN_FORCE) throw new TooManyExpectationsError(MAX_IN_FORCE);
  }

  /** The time of the database, which decides what is due. */
  private async now(): Promise<Date> {
    const { rows } = await query<{ now: Date }>(this.em, {
      types: DRIVER_TYPES,
      text: 'select clock_timestamp() as now',
      isBeside: true,
    });
    return rows[0]!.now;
  }
}
