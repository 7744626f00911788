import type { Target } from '#platform';
import { DomainError } from '../domain-error.ts';

export class ExpectationNotFoundError extends DomainError {
  readonly code = 'EXPECTATION_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no expectation "${id}".`, { id });
  }
}

export class ExpectationEndedError extends DomainError {
  readonly code = 'EXPECTATION_ENDED';
  readonly httpStatus = 409;

  constructor(id: string, endedAt: Date) {
    const at = endedAt.toISOString();
    super(`The expectation "${id}" has ended at ${at}. Create a new expectation.`, { id, endedAt: at });
  }
}

export class ExpectationExistsError extends DomainError {
  readonly code = 'EXPECTATION_EXISTS';
  readonly httpStatus = 409;

  constructor({ platform, environment }: Target, name: string) {
    super(
      `An expectation "${name}" of ${platform} "${environment}" is in force. End it first, or choose another name.`,
      { platform, environment, name },
    );
  }
}

export class TooManyExpectationsError extends DomainError {
  readonly code = 'TOO_MANY_EXPECTATIONS';
  readonly httpStatus = 409;

  constructor(limit: number) {
    super(`There are ${limit} expectations in force, and there can be no more. End one first.`, { limit });
  }
}
