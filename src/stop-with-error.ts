import { inspect } from 'node:util';
import { DatabaseUnusableError, MigrationNeededError, ServiceRoleError } from '#database';
import { DataDirectoryInUseError, EmbeddedDatabaseError } from '#embedded-postgres';
import { ConfigurationError } from './environment.ts';
import { redactedText } from './log-redaction.ts';
import { terminalText } from './terminal-text.ts';

const EXPECTED = [
  ConfigurationError,
  DatabaseUnusableError,
  DataDirectoryInUseError,
  EmbeddedDatabaseError,
  MigrationNeededError,
  ServiceRoleError,
];

/** Says why the process cannot go on, in one message, and ends it. A bug keeps its stack. */
export function stopWithError(error: unknown): never {
  const expected = EXPECTED.some((kind) => error instanceof kind);
  console.error(terminalText(redactedText(expected ? (error as Error).message : inspect(error))));
  process.exit(1);
}
