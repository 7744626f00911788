import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { inTransaction, type Transaction } from '#database';
import { FACETS_DAILY, FACETS_HOURLY, SUM_UP_FACETS } from './facet.statements.ts';
import { CATCH_UP_BEFORE, RECOUNT, sumUp } from './stats.statements.ts';
import { BASE_TABLES, STATS_SINCE, SUMMED_TABLES, timeOf } from './stats.tables.ts';

/** Milliseconds that a day of the history, or the stats of all, may take. */
const RECOUNT_MS = 10 * 60_000;

/** What a rebuild counted. */
export interface Rebuilt {
  syncs: number;
  /** Stats of hours before this moment were left as they are: retention has dropped syncs of theirs; null when it never did. */
  since: string | null;
}

/** Counts the history again, while services run: what they write meanwhile is counted by its events afterwards. */
@Injectable()
export class StatsRebuilder {
  constructor(private readonly em: EntityManager) {}

  rebuild(): Promise<Rebuilt> {
    return inTransaction(this.em, recount, RECOUNT_MS);
  }
}

/** Everything as of one moment, holding the position: nobody counts meanwhile. */
async function recount(client: Transaction): Promise<Rebuilt> {
  await client.query('set transaction isolation level repeatable read');
  // A lock of the table comes before the moment that is seen; one of the row would be lost again and again to those who count.
  await client.query('lock table sync_stats_position in exclusive mode');
  await client.query(`set local work_mem = '128MB'`);
  const { rows } = await client.query<{ since: string; is_whole: boolean }>(
    `select to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since, since = 'epoch' as is_whole
     from (select ${STATS_SINCE} as since) s`,
  );
  const { since, is_whole: isWhole } = rows[0]!;
  if (!isWhole) await client.query(CATCH_UP_BEFORE, [since]);
  for (const { name, span } of [...BASE_TABLES, FACETS_HOURLY]) {
    await client.query(`delete from ${name} where ${span} >= $1`, [since]);
  }
  for (const { name } of [...SUMMED_TABLES, FACETS_DAILY]) await client.query(`delete from ${name}`);
  for (const { from, to } of await days(client)) await client.query(RECOUNT, [from, to, since]);
  await sumUntilToday(client, '-infinity');
  await client.query('update sync_stats_position set last = e.last, summed = e.last from event_position e');
  const counted = await client.query<{ syncs: number }>(
    `select coalesce(sum(total), 0)::float8 as syncs from sync_stats_daily where day >= $1`,
    [since],
  );
  return { syncs: counted.rows[0]!.syncs, since: isWhole ? null : since };
}

/**
 * Sums what is over since a day, in a transaction that holds the position. While a day lasts its events would change a few
 * rows again and again; what comes later is added to the sums by its events.
 */
export async function sumUntilToday(client: Transaction, since: string): Promise<void> {
  const { rows } = await client.query<{ until: string }>(`select date_trunc('day', now(), 'UTC')::text as until`);
  const { until } = rows[0]!;
  for (const table of SUMMED_TABLES) await client.query(sumUp(table), [since, until]);
  await client.query(SUM_UP_FACETS, [since, until]);
  await client.query('update sync_stats_position set summed_until = $1', [until]);
}

/** The ids of the history by days: each is counted in a time during which a connection may be silent. */
async function days(client: Transaction): Promise<{ from: string; to: string }[]> {
  const { rows } = await client.query<{ from: string; to: string }>(DAYS);
  return rows;
}

/** A UUIDv7 begins with its time in milliseconds; the days before the first and after the last are open. */
const DAYS = `
  with found as (
    select (select id from sync_history order by id limit 1) as first, (select id from sync_history order by id desc limit 1) as last),
  span as (select ${timeOf('first')} as first, ${timeOf('last')} as last from found where first is not null)
  select uuid_at(day) as from, uuid_at(day + interval '1 day') as to
  from span, generate_series(date_trunc('day', first, 'UTC'), last, interval '24 hours') day`;
