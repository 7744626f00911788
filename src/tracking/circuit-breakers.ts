import {
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel';
import { Inject, Injectable } from '@nestjs/common';
import { PlatformError, type Target } from '#platform';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';

export type CircuitName = 'closed' | 'open' | 'half-open';

/** Breakers of one process: callers may choose the names of environments. */
export const MAX_CIRCUITS = 200;

/** The breaker of one environment of a platform. */
export interface Circuit {
  platform: string;
  environment: string;
  state: CircuitName;
}

const NAMES: Record<CircuitState, CircuitName> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/** Keeps an outage from becoming a storm: one breaker per platform and environment, in each process. */
@Injectable()
export class CircuitBreakers {
  private readonly breakers = new Map<string, { circuit: Omit<Circuit, 'state'>; policy: CircuitBreakerPolicy }>();

  constructor(@Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions) {}

  /**
   * Runs an attempt, or throws a `PlatformError` with code CIRCUIT_OPEN without running it. `assertClosed` throws what
   * becomes the same: for an attempt that waits for its turn while others fail.
   */
  async execute<T>(target: Target, attempt: (assertClosed: () => void) => Promise<T>): Promise<T> {
    const { policy } = this.breaker(target);
    try {
      return await policy.execute(() => {
        const entered = policy.state;
        return attempt(() => {
          if (policy.state !== CircuitState.Closed && policy.state !== entered) throw new BrokenCircuitError();
        });
      });
    } catch (error) {
      throw error instanceof BrokenCircuitError ? this.refusal(target, policy) : error;
    }
  }

  /** The breakers that have been used last. */
  states(): Circuit[] {
    return [...this.breakers.values()].map(({ circuit, policy }) => ({ ...circuit, state: NAMES[policy.state] }));
  }

  private refusal({ platform, environment }: Target, policy: CircuitBreakerPolicy): CircuitOpenError {
    const { failures, resetMs } = this.options.circuit;
    return new CircuitOpenError({
      code: 'CIRCUIT_OPEN',
      outcome: 'NOT_APPLIED',
      retryable: false,
      message:
        `This attempt was not sent: ${platform} "${environment}" failed ${failures} times in a row. ` +
        `One call is let through every ${resetMs} ms; when it succeeds, all are again.`,
      metadata: { circuit: { state: NAMES[policy.state], failures, resetMs } },
    });
  }

  private breaker({ platform, environment }: Target) {
    const key = JSON.stringify([platform, environment]);
    let breaker = this.breakers.get(key);
    if (!breaker) {
      const { failures, resetMs } = this.options.circuit;
      const policy = circuitBreaker(handleWhen(isOutage), {
        breaker: new ConsecutiveBreaker(failures),
        halfOpenAfter: resetMs,
      });
      breaker = { circuit: { platform, environment }, policy };
    }
    // The map is in the order of use.
    this.breakers.delete(key);
    this.breakers.set(key, breaker);
    if (this.breakers.size > MAX_CIRCUITS) this.forgetOne();
    return breaker;
  }

  /** The one that was used longest ago: a closed one, if there is any. */
  private forgetOne(): void {
    const keys = [...this.breakers.keys()];
    const closed = keys.find((key) => this.breakers.get(key)!.policy.state === CircuitState.Closed);
    this.breakers.delete(closed ?? keys[0]!);
  }
}

/** A call that was not sent, because the platform has failed several times in a row. */
class CircuitOpenError extends PlatformError {
  override readonly httpStatus = 503;
}

/** The platform does not answer, or only that it cannot: not that it refuses what was sent. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof PlatformError) || error.retryable === false) return false;
  return error.statusCode === undefined || error.statusCode >= 500;
}
