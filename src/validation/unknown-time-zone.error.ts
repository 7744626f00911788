import { DomainError } from '../domain-error.ts';

/** A time zone that nobody knows. */
export class UnknownTimeZoneError extends DomainError {
  readonly code = 'UNKNOWN_TIME_ZONE';
  readonly httpStatus = 400;

  constructor(timeZone: string) {
    super(`There is no time zone "${timeZone}". Use a name from the IANA database, such as Europe/Berlin.`, {
      errors: [{ field: 'timeZone', detail: 'must be a time zone of the IANA database', code: 'UNKNOWN_VALUE' }],
    });
  }
}
