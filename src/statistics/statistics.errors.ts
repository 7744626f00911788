import { DomainError } from '../domain-error.ts';

/** A time zone that nobody knows. */
export class UnknownTimeZoneError extends DomainError {
  readonly code = 'UNKNOWN_TIME_ZONE';

  constructor(timeZone: string) {
    super(`There is no time zone "${timeZone}": give one of the IANA database, such as Europe/Berlin.`, {
      errors: [{ field: 'timeZone', detail: 'must be a time zone of the IANA database' }],
    });
  }
}

/** A period in more buckets than an answer may have. */
export class TooManyBucketsError extends DomainError {
  readonly code = 'TOO_MANY_BUCKETS';

  constructor(bucket: string, limit: number) {
    super(`An answer has at most ${limit} buckets: take a larger bucket than the ${bucket}, or a shorter period.`, {
      errors: [{ field: 'bucket', detail: `would be more than ${limit}` }],
      limit,
    });
  }
}
