import type { Target } from '#platform';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { binder, whereSql } from '#history';
import type { Interval } from '#statistics';
import type { FailuresFilter } from './failures-filter.ts';
import type { SettledSync } from './failure-patterns.ts';

/** Syncs of one target that are looked at, at the most; of more, the newest. */
export const MAX_SYNCS = 1_000_000;
const PAGE = 10_000;
const SETTLED = ['SUCCESS', 'FAILED', 'PARTIAL'] as const;

const COLUMNS = `h.id, h.call_id as "callId", h.kind, h.type_key as "typeKey", h.sync_direction as direction,
  h.sync_status as status, h.error_code as "errorCode", h.status_code as "statusCode",
  h.error_fingerprint as fingerprint, h.retry_count as "retryCount", h.duration_ms as "durationMs",
  h.started_at as "startedAt"`;

/** Reads settled syncs page by page, so that memory and transactions stay small however many there are. */
@Injectable()
export class SettledReader {
  constructor(private readonly em: EntityManager) {}

  /** The platforms and environments of a scope, by jumps through the index from one to the next. */
  async targets({ platform, environment }: FailuresFilter): Promise<Target[]> {
    const { bind, parameters } = binder();
    const where = whereSql({ platform, environment, window: EVER }, bind);
    const next = `select h.target_platform, h.environment from sync_history h`;
    const ordered = 'order by h.target_platform, h.environment limit 1';
    const { rows } = await query<Target>(
      this.em,
      `with recursive target as (
         (${next} ${ordered})
         union all
         select n.* from target p cross join lateral (
           ${next} where (h.target_platform, h.environment) > (p.target_platform, p.environment) ${ordered}) n)
       select h.target_platform as platform, h.environment from target h where ${where} order by 1, 2`,
      parameters,
    );
    return rows;
  }

  /** The settled syncs of a scope that started in a interval, in the order of their ids, which is that of their start. */
  async *settled(scope: FailuresFilter, interval: Interval): AsyncGenerator<SettledSync[]> {
    let after = await this.placeBefore(scope, interval);
    for (;;) {
      const { bind, parameters } = binder();
      const where = whereSql({ ...scope, status: [...SETTLED], window: { ...interval, default: false } }, bind);
      const { rows } = await query<SettledSync>(this.em, {
        types: DRIVER_TYPES,
        withinMs: LONG_READ_MS,
        text: `select ${COLUMNS} from sync_history h where ${where} and h.id > ${bind(after, 'uuid')}
          order by h.id limit ${PAGE}`,
        values: parameters,
      });
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }

  private async placeBefore(scope: FailuresFilter, interval: Interval): Promise<string> {
    const { bind, parameters } = binder();
    const where = whereSql({ ...scope, window: { ...interval, default: false } }, bind);
    const { rows } = await query<{ id: string }>(this.em, {
      text: `select h.id from sync_history h where ${where} order by h.id desc offset ${MAX_SYNCS} limit 1`,
      values: parameters,
      withinMs: LONG_READ_MS,
    });
    return rows[0]?.id ?? '00000000-0000-0000-0000-000000000000';
  }
}

const EVER = { from: null, to: null, default: false };
