import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FAILURES_PER_MINUTE, FailureLimit } from './failure-limit.ts';
import { GENERAL_LIMIT, RateLimitGuard } from './rate-limit.guard.ts';
import { type LimitRule, RequestLimits } from './request-limits.ts';

/** Limits the requests of each caller. Its place is after the module whose guard authenticates: guards run in that order. */
@Global()
@Module({ providers: [RequestLimits], exports: [RequestLimits] })
export class RateLimitModule {
  /**
   * `perMinute` requests of one caller in a minute; 0 for no limit, those of `@RateLimit` included. `failuresPerMinute`
   * requests of one address with wrong credentials; 0 for no limit.
   */
  static forRoot(perMinute: number, failuresPerMinute: number): DynamicModule {
    const rule: LimitRule = { limit: perMinute, withinMs: 60_000 };
    const guard = [
      { provide: GENERAL_LIMIT, useValue: rule },
      { provide: APP_GUARD, useClass: RateLimitGuard },
    ];
    const failures = [{ provide: FAILURES_PER_MINUTE, useValue: failuresPerMinute }, FailureLimit];
    const providers = perMinute === 0 ? failures : [...failures, ...guard];
    return { module: RateLimitModule, providers, exports: [FailureLimit] };
  }
}
