/** PostgreSQL, embedded or at an address, and the one way to query it; refuses a statement without a time limit. */
export { FsckDatabase, type Check, type Finding } from './fsck-database.ts';
export {
  DatabaseAwayError,
  DatabaseUnusableError,
  DataDirectoryInUseError,
  EmbeddedDatabaseError,
  StatementTooSlowError,
} from './database.errors.ts';
export { DatabaseModule } from './database.module.ts';
export {
  answered,
  query,
  connect,
  DRIVER_TYPES,
  inTransaction,
  LONG_READ_MS,
  postgresPool,
  readAfter,
  stopStatement,
  type Transaction,
} from './postgres-pool.ts';
export { PreparedStatements } from './prepared-statements.ts';
export { columnsOf } from './columns.ts';
export { connectTo } from './postgres-hosts.ts';
export { databaseFault, type DatabaseFault, faultText } from './database-fault.ts';
export { find, findOne } from './find.ts';
export { migrate } from './migrate.ts';
export { parseDatabaseUrl } from './database-url.ts';
export { pauseAfter, untilWritten, waitAtMost } from './until-written.ts';
export { reachablePrograms } from './reachable-folder.ts';
export { type DatabaseLocation, ormOptions } from './orm-options.ts';
export { type EmbeddedDatabase, openEmbeddedPostgres, runningEmbeddedPostgres } from './embedded-postgres.ts';
