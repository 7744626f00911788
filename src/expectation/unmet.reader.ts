import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, query } from '#database';
import type { Target } from '#platform';
import { CHECK_COLUMNS, type ExpectationCheck } from './expectation-checks.ts';
import { type Expectation, EXPECTATION_COLUMNS } from './expectations.ts';

/** An expectation that was missed, and is not fulfilled. */
export type UnmetExpectation = Expectation & ExpectationCheck;

/** By target and then by the time at which they were due, as things stood at `$1`. */
const UNMET = `
  select ${EXPECTATION_COLUMNS}, k.*
  from expectation e
  join lateral (
    select ${CHECK_COLUMNS} from expectation_check k
    where k.expectation_id = e.id and k.due_at <= $1::timestamptz order by k.due_at desc limit 1) k on true
  where e.created_at <= $1 and (e.ended_at is null or e.ended_at > $1)
    and (k.outcome in ('MISSED', 'TOO_FEW') or k."lateAt" > $1)
    and ($2::text is null or e.platform = $2 and e.environment = $3)
  order by e.platform, e.environment, k."dueAt", e.id`;

/** Tells which expectations are not met: the ground of a health condition. */
@Injectable()
export class UnmetReader {
  constructor(private readonly em: EntityManager) {}

  /** Those of one target, or of all, as things stood at a time. */
  async unmet(at: Date, target?: Target): Promise<UnmetExpectation[]> {
    const { rows } = await query<UnmetExpectation>(this.em, {
      types: DRIVER_TYPES,
      text: UNMET,
      values: [at, target?.platform, target?.environment],
    });
    return rows;
  }
}
