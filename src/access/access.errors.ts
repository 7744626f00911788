import { DomainError } from '../domain-error.ts';
import { cut, quoted } from '../quoted.ts';

type UnauthenticatedCode =
  | 'UNAUTHENTICATED'
  | 'INVALID_KEY'
  | 'KEY_REVOKED'
  | 'KEY_EXPIRED'
  | 'INVALID_TOKEN'
  | 'TOKEN_EXPIRED'
  | 'SESSION_EXPIRED'
  | 'SIGN_IN_FAILED';

/** A request without a principal. */
export class UnauthenticatedError extends DomainError {
  readonly httpStatus = 401;
  /** Id of the key that is not valid any more. */
  readonly keyId?: string;
  override readonly headers: Record<string, string>;

  constructor(
    readonly code: UnauthenticatedCode = 'UNAUTHENTICATED',
    message = 'The request has no key. Send "Authorization: Bearer synctrail_…"; "synctrail keys create" makes a key.',
    options: ErrorOptions & { keyId?: string } = {},
  ) {
    super(message, {}, options);
    this.keyId = options.keyId;
    // RFC 6750.
    this.headers = { 'www-authenticate': code === 'UNAUTHENTICATED' ? 'Bearer' : 'Bearer error="invalid_token"' };
  }
}

/** A principal without the scope that a request needs. */
export class ForbiddenError extends DomainError {
  readonly code = 'FORBIDDEN';
  readonly httpStatus = 403;

  constructor(name: string, scope: string, at = '') {
    super(
      `${quoted(name)} has no scope ${scope}${at}. Ask somebody with the scope keys:manage for a key that has it.`,
      { scope },
    );
  }
}

/** A question about several targets that a filter cannot hold together. */
export class TargetRequiredError extends DomainError {
  readonly code = 'TARGET_REQUIRED';
  readonly httpStatus = 403;

  constructor(granted: readonly { platform: string; environment: string }[]) {
    const targets = granted.map(({ platform, environment }) => `${platform}/${environment}`);
    super(
      `The key is bound to several targets: ask for one of them with platform and environment. They are ${targets.slice(0, 20).join(', ')}.`,
    );
  }
}

export class InvalidGrantError extends DomainError {
  readonly code = 'INVALID_GRANT';
  readonly httpStatus = 400;

  constructor(text: string) {
    super(
      `${quoted(text)} is no scope and no role. Write operator, deploy, deploy@cms/* or deploy@cms/staging; see docs/access.md for their names.`,
      { grant: cut(text) },
    );
  }
}
