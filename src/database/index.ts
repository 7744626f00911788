export { Books, type Check, type Finding } from './books.ts';
export { DatabaseModule } from './database.module.ts';
export { DataDirectoryInUseError, EmbeddedDatabaseError } from './database.errors.ts';
export { openEmbeddedPostgres, runningEmbeddedPostgres, type EmbeddedDatabase } from './embedded-postgres.ts';
export { migrate } from './migrate.ts';
export { ormOptions, type DatabaseLocation } from './orm-options.ts';
export { DRIVER_TYPES, ask, inTransaction, postgresPool } from './postgres-pool.ts';
export { databaseFault, type DatabaseFault } from './database-fault.ts';
export { pauseAfter, untilWritten } from './until-written.ts';
