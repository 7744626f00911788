import type { FieldProblem } from '#validation';
import { DomainError } from '../domain-error.ts';

/** An interval of which more of the history would be read than an answer may. */
export class IntervalTooLongError extends DomainError {
  readonly code = 'INTERVAL_TOO_LONG';
  readonly httpStatus = 400;

  constructor(limitDays: number, names: string[]) {
    super(
      `The filter ${names.join(', ')} needs the history itself, of which an answer reads at most ${limitDays} days. ` +
        'Choose a shorter interval, leave the filter out, or name a deployment or a call.',
      {
        errors: names.map((field) => problem(field, `needs an interval of at most ${limitDays} days`)),
        limitDays,
      },
    );
  }
}

/** An interval in more buckets than an answer may have. */
export class TooManyBucketsError extends DomainError {
  readonly code = 'TOO_MANY_BUCKETS';
  readonly httpStatus = 400;

  constructor(bucket: string, limit: number) {
    super(`An answer has at most ${limit} buckets. Use a larger bucket than ${bucket}, or a shorter interval.`, {
      errors: [problem('bucket', `would be more than ${limit}`)],
      limit,
    });
  }
}

const problem = (field: string, detail: string): FieldProblem => ({ field, detail, code: 'TOO_MANY' });
