import type { Constructor, EntityManager } from '@mikro-orm/core';
import { Migrator, type Migration } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolClient } from 'pg';
import { postgresPool } from './postgres-pool.ts';

const OLDEST_SERVER = 150_000;
const LOCK = `hashtext('synctrail migrations')`;

type MigrationClass = Constructor<Migration>;

/**
 * Brings the tables up to date; returns the names of what was run. Replicas that start together wait for one another. A
 * foreign application has migrations of its own: ours run from an ORM of their own, noted in a table of their own.
 */
export async function migrate(em: EntityManager, migrations: MigrationClass[]): Promise<string[]> {
  const { clientUrl, host, port, user, password, dbName, schema, driverOptions } = em.config.getAll();
  const orm = await MikroORM.init({
    ...{ clientUrl, host, port, user, password, dbName, schema },
    // Waiting for the lock, or for a large table, is silent for as long as it takes.
    driverOptions: { ...driverOptions, stream: undefined },
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    logger: () => undefined,
    migrations: {
      migrationsList: migrations,
      tableName: 'synctrail_migration',
      snapshot: false,
      allOrNothing: true,
    },
  });
  const taken = new Set<PoolClient>();
  try {
    const pool = await postgresPool(orm.em);
    pool.on('acquire', (client) => taken.add(client)).on('release', (_error, client) => taken.delete(client));
    await assertServer(pool);
    return await orm.em.getConnection().transactional(async (transaction) => {
      // Ends with the transaction, so that it holds behind a pooler too, and no longer than who has it lives.
      await orm.em.getConnection().execute(`select pg_advisory_xact_lock(${LOCK})`, [], 'all', transaction);
      return (await orm.migrator.up({ transaction })).map(({ name }) => name);
    });
  } finally {
    // The ORM does not give back a connection that was cut, and would wait for it.
    for (const client of taken) client.release(true);
    await orm.close(true);
  }
}

async function assertServer(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ server_version_num: string }>('show server_version_num');
  const version = Number(rows[0]!.server_version_num);
  if (version < OLDEST_SERVER)
    throw new Error(`SyncTrail needs PostgreSQL 15 or later. This server has version ${version}.`);
}
