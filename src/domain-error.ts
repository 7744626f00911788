/**
 * An error the caller can act on. `code` is stable and part of the API, `message` says what happened, with which
 * value, and the way out; `details` become members of the problem document.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  /** Status of the HTTP answer that this error becomes. */
  abstract readonly httpStatus: number;
  /** Headers of that answer. */
  readonly headers?: Record<string, string | number>;

  constructor(
    message: string,
    readonly details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
