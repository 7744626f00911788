import { DomainError } from '../domain-error.ts';
import type { TypeRef } from './type-ref.ts';

export class AlreadyRetiredError extends DomainError {
  readonly code = 'ALREADY_RETIRED';
  readonly httpStatus = 409;

  constructor({ platform, kind, typeKey }: TypeRef) {
    super(
      `The ${kind} "${typeKey}" of "${platform}" is retired already. Reinstate it to retire it for another reason.`,
      {
        ...{ platform, kind, typeKey },
      },
    );
  }
}

export class NotRetiredError extends DomainError {
  readonly code = 'NOT_RETIRED';
  readonly httpStatus = 409;

  constructor({ platform, kind, typeKey }: TypeRef) {
    super(`The ${kind} "${typeKey}" of "${platform}" is not retired, so it cannot be reinstated.`, {
      ...{ platform, kind, typeKey },
    });
  }
}
