import { DomainError } from '../domain-error.ts';

export class InvalidIdempotencyKeyError extends DomainError {
  readonly code = 'INVALID_IDEMPOTENCY_KEY';

  constructor() {
    super('The Idempotency-Key must be 1 to 255 visible ASCII characters: a UUID does.');
  }
}

/** A key that was sent before, with something else. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor(key: string) {
    super(`The Idempotency-Key "${key}" was sent with another request before: give each request a key of its own.`, {
      key,
    });
  }
}

/** The first request with this key is still being answered. */
export class IdempotencyKeyBusyError extends DomainError {
  readonly code = 'IDEMPOTENCY_KEY_BUSY';

  constructor(
    key: string,
    /** Whole seconds after which it is worth another try. */
    readonly retryAfter: number,
  ) {
    super(`The first request with the Idempotency-Key "${key}" is still being answered: try again in a moment.`, {
      key,
    });
  }
}
