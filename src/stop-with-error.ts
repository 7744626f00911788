import { DatabaseUnusableError, DataDirectoryInUseError, EmbeddedDatabaseError } from '#database';
import { ConfigurationError } from './environment.ts';

const EXPECTED = [ConfigurationError, DatabaseUnusableError, DataDirectoryInUseError, EmbeddedDatabaseError];

/** Says why the process cannot go on, in one message, and ends it. A bug keeps its stack. */
export function stopWithError(error: unknown): never {
  const expected = EXPECTED.some((kind) => error instanceof kind);
  console.error(expected ? (error as Error).message : error);
  process.exit(1);
}
