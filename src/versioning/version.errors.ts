import { type ProblemList, sentenceOf } from '#validation';
import { DomainError } from '../domain-error.ts';
import type { TypeRef } from './type-ref.ts';

export class ContentTypeNotFoundError extends DomainError {
  readonly code = 'CONTENT_TYPE_NOT_FOUND';
  readonly httpStatus = 404;

  constructor({ platform, kind, typeKey }: TypeRef) {
    const way = 'PUT its definition first.';
    super(`The catalogue of "${platform}" has no ${kind} "${typeKey}". ${way}`, { platform, kind, typeKey });
  }
}

export class VersionNotFoundError extends DomainError {
  readonly code = 'VERSION_NOT_FOUND';
  readonly httpStatus = 404;

  constructor({ platform, kind, typeKey }: TypeRef, version: string | number) {
    super(`The ${kind} "${typeKey}" of "${platform}" has no version ${version}.`, { platform, kind, typeKey, version });
  }
}

/** A definition or manifest that cannot be taken; `errors` names each place. */
export class InvalidDefinitionError extends DomainError {
  readonly code = 'INVALID_DEFINITION';
  readonly httpStatus = 400;

  constructor(errors: ProblemList) {
    super(`The definition is invalid: ${errors.sentence(sentenceOf)}.`, errors.members());
  }
}
