import type { FieldCode } from '#validation';

/** What is wrong with one field of a request. */
export class FieldProblemDto {
  /**
   * Place of the value in the query or the body; empty for the body as a whole.
   * @example 'items[3].typeKey'
   */
  field: string;
  /**
   * Rule that the value breaks, as the end of a sentence that the field begins.
   * @example 'must be shorter than or equal to 255 characters'
   */
  detail: string;
  /**
   * Stable code of the broken rule, for programs.
   * @example 'TOO_LONG'
   */
  code: FieldCode;
}

/** What went wrong, as RFC 9457 has it. A code may add members of its own, such as the `syncId` that was not found. */
export class ProblemDto {
  /**
   * Always `about:blank`; `code` identifies the problem.
   * @example 'about:blank'
   */
  type: string;
  /**
   * Standard phrase of the HTTP status.
   * @example 'Not Found'
   */
  title: string;
  /**
   * HTTP status code of this answer.
   * @example 404
   */
  status: number;
  /**
   * Stable code of the problem, for programs.
   * @example 'SYNC_NOT_FOUND'
   */
  code: string;
  /**
   * Description of the problem with the value that caused it, and the way to solve it.
   * @example 'There is no sync 019a5f0e-7c11-7aaa-8000-000000000000.'
   */
  detail: string;
  /**
   * Address of the request that failed; empty where it could not be read.
   * @example '/api/v1/sync/019a5f0e-7c11-7aaa-8000-000000000000'
   */
  instance: string;
  /** Fields of the request that are wrong, at most 50. */
  errors?: FieldProblemDto[];
  /** Number of further problems that the answer leaves out. */
  moreErrors?: number;
}
