export { columnsOf } from './columns.ts';
export { Books, type Check, type Finding } from './books.ts';
export { DatabaseModule } from './database.module.ts';
export {
  DatabaseAwayError,
  DatabaseUnusableError,
  DataDirectoryInUseError,
  EmbeddedDatabaseError,
  StatementTooSlowError,
} from './database.errors.ts';
export { openEmbeddedPostgres, runningEmbeddedPostgres, type EmbeddedDatabase } from './embedded-postgres.ts';
export { reachablePrograms } from './reachable-place.ts';
export { parseDatabaseUrl } from './database-url.ts';
export { connectTo } from './postgres-hosts.ts';
export { migrate } from './migrate.ts';
export { ormOptions, type DatabaseLocation } from './orm-options.ts';
export { find, findOne } from './find.ts';
export {
  answered,
  ask,
  connect,
  DRIVER_TYPES,
  inTransaction,
  LONG_READ_MS,
  postgresPool,
  stopStatement,
  type Transaction,
} from './postgres-pool.ts';
export { databaseFault, type DatabaseFault, faultText } from './database-fault.ts';
export { pauseAfter, untilWritten, waitAtMost } from './until-written.ts';
