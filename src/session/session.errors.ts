import { DomainError } from '../domain-error.ts';

export class AccessIsOpenError extends DomainError {
  readonly code = 'ACCESS_IS_OPEN';
  readonly httpStatus = 409;

  constructor() {
    super('Access is open: nobody needs to sign in. Set ACCESS=keys to let in only callers with a key.');
  }
}

export class NoIssuerError extends DomainError {
  readonly code = 'NO_ISSUER';
  readonly httpStatus = 409;

  constructor() {
    super('No OpenID Connect issuer is configured for the dashboard. Sign in with an API key, or set OIDC_CLIENT_ID.');
  }
}

export class TooManyRolesError extends DomainError {
  readonly code = 'TOO_MANY_ROLES';
  readonly httpStatus = 403;

  constructor(count: number) {
    super(`The issuer gives ${count} roles, which is more than a sign-in can keep. Map them to fewer with OIDC_ROLES.`);
  }
}
