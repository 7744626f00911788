import { DomainError } from '../domain-error.ts';

export type BodyErrorCode =
  | 'EMPTY_BODY'
  | 'INVALID_ENCODING'
  | 'INVALID_JSON'
  | 'DUPLICATE_MEMBER'
  | 'LONE_SURROGATE'
  | 'INEXACT_NUMBER'
  | 'BODY_TOO_COMPLEX'
  | 'BODY_CUT_OFF'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNSUPPORTED_CHARSET'
  | 'UNSUPPORTED_ENCODING'
  | 'SERVER_BUSY';

/** A body that is not taken. */
export class BodyError extends DomainError {
  constructor(
    readonly code: BodyErrorCode,
    message: string,
    details: Record<string, unknown> = {},
  ) {
    super(message, details);
  }
}
