import { DomainError } from '../domain-error.ts';

const STATUS = {
  INVALID_JSON: 400,
  BODY_CUT_OFF: 400,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNSUPPORTED_CHARSET: 415,
  UNSUPPORTED_ENCODING: 415,
  SERVER_BUSY: 503,
};
export type BodyErrorCode = keyof typeof STATUS;

/** A body that is not taken. */
export class BodyError extends DomainError {
  readonly httpStatus: number;

  constructor(
    readonly code: BodyErrorCode,
    message: string,
    details: Record<string, unknown> = {},
  ) {
    super(message, details);
    this.httpStatus = STATUS[code];
  }
}
