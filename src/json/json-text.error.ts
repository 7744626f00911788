import { DomainError } from '../domain-error.ts';

export type JsonTextErrorCode =
  | 'EMPTY_BODY'
  | 'INVALID_ENCODING'
  | 'INVALID_JSON'
  | 'DUPLICATE_MEMBER'
  | 'LONE_SURROGATE'
  | 'INEXACT_NUMBER'
  | 'BODY_TOO_COMPLEX';

/** A text that is no JSON, or not the JSON that is taken. */
export class JsonTextError extends DomainError {
  readonly httpStatus = 400;

  constructor(
    readonly code: JsonTextErrorCode,
    message: string,
    details: Record<string, unknown> = {},
  ) {
    super(message, details);
  }
}
