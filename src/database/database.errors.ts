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

/** The embedded PostgreSQL could not be made or started. */
export class EmbeddedDatabaseError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`The embedded PostgreSQL ${what}`, options);
    this.name = 'EmbeddedDatabaseError';
  }
}
