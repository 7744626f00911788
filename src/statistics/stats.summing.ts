import type { Transaction } from '#database';
import { SUM_UP_FACETS } from './facet.statements.ts';
import { sumUp } from './stats.statements.ts';
import { SUMMED_TABLES } from './stats.tables.ts';

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
