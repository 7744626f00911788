import type { FieldCode, FieldProblem } from '#validation';
import { DomainError } from '../domain-error.ts';

/** A filter that cannot hold together. */
export class InvalidFilterError extends DomainError {
  readonly code = 'INVALID_FILTER';
  readonly httpStatus = 400;

  constructor(field: string, detail: string, code: FieldCode = 'INVALID') {
    super(`The filter is invalid: ${field} ${detail}.`, { errors: [{ field, detail, code }] satisfies FieldProblem[] });
  }
}

/** A sync without content: a pull that received nothing. */
export class NoContentError extends DomainError {
  readonly code = 'NO_CONTENT';
  readonly httpStatus = 404;

  constructor(syncId: string) {
    super(`The sync ${syncId} has no content to compare, because it received none.`, { syncId });
  }
}
