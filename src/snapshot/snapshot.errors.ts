import { DomainError } from '../domain-error.ts';

/** Content over the limit of a snapshot; both sizes are bytes of canonical JSON, uncompressed. */
export class SnapshotTooLargeError extends DomainError {
  readonly code = 'SNAPSHOT_TOO_LARGE';
  readonly httpStatus = 413;

  constructor(size: number, limit: number) {
    super(`The content has ${size} bytes, and a snapshot has at most ${limit}. Split the content.`, { size, limit });
  }
}

export class SnapshotNotFoundError extends DomainError {
  readonly code = 'SNAPSHOT_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(digest: string) {
    super(`There is no snapshot ${digest}.`, { digest });
  }
}

/** Stored bytes that no longer hash to their digest. */
export class SnapshotCorruptError extends DomainError {
  readonly code = 'SNAPSHOT_CORRUPT';
  readonly httpStatus = 500;

  constructor(digest: string, reason: string) {
    super(`The stored snapshot ${digest} is damaged (${reason}). Restore it from a backup of the database.`, {
      digest,
    });
  }
}
