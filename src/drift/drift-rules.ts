import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, query } from '#database';
import type { PageStart } from '#http';
import type { Target } from '#platform';
import { DriftRuleEndedError, DriftRuleNotFoundError } from './drift.errors.ts';

/** Changes at a target that are expected until a time. */
export interface NewDriftRule extends Target {
  kind: string;
  /** Null for every item of the kind. */
  typeKey: string | null;
  /** JSON Pointers (RFC 6901): a change at one of them or below it is expected. The empty one is the whole item. */
  ignore: string[];
  until: Date;
  reason: string;
  actor: string;
}

/** A rule with its history; the last three members are null until somebody ends it before its time. */
export interface DriftRule extends NewDriftRule {
  id: string;
  createdAt: Date;
  endedAt: Date | null;
  endedBy: string | null;
  endReason: string | null;
}

/** Which part of the list of rules. */
export interface ListedRules {
  platform: string;
  environment?: string;
  /** Only rules that hold now (true), or only the others (false). */
  inForce?: boolean;
}

const COLUMNS = `id, platform, environment, kind, type_key as "typeKey", ignore, until, reason, actor,
  created_at as "createdAt", ended_at as "endedAt", ended_by as "endedBy", end_reason as "endReason"`;
const IN_FORCE = 'ended_at is null and until > clock_timestamp()';

/** The rules that say which drift is expected. They are kept when they end. */
@Injectable()
export class DriftRules {
  constructor(private readonly em: EntityManager) {}

  /** Safe to repeat with the same id. */
  async add(id: string, rule: NewDriftRule): Promise<DriftRule> {
    const { platform, environment, kind, typeKey, ignore, until, reason, actor } = rule;
    const { rows } = await query<DriftRule>(this.em, {
      types: DRIVER_TYPES,
      text: `insert into drift_rule as r (id, platform, environment, kind, type_key, ignore, until, reason, actor)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do update set id = r.id returning ${COLUMNS}`,
      values: [id, platform, environment, kind, typeKey, JSON.stringify(ignore), until, reason, actor],
    });
    return rows[0]!;
  }

  /** Throws {@link DriftRuleNotFoundError} and {@link DriftRuleEndedError}. */
  async end(id: string, { actor, reason }: { actor: string; reason: string }): Promise<DriftRule> {
    const { rows } = await query<DriftRule>(this.em, {
      types: DRIVER_TYPES,
      text: `update drift_rule set ended_at = clock_timestamp(), ended_by = $2, end_reason = $3
       where id = $1 and ${IN_FORCE} returning ${COLUMNS}`,
      values: [id, actor, reason],
    });
    if (rows[0]) return rows[0];
    const { until, endedAt } = await this.get(id);
    throw new DriftRuleEndedError(id, endedAt ?? until);
  }

  /** Throws {@link DriftRuleNotFoundError}. */
  async get(id: string): Promise<DriftRule> {
    const { rows } = await query<DriftRule>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from drift_rule where id = $1`,
      values: [id],
    });
    if (!rows[0]) throw new DriftRuleNotFoundError(id);
    return rows[0];
  }

  /** Newest first, from a start on. */
  async list({ platform, environment, inForce }: ListedRules, limit: number, start?: PageStart): Promise<DriftRule[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<DriftRule>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from drift_rule
       where platform = $1 and ($2::text is null or environment = $2) and ($3::boolean is null or (${IN_FORCE}) = $3)
         and ($4::uuid is null or id ${beyond} $4) order by id ${order} limit $5`,
      values: [platform, environment, inForce, start?.key, limit],
    });
    return rows;
  }

  /** The rules that hold at a target now. */
  async inForce({ platform, environment }: Target): Promise<DriftRule[]> {
    const { rows } = await query<DriftRule>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from drift_rule where platform = $1 and environment = $2 and ${IN_FORCE} order by id`,
      values: [platform, environment],
    });
    return rows;
  }
}
