import type { RetryPolicy } from '../tracking-options.ts';

/**
 * How long to wait after failed attempt number `attempt` (the first is 1): what the platform asked for, within the cap,
 * else exponential with jitter on the upper half. `random` is in [0, 1).
 */
export function delayAfter(
  attempt: number,
  policy: RetryPolicy,
  retryAfterMs?: number,
  random = Math.random(),
): number {
  if (retryAfterMs !== undefined) return Math.min(Math.max(retryAfterMs, 0), policy.maxDelayMs);
  // The power may be infinite, and no times infinite is not a number.
  const delay =
    policy.initialDelayMs && Math.min(policy.initialDelayMs * policy.multiplier ** (attempt - 1), policy.maxDelayMs);
  return Math.round(delay / 2 + (delay / 2) * random);
}
