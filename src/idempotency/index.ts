/** Answers a repeated request as the first time; refuses a key that comes with another request. */
export { IdempotencyService } from './idempotency.service.ts';
export { Idempotent, Ids } from './idempotency.decorator.ts';
export { RequestIds } from './request-ids.ts';
