import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/postgresql';
import { migrations } from '#migrations';
import { migrate, openEmbeddedPostgres, ormOptions, type EmbeddedDatabase } from '#database';

import { TEMPLATE } from './template.ts';

declare global {
  // eslint-disable-next-line no-var
  var testDatabase: EmbeddedDatabase | undefined;
}

/** One PostgreSQL for the whole run; each test file copies the migrated template. */
export default async function startDatabase(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'synctrail-test-'));
  // Under root PostgreSQL runs as another user, who must get in.
  await chmod(dataDir, 0o755);
  const database = await openEmbeddedPostgres(dataDir);
  globalThis.testDatabase = database;
  process.env.TEST_SERVER_URL = database.url;
  process.env.TEST_DATA_DIR = dataDir;
  const template = new URL(database.url);
  template.pathname = TEMPLATE;
  const admin = await MikroORM.init(ormOptions(database.url));
  await admin.em.execute(`create database ${TEMPLATE}`);
  await admin.close();
  const orm = await MikroORM.init(ormOptions(template.href));
  await migrate(orm.em, migrations);
  await orm.close();
}
