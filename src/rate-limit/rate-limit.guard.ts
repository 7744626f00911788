import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ROUTE_LIMIT } from './rate-limit.decorator.ts';
import { limitHeaders } from './rate-limit.errors.ts';
import { assertBelow, type LimitRule, type RequestLimit, RequestLimits } from './request-limits.ts';

/** The rule for all requests. */
export const GENERAL_LIMIT = Symbol('general limit');

/** Refuses what is over the limit of its caller. It comes after the guard that finds out who the caller is. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly general: RequestLimit;
  private readonly ofRoutes = new WeakMap<object, RequestLimit>();

  constructor(
    private readonly limits: RequestLimits,
    private readonly reflector: Reflector,
    @Inject(GENERAL_LIMIT) rule: LimitRule,
  ) {
    this.general = limits.create(rule);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Adapters are called through guards too.
    if (context.getType() !== 'http') return true;
    const own = this.reflector.getAllAndOverride<LimitRule | null | undefined>(ROUTE_LIMIT, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (own === null) return true;
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    await count(this.general, request, reply);
    if (own) await count(this.limitOf(context.getHandler(), own), request, reply);
    return true;
  }

  private limitOf(handler: object, rule: LimitRule): RequestLimit {
    const limit = this.ofRoutes.get(handler) ?? this.limits.create(rule);
    this.ofRoutes.set(handler, limit);
    return limit;
  }
}

async function count(limit: RequestLimit, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const state = await limit.count(request);
  void reply.headers(limitHeaders(state));
  assertBelow(state);
}
