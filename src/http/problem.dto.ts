/** What went wrong, as RFC 9457 has it. A code may add members of its own, such as the `syncId` that was not found. */
export class ProblemDto {
  /**
   * Always `about:blank`: `code` says what it is.
   * @example 'about:blank'
   */
  type: string;
  /**
   * The HTTP status in words.
   * @example 'Not Found'
   */
  title: string;
  /**
   * The HTTP status.
   * @example 404
   */
  status: number;
  /**
   * What went wrong, for programs: it never changes.
   * @example 'SYNC_NOT_FOUND'
   */
  code: string;
  /**
   * What happened, with which value, and the way out.
   * @example 'There is no sync 019a5f0e-7c11-7aaa-8000-000000000000.'
   */
  detail: string;
  /**
   * The address that was asked.
   * @example '/api/v1/sync/019a5f0e-7c11-7aaa-8000-000000000000'
   */
  instance: string;
  /** Each problem by itself, where there may be several; at most 50. */
  errors?: unknown[];
  /** How many problems there are beyond those. */
  moreErrors?: number;
}
