import type { Constructor, EntityManager } from '@mikro-orm/core';
import { Migrator, type Migration } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolClient } from 'pg';
import { postgresPool } from './postgres-pool.ts';
import { type Ask, grantToService, type ServiceRole } from './service-role.ts';

const OLDEST_SERVER = 150_000;
const LOCK = `hashtext('synctrail migrations')`;

type MigrationClass = Constructor<Migration>;

/**
 * Brings the tables up to date; returns the names of what was run. Replicas that start together wait for one another. A
 * foreign application has migrations of its own: ours run from an ORM of their own, noted in a table of their own. A role of the
 * service gets its rights in the same transaction.
 */
export async function migrate(
  em: EntityManager,
  migrations: MigrationClass[],
  service?: ServiceRole,
): Promise<string[]> {
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
      const ask: Ask = (statement) => orm.em.getConnection().execute(statement, [], 'all', transaction);
      await ask(`select pg_advisory_xact_lock(${LOCK})`);
      const ran = (await orm.migrator.up({ transaction })).map(({ name }) => name);
      if (service) await grantToService(ask, service);
      return ran;
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
