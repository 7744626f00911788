import type { DatabaseFault } from '#database';
import { DomainError } from '../domain-error.ts';

/** What was recorded cannot be read yet: it is safe in the journal, and its projection takes too long. */
export class RecordBehindError extends DomainError {
  readonly code = 'RECORD_BEHIND';
  readonly httpStatus = 503;
  /** A write that meets it waits, as for a slow database. */
  readonly fault: DatabaseFault = 'slow';

  constructor(waitedMs: number) {
    super(
      `What was recorded before this request could not be made readable within ${waitedMs} ms. Nothing is lost. Try again later.`,
      { retryAfter: 1 },
    );
  }
}
