import { DomainError } from '../domain-error.ts';

export type BodyErrorCode =
  | 'INVALID_JSON'
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
