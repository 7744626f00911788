import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { ask, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { binder, whereSql } from '#history';
import type { AnalyticsScope, Period } from '#statistics';
import type { FailurePlace, SettledSync } from './failure-patterns.ts';

/** Syncs of one place that are looked at, at the most; of more, the newest. */
export const MOST_SYNCS = 1_000_000;
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
  async places({ platform, environment }: AnalyticsScope): Promise<FailurePlace[]> {
    const { bind, parameters } = binder();
    const where = whereSql({ platform, environment, window: EVER }, bind);
    const next = `select h.target_platform, h.environment from sync_history h`;
    const ordered = 'order by h.target_platform, h.environment limit 1';
    const { rows } = await ask<FailurePlace>(
      this.em,
      `with recursive place as (
         (${next} ${ordered})
         union all
         select n.* from place p cross join lateral (
           ${next} where (h.target_platform, h.environment) > (p.target_platform, p.environment) ${ordered}) n)
       select h.target_platform as platform, h.environment from place h where ${where} order by 1, 2`,
      parameters,
    );
    return rows;
  }

  /** The settled syncs of a scope that started in a period, in the order of their ids, which is that of their start. */
  async *settled(scope: AnalyticsScope, period: Period): AsyncGenerator<SettledSync[]> {
    let after = await this.placeBefore(scope, period);
    for (;;) {
      const { bind, parameters } = binder();
      const where = whereSql({ ...scope, status: [...SETTLED], window: { ...period, default: false } }, bind);
      const { rows } = await ask<SettledSync>(this.em, {
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

  private async placeBefore(scope: AnalyticsScope, period: Period): Promise<string> {
    const { bind, parameters } = binder();
    const where = whereSql({ ...scope, window: { ...period, default: false } }, bind);
    const { rows } = await ask<{ id: string }>(this.em, {
      text: `select h.id from sync_history h where ${where} order by h.id desc offset ${MOST_SYNCS} limit 1`,
      values: parameters,
      withinMs: LONG_READ_MS,
    });
    return rows[0]?.id ?? '00000000-0000-0000-0000-000000000000';
  }
}

const EVER = { from: null, to: null, default: false };
