import fastifyRateLimit from '@fastify/rate-limit';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type CallerRequest, callerOf } from './caller-key.ts';
import { TooManyRequestsError } from './rate-limit.errors.ts';

/** So many requests of one caller within a time. */
export interface LimitRule {
  limit: number;
  withinMs: number;
  /** Whose requests are counted together; those of {@link callerOf} by default. */
  callerOf?: (request: CallerRequest) => string;
  /** What is counted, in the plural; requests by default. */
  what?: string;
}

/** What a caller has left. */
export interface LimitState extends LimitRule {
  remaining: number;
  /** Seconds until it has all of them again. */
  resetIn: number;
  isExceeded: boolean;
}

type Check = ReturnType<FastifyInstance['createRateLimit']>;

/** Counts by one rule, in this process alone; it remembers the 5,000 callers that came last. */
export class RequestLimit {
  private check: Check | undefined;

  constructor(
    private readonly server: () => FastifyInstance,
    private readonly rule: LimitRule,
  ) {}

  /** Counts a request. */
  count(request: FastifyRequest): Promise<LimitState> {
    return this.state(request, true);
  }

  /** Counts nothing. */
  look(request: FastifyRequest): Promise<LimitState> {
    return this.state(request, false);
  }

  private async state(request: FastifyRequest, increment: boolean): Promise<LimitState> {
    const { limit, withinMs, callerOf: keyOf = callerOf } = this.rule;
    this.check ??= this.server().createRateLimit({
      max: limit,
      timeWindow: withinMs,
      keyGenerator: (sent) => keyOf(sent),
    });
    const state = await this.check(request, { increment });
    if (state.isAllowed) return { ...this.rule, remaining: limit, resetIn: 0, isExceeded: false };
    return { ...this.rule, remaining: state.remaining, resetIn: state.ttlInSeconds, isExceeded: state.isExceeded };
  }
}

/** Throws {@link TooManyRequestsError} for a caller that has sent more than it may. */
export function assertBelow({ limit, withinMs, resetIn, isExceeded, what }: LimitState, cause?: unknown): void {
  if (isExceeded) throw new TooManyRequestsError(limit, withinMs, resetIn, what, cause);
}

/** Makes limits. */
@Injectable()
export class RequestLimits implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    // A command has no server.
    const server = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    void server?.register?.(fastifyRateLimit, { global: false });
  }

  create(rule: LimitRule): RequestLimit {
    return new RequestLimit(() => this.host.httpAdapter.getInstance<FastifyInstance>(), rule);
  }
}
