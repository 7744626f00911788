import { describeHosts, parseDatabaseUrl } from './database-url.ts';

/** Another service holds the data directory. */
export class DataDirectoryInUseError extends Error {
  constructor(directory: string, holder: number) {
    super(
      `The data directory ${directory} is in use by the service with PID ${holder}: stop that one, ` +
        'or give this one another DATA_DIR, or a DATABASE_URL to share.',
    );
    this.name = 'DataDirectoryInUseError';
  }
}

/** The PostgreSQL that the service was told to use does not take it; the password of the address is not quoted. */
export class DatabaseUnusableError extends Error {
  constructor(url: string, cause: unknown) {
    const { message, code } = cause as { message?: string; code?: string };
    super(
      `The database at ${describeHosts(parseDatabaseUrl(url))} cannot be used (${[message, code].find(Boolean)}): ` +
        'start it, or correct DATABASE_URL; without that variable an embedded one is used.',
      { cause },
    );
    this.name = 'DatabaseUnusableError';
  }
}

/** The embedded PostgreSQL could not be made or started. */
export class EmbeddedDatabaseError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`The embedded PostgreSQL ${what}`, options);
    this.name = 'EmbeddedDatabaseError';
  }
}

/** Nothing came back: the connection was lost, or was given up after a silence. What was sent may still happen. */
export class DatabaseAwayError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`The database does not answer: ${what}`, options);
    this.name = 'DatabaseAwayError';
  }
}

/** The database works, but not fast enough: it was told to stop the statement, which may have happened just before. */
export class StatementTooSlowError extends Error {
  constructor(
    readonly withinMs: number,
    options?: ErrorOptions,
  ) {
    super(`The database needed more than ${withinMs} ms for a statement, and was told to stop it`, options);
    this.name = 'StatementTooSlowError';
  }
}
