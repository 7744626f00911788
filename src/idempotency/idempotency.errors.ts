import { DomainError } from '../domain-error.ts';

export class InvalidIdempotencyKeyError extends DomainError {
  readonly code = 'INVALID_IDEMPOTENCY_KEY';
  readonly httpStatus = 400;

  constructor() {
    super('The Idempotency-Key must have 1 to 255 visible ASCII characters and be no secret, for example a UUID.');
  }
}

/** A key that was sent before, with something else. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';
  readonly httpStatus = 422;

  constructor(key: string) {
    super(`The Idempotency-Key "${key}" belongs to another request. Use a new key for each request.`, {
      key,
    });
  }
}

/** The first request with this key is still being answered. */
export class IdempotencyKeyBusyError extends DomainError {
  readonly code = 'IDEMPOTENCY_KEY_BUSY';
  readonly httpStatus = 409;

  constructor(
    key: string,
    /** Whole seconds after which it is worth another try. */
    readonly retryAfter: number,
  ) {
    super(`The first request with the Idempotency-Key "${key}" is still running. Try again in a moment.`, {
      key,
    });
  }
}
