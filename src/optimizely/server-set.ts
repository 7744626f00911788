/** What only the server sets in a definition, and no version counts. */
export const SERVER_SET: ReadonlySet<string> = new Set(['created', 'createdBy', 'lastModified', 'lastModifiedBy']);

/** The server alone sets `source` too; a version counts it, because stored hashes do. */
export const NOT_SENT: ReadonlySet<string> = new Set([...SERVER_SET, 'source']);
