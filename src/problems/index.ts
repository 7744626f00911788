/** How the service says what went wrong: documents, codes, and the codes of each route; refuses to grow with its request. */
export {
  answerFrameworkError,
  DomainErrorFilter,
  PROBLEM_OBSERVER,
  problemOf,
  type ProblemObserver,
} from './domain-error.filter.ts';
export { documentProblems } from './openapi-problems.ts';
export { ProblemDto } from './problem.dto.ts';
export { READS_PLATFORM, type RefusalCode, Refuses } from './refuses.decorator.ts';
