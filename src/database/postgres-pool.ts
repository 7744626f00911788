import type { EntityManager } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';

/**
 * The `pg` pool behind the application's ORM: for statements that must not wait in a unit of work, nor be undone by
 * the caller's transaction. Use unnamed statements: a named one turns to a generic plan after five calls.
 */
export function postgresPool(em: EntityManager): Promise<Pool> {
  return (em.getDriver().getConnection() as PostgreSqlConnection).getNativeClient();
}
