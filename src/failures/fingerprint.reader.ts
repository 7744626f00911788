import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { binder, whereSql } from '#history';
import { type Interval, intervalBefore } from '#statistics';
import type { FailuresFilter } from './failures-filter.ts';

/** An error as the history knows it, in a scope and a interval. */
export interface FingerprintRow {
  fingerprint: string;
  errorCode: string | null;
  statusCode: number | null;
  /** Of its last sync. */
  errorMessage: string | null;
  typeKey: string;
  /** The first time ever, and the last time before the interval's first; null when that was the first. */
  firstEver: Date;
  previously: Date | null;
  firstSeen: Date;
  lastSeen: Date;
  count: number;
  before: number;
  /** All failures of the interval. */
  failures: number;
  typeKeys: string[];
  environments: string[];
  evidence: string[];
  /** Whether all affected types succeeded later in the interval. */
  isHealed: boolean;
}

/** Errors of one answer, at the most: the most frequent. */
const MOST = 200;

/** Adds up the failures of a interval by their fingerprints. */
@Injectable()
export class FingerprintReader {
  constructor(private readonly em: EntityManager) {}

  async read(scope: FailuresFilter, interval: Interval): Promise<FingerprintRow[]> {
    const { bind, parameters } = binder();
    const before = { from: intervalBefore(interval).from, to: interval.to, default: false };
    const failed = whereSql({ ...scope, status: ['FAILED', 'PARTIAL'], window: before }, bind);
    const matching = whereSql({ ...scope, window: { from: null, to: null, default: false } }, bind);
    const now = `started_at >= ${bind(interval.from, 'timestamptz')}`;
    const to = bind(interval.to, 'timestamptz');
    const earlier = (order: string, and: string) =>
      `(select h.started_at from sync_history h where h.error_fingerprint = e.fingerprint and ${matching} ${and}
        order by h.id ${order} limit 1)`;
    const { rows } = await query<FingerprintRow>(this.em, {
      types: DRIVER_TYPES,
      withinMs: LONG_READ_MS,
      text: `
        with failed as materialized (
          select h.* from sync_history h
          where ${failed} and h.sync_status <> 'SUCCESS' and h.error_code is distinct from 'ITEMS_FAILED'),
        error as (
          select error_fingerprint as fingerprint, count(*) filter (where ${now})::integer as count,
            count(*) filter (where not ${now})::integer as before,
            min(started_at) filter (where ${now}) as first_seen, max(started_at) filter (where ${now}) as last_seen,
            min(id::text) filter (where ${now})::uuid as first_id,
            array_agg(distinct type_key) filter (where ${now}) as type_keys,
            array_agg(distinct environment) filter (where ${now}) as environments,
            (array_agg(id order by id desc) filter (where ${now}))[1:10] as evidence
          from failed where error_fingerprint is not null
          group by 1 having count(*) filter (where ${now}) > 0 order by 2 desc, 1 limit ${MOST}),
        last_of_type as (
          select distinct on (error_fingerprint, target_platform, environment, kind, type_key, sync_direction) *
          from failed where ${now}
          order by error_fingerprint, target_platform, environment, kind, type_key, sync_direction, started_at desc, id desc),
        sick as (
          select distinct error_fingerprint as fingerprint from last_of_type l
          where not exists (
            select from sync_history h where h.type_key = l.type_key and (h.started_at, h.id) > (l.started_at, l.id)
              and h.id > uuid_at(l.started_at - interval '1 hour') and h.kind = l.kind
              and h.target_platform = l.target_platform and h.environment = l.environment
              and h.sync_direction = l.sync_direction and h.sync_status = 'SUCCESS' and h.started_at < ${to}))
        select e.fingerprint, l.error_code as "errorCode", l.status_code as "statusCode",
          l.error_message as "errorMessage", l.type_key as "typeKey", ${earlier('asc', '')} as "firstEver",
          ${earlier('desc', 'and h.id < e.first_id')} as previously, e.first_seen as "firstSeen",
          e.last_seen as "lastSeen", e.count, e.before, (select count(*)::integer from failed where ${now}) as failures,
          e.type_keys as "typeKeys", e.environments, e.evidence,
          not exists (select from sick s where s.fingerprint = e.fingerprint) as "isHealed"
        from error e join failed l on l.id = e.evidence[1] order by e.count desc, e.fingerprint`,
      values: parameters,
    });
    return rows;
  }
}
