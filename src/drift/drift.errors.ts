import { DomainError } from '../domain-error.ts';

export class DriftRuleNotFoundError extends DomainError {
  readonly code = 'DRIFT_RULE_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no drift rule "${id}".`, { id });
  }
}

export class DriftRuleEndedError extends DomainError {
  readonly code = 'DRIFT_RULE_ENDED';
  readonly httpStatus = 409;

  constructor(id: string, endedAt: Date) {
    const at = endedAt.toISOString();
    super(`The drift rule "${id}" has ended at ${at}. Create a new rule.`, { id, endedAt: at });
  }
}
