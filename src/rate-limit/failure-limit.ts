import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../domain-error.ts';
import { addressOf } from './caller-key.ts';
import { assertBelow, type RequestLimit, RequestLimits } from './request-limits.ts';

/** Failures of one address in a minute; 0 for no limit. */
export const FAILURES_PER_MINUTE = Symbol('failures per minute');

/** Bounds how often the credentials that come from one address are wrong. */
@Injectable()
export class FailureLimit {
  private readonly failures: RequestLimit;
  private readonly underWay = new Map<string, number>();

  constructor(
    limits: RequestLimits,
    @Inject(FAILURES_PER_MINUTE) private readonly perMinute: number,
  ) {
    const what = 'requests with a wrong key';
    this.failures = limits.create({ limit: perMinute, withinMs: 60_000, callerOf: addressOf, what });
  }

  /**
   * Runs a check of credentials. It hears whether the address is suspect, because it may have no failures left: credentials
   * that are right must pass even then, and those that are wrong should cost little. Over the limit, an error with status
   * 401 becomes a `TooManyRequestsError`.
   */
  async check<T>(request: FastifyRequest, check: (isSuspect: boolean) => Promise<T>): Promise<T> {
    if (this.perMinute === 0) return check(false);
    const address = addressOf(request);
    const before = this.underWay.get(address) ?? 0;
    this.underWay.set(address, before + 1);
    try {
      const { remaining } = await this.failures.look(request);
      // Those that are under way may all fail.
      return await check(remaining <= before);
    } catch (error) {
      if (error instanceof DomainError && error.httpStatus === 401)
        assertBelow(await this.failures.count(request), error);
      throw error;
    } finally {
      this.leave(address);
    }
  }

  private leave(address: string): void {
    const left = this.underWay.get(address)! - 1;
    if (left === 0) this.underWay.delete(address);
    else this.underWay.set(address, left);
  }
}
