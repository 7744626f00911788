import { databaseFault, faultText } from '#database';
import { DomainError } from '../domain-error.ts';

/** The access was refused because it could not be recorded. */
export class AccessNotRecordedError extends DomainError {
  readonly code = 'RECORDING_UNAVAILABLE';
  readonly httpStatus = 503;

  constructor(cause: unknown) {
    super(
      `The service could not write the access log, so it did nothing. ${faultText(databaseFault(cause))}. Try again later.`,
      {},
      { cause },
    );
  }
}
