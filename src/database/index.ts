/** PostgreSQL, embedded or at an address, and the one way to query it; refuses a statement without a time limit. */
export { FsckDatabase, type Check, type Finding } from './fsck-database.ts';
export {
  DatabaseAwayError,
  DatabaseUnusableError,
  MigrationNeededError,
  ServiceRoleError,
  StatementTooSlowError,
} from './database.errors.ts';
export { DatabaseModule, withOrm } from './database.module.ts';
export {
  answered,
  query,
  connect,
  DRIVER_TYPES,
  isoTime,
  LONG_READ_MS,
  postgresPool,
  readAfter,
  type StatementConfig,
  stopStatement,
  TEXT_TYPES,
} from './postgres-pool.ts';
export { inTransaction, type Transaction } from './transaction.ts';
export { PreparedStatements, unseen } from './prepared-statements.ts';
export { columnsOf } from './columns.ts';
export { connectTo } from './postgres-hosts.ts';
export { databaseFault, type DatabaseFault, faultText } from './database-fault.ts';
export { find, findOne } from './find.ts';
export { assertMayMigrate, recordRisk } from './login-rights.ts';
export { migrate } from './migrate.ts';
export type { ServiceRole } from './service-role.ts';
export { parseDatabaseUrl } from './database-url.ts';
export { pauseAfter, untilWritten, waitAtMost } from './until-written.ts';
export { type DatabaseLocation, ormOptions } from './orm-options.ts';
