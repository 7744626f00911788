import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { currentCaller, principalText } from '#access';
import { problemOf } from '#problems';
import { canonicalDigestAsync } from '#json';
import { redactedInPassing } from '#redaction';
import { IdempotencyKeyBusyError, InvalidIdempotencyKeyError } from './idempotency.errors.ts';
import { type Claim, IdempotencyService, type KeyedRequest, type StoredAnswer } from './idempotency.service.ts';
import { RequestIds } from './request-ids.ts';

/** What is needed of a request, whatever the HTTP server underneath. */
export interface IdempotentRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body?: unknown;
  /** From the seed of its key. */
  ids?: RequestIds;
}

interface Reply {
  statusCode: number;
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  getHeader(name: string): unknown;
}

/**
 * Answers a request with an `Idempotency-Key` once: who sends it again gets the first answer. A request that was refused
 * (4xx) did nothing and leaves no key; one that failed (5xx) may have, and keeps its ids for a repeated request.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly keys: IdempotencyService,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler<unknown>): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<IdempotentRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return next.handle();
    const reply = http.getResponse<Reply>();
    const claim = await this.claim(await keyed(this.scope(context, request), key, request), reply);
    if ('body' in claim) return of(replay(claim, reply));
    const ids = (request.ids = new RequestIds(claim.seed));
    return of(await this.answer(claim, ids, next, reply));
  }

  private async answer(claim: Claim, ids: RequestIds, next: CallHandler<unknown>, reply: Reply): Promise<unknown> {
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle());
    } catch (error) {
      if (problemOf(error).status < 500) await this.keys.forget(claim);
      else await this.keys.release(claim);
      throw error;
    }
    // What took no id made nothing, as a dry run: its answer is not worth a row.
    if (!ids.wereTaken) {
      await this.keys.forget(claim);
      return body;
    }
    const location = reply.getHeader('location');
    await this.keys.keep(claim, {
      status: reply.statusCode,
      location: typeof location === 'string' ? location : null,
      body: JSON.stringify(body),
    });
    return body;
  }

  private async claim(request: KeyedRequest, reply: Reply): Promise<Claim | StoredAnswer> {
    try {
      return await this.keys.claim(request);
    } catch (error) {
      if (error instanceof IdempotencyKeyBusyError) reply.header('retry-after', String(error.retryAfter));
      throw error;
    }
  }

  private scope(context: ExecutionContext, { method }: IdempotentRequest): string {
    const [controller, handler] = [context.getClass(), context.getHandler()].map((target) =>
      this.reflector.get<string>('path', target),
    );
    // Another principal's answer is nobody else's business.
    const { principal } = currentCaller();
    return `${principal ? `${principalText(principal)} ` : ''}${method} ${controller}/${handler}`;
  }
}

async function keyed(scope: string, key: string | string[], { url, body }: IdempotentRequest): Promise<KeyedRequest> {
  const isGood = typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key) && redactedInPassing(key) === key;
  if (!isGood) throw new InvalidIdempotencyKeyError();
  return { scope, key, digest: await canonicalDigestAsync({ url, body }, { loneSurrogates: true }) };
}

function replay({ status, location, body }: StoredAnswer, reply: Reply): unknown {
  reply.status(status);
  reply.header('idempotency-replayed', 'true');
  if (location !== null) reply.header('location', location);
  return JSON.parse(body);
}
