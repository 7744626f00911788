import { setTimeout as wait } from 'node:timers/promises';
import type { Constructor } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/core';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { openEmbeddedPostgres } from '#embedded-postgres';
import { migrations } from '#migrations';
import { DatabaseUnusableError } from './database.errors.ts';
import { assertMigrated, mayMigrate } from './login-rights.ts';
import { migrate } from './migrate.ts';
import { CONNECT_TIMEOUT_MS, type DatabaseLocation, DEFAULT_POOL_SIZE, ormOptions } from './orm-options.ts';
import { connectTo } from './postgres-hosts.ts';
import { query } from './postgres-pool.ts';
import type { ServiceRole } from './service-role.ts';

const DATABASE = Symbol('database');
const SERVICE = Symbol('service-role');
/** Milliseconds that a shutdown waits for statements that are under way. */
const CLOSE_MS = 5_000;

interface Database {
  url: string;
  /** Said at the start. */
  notice?: string;
  close(): Promise<void>;
}

interface DatabaseOptions extends DatabaseLocation {
  entities: Constructor[];
  /** As of `ormOptions`. */
  silenceMs?: number;
  poolSize?: number;
  /** Gets its rights when this process migrates. */
  service?: ServiceRole;
}

@Module({})
class OpenedDatabase {}

/** The application's connection to PostgreSQL: the one it is told, or an embedded one. */
@Module({})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(SERVICE) private readonly service: ServiceRole | undefined,
    private readonly orm: MikroORM,
  ) {}

  static forRoot({ entities, silenceMs, poolSize, service, ...location }: DatabaseOptions): DynamicModule {
    const opened: DynamicModule = {
      module: OpenedDatabase,
      providers: [{ provide: DATABASE, useFactory: () => openDatabase(location) }],
      exports: [DATABASE],
    };
    const orm = MikroOrmModule.forRootAsync({
      driver: PostgreSqlDriver,
      imports: [opened],
      inject: [DATABASE],
      useFactory: ({ url }: Database) => ormOptions(url, entities, silenceMs, poolSize),
    });
    return { module: DatabaseModule, imports: [opened, orm], providers: [{ provide: SERVICE, useValue: service }] };
  }

  async onModuleInit(): Promise<void> {
    if (this.database.notice) new Logger('Database').log(this.database.notice);
    if (await mayMigrate(this.orm.em)) await migrate(this.orm.em, migrations, this.service);
    else await assertMigrated(this.orm.em, migrations);
    await this.tellConnections();
  }

  /** What this replica may take of the server, and whether that is there. */
  private async tellConnections(): Promise<void> {
    const size = this.orm.config.get('pool')?.max ?? DEFAULT_POOL_SIZE;
    const { rows } = await query<{ most: number }>(
      this.orm.em,
      `select current_setting('max_connections')::integer
         - current_setting('superuser_reserved_connections')::integer as most`,
    );
    const { most } = rows[0]!;
    const logger = new Logger('Database');
    const need = `This replica uses up to ${size} connections (DATABASE_POOL_SIZE); the server allows ${most} in total`;
    if (size > most) logger.warn(`${need}. Lower DATABASE_POOL_SIZE, raise max_connections, or use a pooler`);
    else logger.log(need);
  }

  /** After everybody's `beforeApplicationShutdown`: what is asked after this opens a connection again. */
  async onApplicationShutdown(): Promise<void> {
    // A statement that is still under way has its own time, for which nobody waits who wants to stop.
    await Promise.race([this.orm.close(), wait(CLOSE_MS, undefined, { ref: false })]);
    await this.database.close();
  }
}

/** Work with an ORM without entities, as a command beside the application needs it. */
export async function withOrm<T>(location: DatabaseLocation, work: (em: EntityManager) => Promise<T>): Promise<T> {
  const database = await openDatabase(location);
  try {
    const orm = await MikroORM.init(ormOptions(database.url));
    try {
      return await work(orm.em);
    } finally {
      await orm.close(true);
    }
  } finally {
    await database.close();
  }
}

async function openDatabase({ url, dataDir }: DatabaseLocation): Promise<Database> {
  if (url === undefined) return openEmbeddedPostgres(dataDir);
  await assertUsable(url);
  return { url, close: () => Promise.resolve() };
}

/** A wrong address is told at the start, and in one sentence. */
async function assertUsable(url: string): Promise<void> {
  try {
    const client = await connectTo(url, { connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    await client.end();
  } catch (error) {
    throw new DatabaseUnusableError(url, error);
  }
}
