import { describeHosts, parseDatabaseUrl } from './database-url.ts';

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

/** The service has a role that does not migrate, and the tables, or its rights, are not those of this version. */
export class MigrationNeededError extends Error {
  constructor(problem: string, { role, owner }: { role: string; owner: string | null }) {
    super(
      `The service cannot start with the database role "${role}": ${problem}. ` +
        `Run "npm run migrate" with the DATABASE_URL of ${owner === null ? 'their owner' : `the owner "${owner}"`} and ` +
        `SERVICE_ROLE=${role}, then start the service again.`,
    );
    this.name = 'MigrationNeededError';
  }
}

/** The role that is to run the service cannot get its rights. */
export class ServiceRoleError extends Error {
  constructor(problem: string) {
    super(`${problem}. Nothing was changed.`);
    this.name = 'ServiceRoleError';
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
