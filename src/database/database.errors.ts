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
    const { host, pathname } = new URL(url);
    const { message, code } = cause as { message?: string; code?: string };
    super(
      `The database at ${host}${pathname} cannot be used (${[message, code].find(Boolean)}): ` +
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
