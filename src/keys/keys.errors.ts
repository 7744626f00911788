import { DomainError } from '../domain-error.ts';
import { quoted } from '../quoted.ts';

export class KeyNotFoundError extends DomainError {
  readonly code = 'KEY_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no API key ${id}. GET /api/v1/keys lists them.`, { id });
  }
}

export class KeyNameTakenError extends DomainError {
  readonly code = 'KEY_NAME_TAKEN';
  readonly httpStatus = 409;

  constructor(name: string) {
    super(`An API key ${quoted(name)} exists. A name is an actor of the record: choose another one.`, { name });
  }
}

export class GrantNotHeldError extends DomainError {
  readonly code = 'GRANT_NOT_HELD';
  readonly httpStatus = 403;

  constructor(grant: string) {
    super(`The new key would have ${grant}, which you do not have yourself. Ask somebody who has it.`, { grant });
  }
}
