import type { EntityManager } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import { type CustomTypesConfig, type Pool, type PoolClient, types } from 'pg';

/**
 * The `pg` pool behind the application's ORM: for statements that must not wait in a unit of work, nor be undone by
 * the caller's transaction. Use unnamed statements: a named one turns to a generic plan after five calls.
 */
export function postgresPool(em: EntityManager): Promise<Pool> {
  return (em.getDriver().getConnection() as PostgreSqlConnection).getNativeClient();
}

/** The driver's own types, for statements that bring times: the ORM has them come as text. */
export const DRIVER_TYPES: CustomTypesConfig = { getTypeParser: types.getTypeParser };

/** Runs work in a transaction of its own; a connection on which anything failed is not used again. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
