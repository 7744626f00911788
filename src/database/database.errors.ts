import { describeHosts, parseDatabaseUrl } from './database-url.ts';

/** Another service holds the data directory. */
export class DataDirectoryInUseError extends Error {
  constructor(directory: string, holder: number) {
    super(
      `The service with PID ${holder} uses the data directory ${directory}. Stop that service, ` +
        'set another DATA_DIR, or set a DATABASE_URL that both can share.',
    );
    this.name = 'DataDirectoryInUseError';
  }
}

/** The PostgreSQL that the service was told to use does not take it; the password of the address is not quoted. */
export class DatabaseUnusableError extends Error {
  constructor(url: string, cause: unknown) {
    const { message, code } = cause as { message?: string; code?: string };
    super(
      `The service cannot use the database at ${describeHosts(parseDatabaseUrl(url))} ` +
        `(${[message, code].find(Boolean)}). Start the database, or correct DATABASE_URL. ` +
        'Without DATABASE_URL, the service starts an embedded database.',
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
    super(`The database needed more than ${withinMs} ms for a statement, so the service cancelled it`, options);
    this.name = 'StatementTooSlowError';
  }
}
