/** Counts the requests of each principal and address, and its wrong credentials; refuses more than a limit, and to remember more callers than so many. */
export { addressOf, type CallerRequest, callerOf, ipOf } from './caller-key.ts';
export { FailureLimit } from './failure-limit.ts';
export { RateLimit, Unlimited } from './rate-limit.decorator.ts';
export { TooManyRequestsError } from './rate-limit.errors.ts';
export { RateLimitModule } from './rate-limit.module.ts';
export { type LimitRule, RequestLimits } from './request-limits.ts';
