/** Something else than the service has answered, such as a proxy. Nobody knows whether the service got the request. */
export class ForeignAnswerError extends Error {
  constructor(
    message: string,
    /** HTTP status of the answer. */
    readonly status: number,
    /** Where a redirect leads to. It is not followed: it would turn a POST into a GET. */
    readonly location: string | null,
  ) {
    super(message);
    this.name = 'ForeignAnswerError';
  }
}
