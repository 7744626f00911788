import type { Constructor } from '@mikro-orm/core';
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
import { migrations } from '#migrations';
import { DatabaseUnusableError } from './database.errors.ts';
import { migrate } from './migrate.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { connectTo } from './postgres-hosts.ts';
import { CONNECT_TIMEOUT_MS, type DatabaseLocation, ormOptions } from './orm-options.ts';

const DATABASE = Symbol('database');

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
}

@Module({})
class OpenedDatabase {}

/** The application's connection to PostgreSQL: the one it is told, or an embedded one. */
@Module({})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly orm: MikroORM,
  ) {}

  static forRoot({ entities, silenceMs, poolSize, ...location }: DatabaseOptions): DynamicModule {
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
    return { module: DatabaseModule, imports: [opened, orm] };
  }

  async onModuleInit(): Promise<void> {
    if (this.database.notice) new Logger('Database').log(this.database.notice);
    await migrate(this.orm.em, migrations);
  }

  /** After everybody's `beforeApplicationShutdown`: what is asked after this opens a connection again. */
  async onApplicationShutdown(): Promise<void> {
    await this.orm.close();
    await this.database.close();
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
