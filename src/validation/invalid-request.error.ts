import { DomainError } from '../domain-error.ts';
import { ProblemList } from './problem-list.ts';

/** A request that does not say what its route asks for; `errors` names each place. */
export class InvalidRequestError extends DomainError {
  readonly code = 'INVALID_REQUEST';
  readonly httpStatus = 400;

  constructor(problems: ProblemList | string) {
    const list = typeof problems === 'string' ? ProblemList.of([problems]) : problems;
    super(list.sentence(), list.members());
  }
}

/** Throws {@link InvalidRequestError} when there is a problem. */
export function assertNone(problems: ProblemList): void {
  if (!problems.isEmpty) throw new InvalidRequestError(problems);
}
