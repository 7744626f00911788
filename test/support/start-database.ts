import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/postgresql';
import { migrate, ormOptions } from '#database';
import { type EmbeddedDatabase, openEmbeddedPostgres } from '#embedded-postgres';
import { migrations } from '#migrations';
import { SERVICE_PASSWORD, SERVICE_ROLE, serviceOfTests } from './service-role.ts';
import { TEMPLATE } from './template.ts';

/** A PostgreSQL of its own for one worker, and where its files are. */
interface WorkerDatabase {
  dataDir: string;
  database: EmbeddedDatabase;
}

/** Files here are in memory, on most Linux machines. */
const MEMORY_FOLDER = '/dev/shm';
/** Bytes that three workers have at the most, about, with their logs. */
const NEEDED_BYTES = 6e9;

declare global {
  // eslint-disable-next-line no-var
  var workerDatabases: WorkerDatabase[];
}

/** A PostgreSQL for each worker, so that what one does to its server disturbs no other; each test copies the migrated template. */
export default async function startDatabases({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  await removeLeft();
  globalThis.workerDatabases = await Promise.all(Array.from({ length: maxWorkers }, startDatabase));
  process.env.TEST_SERVER_URLS = globalThis.workerDatabases.map(({ database }) => database.url).join(' ');
}

/** In memory where there is room: hundreds of databases are copied and dropped, and a file system is slow at that. */
async function parentFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY_FOLDER).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > NEEDED_BYTES ? MEMORY_FOLDER : tmpdir();
}

/** A run that was killed leaves its files, and its PostgreSQL, which stops when they are gone. */
async function removeLeft(): Promise<void> {
  for (const name of await readdir(MEMORY_FOLDER).catch(() => [])) {
    const [, pid] = /^synctrail-test-(\d+)-/.exec(name) ?? [];
    if (pid && !isAlive(Number(pid))) await rm(join(MEMORY_FOLDER, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function startDatabase(): Promise<WorkerDatabase> {
  const dataDir = await mkdtemp(join(await parentFolder(), `synctrail-test-${process.pid}-`));
  // Under root PostgreSQL runs as another user, who must get in.
  await chmod(dataDir, 0o755);
  const database = await openEmbeddedPostgres(dataDir);
  const template = new URL(database.url);
  template.pathname = TEMPLATE;
  const admin = await MikroORM.init(ormOptions(database.url));
  await admin.em.execute(`create database ${TEMPLATE}`);
  // What is lost when the machine itself dies: no test ends that way, and many databases are copied.
  await admin.em.execute('alter system set fsync = off');
  await admin.em.execute('alter system set full_page_writes = off');
  // Who was refused something stands before each line of the log.
  await admin.em.execute(`alter system set log_line_prefix = '%u '`);
  await admin.em.execute('select pg_reload_conf()');
  if (serviceOfTests()) await admin.em.execute(`create role ${SERVICE_ROLE} login password '${SERVICE_PASSWORD}'`);
  await admin.close();
  const orm = await MikroORM.init(ormOptions(template.href));
  await migrate(orm.em, migrations, serviceOfTests());
  await orm.close();
  return { dataDir, database };
}
