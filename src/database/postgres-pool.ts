import type { EntityManager } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import {
  type CustomTypesConfig,
  type Pool,
  type PoolClient,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
  types,
} from 'pg';

/**
 * The `pg` pool behind the application's ORM: for statements that must not wait in a unit of work, nor be undone by
 * the caller's transaction. Use unnamed statements: a named one turns to a generic plan after five calls, which is well
 * only for a statement that has but one good plan.
 */
export function postgresPool(em: EntityManager): Promise<Pool> {
  return (em.getDriver().getConnection() as PostgreSqlConnection).getNativeClient();
}

/**
 * One statement on a connection of its own, committed by itself. A server that does not answer in time counts as away and
 * the connection as dead: a path that was cut without a word would keep both for a quarter of an hour. What was sent may
 * still happen, so it must be safe to repeat.
 */
export async function ask<Row extends QueryResultRow>(
  em: EntityManager,
  statement: string | { name: string; text: string },
  values?: unknown[],
  withinMs = 5_000,
): Promise<QueryResult<Row>> {
  const pool = await postgresPool(em);
  const query = typeof statement === 'string' ? { text: statement } : statement;
  const config: QueryConfig & { query_timeout: number } = { ...query, values, query_timeout: withinMs };
  return pool.query<Row>(config);
}

/** The driver's own types, for statements that bring times: the ORM has them come as text. */
export const DRIVER_TYPES: CustomTypesConfig = { getTypeParser: types.getTypeParser };

/** Runs work in a transaction of its own; a connection on which anything failed is not used again. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    // A process that is paused in here must not keep its locks from everybody else.
    await client.query(`begin; set local idle_in_transaction_session_timeout = '10s'`);
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
