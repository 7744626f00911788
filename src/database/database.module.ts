import type { Constructor } from '@mikro-orm/core';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { migrations } from '#migrations';
import { migrate } from './migrate.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { type DatabaseLocation, ormOptions } from './orm-options.ts';

const DATABASE = Symbol('database');

interface Database {
  url: string;
  close(): Promise<void>;
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

  static forRoot({ entities, ...location }: DatabaseLocation & { entities: Constructor[] }): DynamicModule {
    const opened: DynamicModule = {
      module: OpenedDatabase,
      providers: [{ provide: DATABASE, useFactory: () => openDatabase(location) }],
      exports: [DATABASE],
    };
    const orm = MikroOrmModule.forRootAsync({
      driver: PostgreSqlDriver,
      imports: [opened],
      inject: [DATABASE],
      useFactory: ({ url }: Database) => ormOptions(url, entities),
    });
    return { module: DatabaseModule, imports: [opened, orm] };
  }

  async onModuleInit(): Promise<void> {
    await migrate(this.orm.em, migrations);
  }

  /** After everybody's `beforeApplicationShutdown`: what is asked after this opens a connection again. */
  async onApplicationShutdown(): Promise<void> {
    await this.orm.close();
    await this.database.close();
  }
}

async function openDatabase({ url, dataDir }: DatabaseLocation): Promise<Database> {
  return url ? { url, close: () => Promise.resolve() } : openEmbeddedPostgres(dataDir);
}
