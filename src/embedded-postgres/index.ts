/** A real PostgreSQL of our own in a folder, taken over by the next service; refuses a folder that another service has. */
export { DataDirectoryInUseError, EmbeddedDatabaseError } from './embedded-postgres.errors.ts';
export { type EmbeddedDatabase, openEmbeddedPostgres, runningEmbeddedPostgres } from './embedded-postgres.ts';
export { reachablePrograms } from './reachable-folder.ts';
