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
   * Address of the request that failed.
   * @example '/api/v1/sync/019a5f0e-7c11-7aaa-8000-000000000000'
   */
  instance: string;
  /** List of the single problems, at most 50, when there can be several. */
  errors?: unknown[];
  /** Number of further problems that the list leaves out. */
  moreErrors?: number;
}
