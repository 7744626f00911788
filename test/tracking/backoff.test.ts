import * as fc from 'fast-check';
import { delayAfter } from '#tracking';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../../src/tracking-options.ts';

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 10 }),
  initialDelayMs: fc.integer({ min: 0, max: 60_000 }),
  multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
  maxDelayMs: fc.integer({ min: 0, max: 600_000 }),
});
const attempts = fc.integer({ min: 1, max: 2_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const waits = fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));

/** The delay without jitter. */
const full = (attempt: number, { initialDelayMs, multiplier, maxDelayMs }: RetryPolicy) =>
  initialDelayMs === 0 ? 0 : Math.min(initialDelayMs * multiplier ** (attempt - 1), maxDelayMs);

describe('the wait after a failed attempt', () => {
  it('is a number of milliseconds in the upper half of the exponential delay, and never above the cap', () => {
    fc.assert(
      fc.property(attempts, policies, randoms, (attempt, policy, random) => {
        const delay = delayAfter(attempt, policy, undefined, random);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full(attempt, policy) / 2));
        expect(delay).toBeLessThanOrEqual(Math.ceil(full(attempt, policy)));
        expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
      }),
      { examples: [[2_000, { maxAttempts: 3, initialDelayMs: 0, multiplier: 10, maxDelayMs: 1 }, 0.5]] },
    );
  });

  it('does not become shorter from one attempt to the next, the same luck given', () => {
    fc.assert(
      fc.property(attempts, policies, randoms, (attempt, policy, random) => {
        const wait = (number: number) => delayAfter(number, policy, undefined, random);
        expect(wait(attempt + 1)).toBeGreaterThanOrEqual(wait(attempt));
      }),
    );
  });

  it('is what the platform asked for, within the cap, whatever the luck', () => {
    fc.assert(
      fc.property(attempts, policies, waits, randoms, (attempt, policy, asked, random) => {
        expect(delayAfter(attempt, policy, asked, random)).toBe(Math.min(asked, policy.maxDelayMs));
      }),
    );
    expect(delayAfter(1, DEFAULT_RETRY_POLICY, -5)).toBe(0);
  });

  it('differs from caller to caller, so that they do not come back together', () => {
    const seen = new Set(Array.from({ length: 50 }, () => delayAfter(1, DEFAULT_RETRY_POLICY)));
    expect(seen.size).toBeGreaterThan(10);
  });

  it('is by default about 1 s, then 2 s, then 4 s, and never more than 30 s', () => {
    const longest = [1, 2, 3, 6, 60].map((attempt) => delayAfter(attempt, DEFAULT_RETRY_POLICY, undefined, 1 - 1e-9));
    expect(longest).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
    expect(delayAfter(1, DEFAULT_RETRY_POLICY, undefined, 0)).toBe(500);
  });
});
