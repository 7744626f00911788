import { UnauthenticatedError } from '#access';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

const RETRY_AFTER_S = 5;

/** The issuer gives no answer that can be used. */
export class IssuerUnavailableError extends DomainError {
  readonly code = 'ISSUER_UNAVAILABLE';
  readonly httpStatus = 503;

  constructor(url: string, cause: unknown) {
    super(
      `The OpenID Connect issuer ${url} does not answer as it should, so nobody can be recognised by it. Try again, or use an API key.`,
      { retryAfter: RETRY_AFTER_S },
      { cause },
    );
  }
}

/** A sign-in that did not come to its end. */
export class SignInFailedError extends UnauthenticatedError {
  constructor(why: string, options?: ErrorOptions) {
    super('SIGN_IN_FAILED', `The sign-in failed: ${cut(why)}. Sign in again.`, options);
  }
}
