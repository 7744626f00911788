import { DomainError } from '../domain-error.ts';

/** What a caller has left, and the seconds until it has all of them again. */
export const limitHeaders = (state: { limit: number; remaining: number; resetIn: number }): Record<string, number> => ({
  'ratelimit-limit': state.limit,
  'ratelimit-remaining': state.remaining,
  'ratelimit-reset': state.resetIn,
});

/** A caller that has sent as many requests as it may for now. */
export class TooManyRequestsError extends DomainError {
  readonly code = 'TOO_MANY_REQUESTS';
  readonly httpStatus = 429;

  override readonly headers: Record<string, number>;

  /** `what` is counted, in the plural; `cause` is the failure that was one too many. */
  constructor(limit: number, withinMs: number, retryAfter: number, what = 'requests', cause?: unknown) {
    super(
      `You have sent the ${limit} ${what} that a caller may send within ${withinMs / 1_000} s. ` +
        `Send the next one in ${retryAfter} s.`,
      { limit, retryAfter },
      { cause },
    );
    this.headers = limitHeaders({ limit, remaining: 0, resetIn: retryAfter });
  }
}
