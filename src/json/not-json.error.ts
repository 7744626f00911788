import { DomainError } from '../domain-error.ts';

/** A value that JSON cannot hold exactly: a function, a bigint, NaN, a lone surrogate, a class instance. */
export class NotJsonError extends DomainError {
  readonly code = 'NOT_JSON';
  readonly httpStatus = 400;

  constructor(path: string, found: string) {
    super(
      `JSON cannot hold ${found} (at "/${path}"). Send strings, finite numbers, booleans, null, lists and objects.`,
      {
        path: `/${path}`,
      },
    );
  }
}
