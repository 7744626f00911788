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

/** The embedded PostgreSQL could not be made or started. */
export class EmbeddedDatabaseError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`The embedded PostgreSQL ${what}`, options);
    this.name = 'EmbeddedDatabaseError';
  }
}
