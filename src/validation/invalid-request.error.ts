import { DomainError } from '../domain-error.ts';
import { type FieldCode, type FieldProblem, sentenceOf } from './field-problem.ts';
import { ProblemList } from './problem-list.ts';

/** A request that does not say what its route asks for; `errors` names each place. */
export class InvalidRequestError extends DomainError {
  readonly code = 'INVALID_REQUEST';
  readonly httpStatus = 400;

  constructor(problems: ProblemList) {
    super(problems.sentence(sentenceOf), problems.members());
  }

  /** Of one field. */
  static of(field: string, detail: string, code: FieldCode): InvalidRequestError {
    return new InvalidRequestError(ProblemList.of<FieldProblem>([{ field, detail, code }]));
  }
}

/** Throws {@link InvalidRequestError} when there is a problem. */
export function assertNone(problems: ProblemList): void {
  if (!problems.isEmpty) throw new InvalidRequestError(problems);
}
