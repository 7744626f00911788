export { IdempotencyService } from './idempotency.service.ts';
export { Idempotent, Ids } from './idempotency.decorator.ts';
export { RequestIds } from './request-ids.ts';
