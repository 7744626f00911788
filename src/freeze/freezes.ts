import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, query } from '#database';
import type { PageStart } from '#http';
import type { Target } from '#platform';
import { FreezeEndedError, FreezeNotFoundError, TargetFrozenError } from './freeze.errors.ts';

/** An interval, half open, in which nothing is sent to a target. */
export interface NewFreeze extends Target {
  from: Date;
  until: Date;
  reason: string;
  actor: string;
}

/** The last three members are null until somebody ends it before its time. */
export interface Freeze extends NewFreeze {
  id: string;
  createdAt: Date;
  endedAt: Date | null;
  endedBy: string | null;
  endReason: string | null;
}

/** Which freezes are listed. */
export interface ListedFreezes {
  platform?: string;
  environment?: string;
  /** Only those that have not ended (true), or only the others (false). */
  open?: boolean;
}

const COLUMNS = `id, platform, environment, starts_at as "from", ends_at as until, reason, actor,
  created_at as "createdAt", ended_at as "endedAt", ended_by as "endedBy", end_reason as "endReason"`;
const OPEN = 'ended_at is null and ends_at > clock_timestamp()';
const IN_FORCE = `${OPEN} and starts_at <= clock_timestamp()`;

/** SQL: whether the target of a row, by its alias, is frozen now. */
export function isFrozen(alias: string): string {
  return `exists (select from target_freeze f where f.platform = ${alias}.platform and f.environment = ${alias}.environment
    and f.ended_at is null and f.starts_at <= clock_timestamp() and f.ends_at > clock_timestamp())`;
}

/** The intervals in which nothing is sent. They are kept when they end. */
@Injectable()
export class Freezes {
  constructor(private readonly em: EntityManager) {}

  /** Safe to repeat with the same id. */
  async add(id: string, { platform, environment, from, until, reason, actor }: NewFreeze): Promise<Freeze> {
    const { rows } = await query<Freeze>(this.em, {
      types: DRIVER_TYPES,
      text: `insert into target_freeze as f (id, platform, environment, starts_at, ends_at, reason, actor)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do update set id = f.id returning ${COLUMNS}`,
      values: [id, platform, environment, from, until, reason, actor],
    });
    return rows[0]!;
  }

  /** Throws {@link FreezeNotFoundError} and {@link FreezeEndedError}. */
  async end(id: string, { actor, reason }: { actor: string; reason: string }): Promise<Freeze> {
    const { rows } = await query<Freeze>(this.em, {
      types: DRIVER_TYPES,
      text: `update target_freeze set ended_at = clock_timestamp(), ended_by = $2, end_reason = $3
       where id = $1 and ${OPEN} returning ${COLUMNS}`,
      values: [id, actor, reason],
    });
    if (rows[0]) return rows[0];
    const { endedAt, until } = await this.get(id);
    throw new FreezeEndedError(id, endedAt ?? until);
  }

  /** Newest first, from a start on. */
  async list({ platform, environment, open }: ListedFreezes, limit: number, start?: PageStart): Promise<Freeze[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<Freeze>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from target_freeze
       where ($1::text is null or platform = $1) and ($2::text is null or environment = $2)
         and ($3::boolean is null or (${OPEN}) = $3) and ($4::uuid is null or id ${beyond} $4)
       order by id ${order} limit $5`,
      values: [platform, environment, open, start?.key, limit],
    });
    return rows;
  }

  /** The one that ends last of those that are in force at a target now. */
  async inForce({ platform, environment }: Target): Promise<Freeze | undefined> {
    const { rows } = await query<Freeze>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from target_freeze where platform = $1 and environment = $2 and ${IN_FORCE}
       order by ends_at desc limit 1`,
      values: [platform, environment],
    });
    return rows[0];
  }

  /** Throws {@link TargetFrozenError}. */
  async assertOpen(target: Target): Promise<void> {
    const freeze = await this.inForce(target);
    if (freeze) throw new TargetFrozenError(freeze);
  }

  /** Throws {@link FreezeNotFoundError}. */
  async get(id: string): Promise<Freeze> {
    const { rows } = await query<Freeze>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from target_freeze where id = $1`,
      values: [id],
    });
    if (!rows[0]) throw new FreezeNotFoundError(id);
    return rows[0];
  }
}
