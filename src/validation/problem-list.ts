import { cut } from '../quoted.ts';
import type { FieldProblem } from './field-problem.ts';

/** Problems that one answer names. */
export const MAX_PROBLEMS = 50;
/** Problems that its sentence names. */
const MAX_IN_SENTENCE = 5;
const MAX_PROBLEM_LENGTH = 500;

/** What an answer says of a list: at most 50, and how many more there are. */
export interface ListedProblems<T> {
  errors: T[];
  /** Left out where there are none. */
  moreErrors?: number;
}

/** Keeps the first 50 problems and counts the rest, so that no answer grows with its request. */
export class ProblemList<T = FieldProblem> {
  private readonly kept: T[] = [];
  private count = 0;

  static of<T>(problems: Iterable<T>): ProblemList<T> {
    const list = new ProblemList<T>();
    for (const problem of problems) list.add(problem);
    return list;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  add(problem: T): void {
    this.count += 1;
    if (this.count <= MAX_PROBLEMS) this.kept.push(problem);
  }

  /** As members of a problem document. */
  members(): ListedProblems<T> & Record<string, unknown> {
    const more = this.count - this.kept.length;
    return { errors: [...this.kept], ...(more > 0 && { moreErrors: more }) };
  }

  /** The first of them in one line. */
  sentence(textOf: (problem: T) => string): string {
    const shown = this.kept.slice(0, MAX_IN_SENTENCE).map((problem) => cut(textOf(problem), MAX_PROBLEM_LENGTH));
    const more = this.count - shown.length;
    return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  }
}
