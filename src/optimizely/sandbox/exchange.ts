import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fault } from './faults.ts';
import { type JournalEntry, masked } from './journal.ts';
import { Problem } from './error-answer.ts';
import type { Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** An API request while it is being answered. */
export interface Exchange {
  entry: JournalEntry;
  fault: Fault | undefined;
  startedAt: number;
  tenant?: Tenant;
  revisionBefore?: number;
  actor?: string;
}

const EXCHANGE = Symbol('exchange');

export function exchangeOf(request: FastifyRequest): Exchange {
  return request.getDecorator<Exchange>(EXCHANGE);
}

/** The tenant of an authenticated request. */
export function tenantOf(request: FastifyRequest): Tenant {
  return exchangeOf(request).tenant!;
}

/** Who is written down as the author of what an authenticated request changes. */
export function actorOf(request: FastifyRequest): string {
  return exchangeOf(request).actor!;
}

/** Writes every request of this part of the server into the journal, and lets faults strike. */
export function observeExchanges(app: FastifyInstance, { clock, faults, journal }: World): void {
  app.decorateRequest(EXCHANGE, undefined);

  app.addHook('onRequest', (request, _reply, done) => {
    const entry = journal.open(request, clock.now());
    const fault = faults.strike(entry.method, entry.path);
    entry.fault = fault?.kind ?? null;
    request.setDecorator<Exchange>(EXCHANGE, { entry, fault, startedAt: performance.now() });
    done();
  });

  app.addHook('preHandler', (request, reply, done) => {
    const exchange = exchangeOf(request);
    exchange.entry.body = masked(request.body);
    if (!exchange.fault || !answerInstead(exchange.fault, exchange, request, reply)) done();
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const exchange = exchangeOf(request);
    const { entry, fault, tenant, revisionBefore } = exchange;
    entry.tenant = tenant?.credentials.clientId ?? null;
    entry.changedState = tenant !== undefined && tenant.revision !== (revisionBefore ?? tenant.revision);
    // Without a reference: a closed sandbox does not keep its process waiting.
    if (fault?.kind === 'slow') await delay(fault.delayMs, undefined, { ref: false });
    const spoilt = fault ? spoil(fault, request, reply, payload) : payload;
    finish(exchange, fault?.kind === 'reset-after' ? null : reply.statusCode);
    return spoilt;
  });
}

function answerInstead(fault: Fault, exchange: Exchange, request: FastifyRequest, reply: FastifyReply): boolean {
  const { kind, status, headers, body } = fault;
  if (kind === 'reset-before') {
    finish(exchange, null);
    reply.hijack();
    request.raw.socket.resetAndDestroy();
  } else if (kind === 'html') {
    const page = `<html><body><h1>${status}</h1><p>The gateway got no answer.</p></body></html>`;
    void reply.code(status).type('text/html').headers(headers).send(page);
  } else if (kind === 'empty' && status >= 300) {
    void reply.code(status).headers(headers).send();
  } else if (kind === 'status') {
    void reply
      .code(status)
      .type(typeof body === 'string' ? 'text/plain' : errorType(status))
      .headers(headers);
    void reply.send(typeof body === 'string' ? body : JSON.stringify(body ?? errorBody(status, exchange.entry.path)));
  } else {
    return false;
  }
  return true;
}

function spoil(
  { kind, status, headers }: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): unknown {
  if (kind === 'reset-after') request.raw.socket.resetAndDestroy();
  if (kind === 'truncated' && typeof payload === 'string') return payload.slice(0, payload.length / 2);
  if (kind !== 'empty' || status >= 300) return payload;
  reply.code(status).removeHeader('content-type').headers(headers);
  return null;
}

function finish({ entry, startedAt }: Exchange, status: number | null): void {
  entry.status = status;
  entry.durationMs = performance.now() - startedAt;
}

/** The service declares its 429 as plain JSON, every other error as a problem. */
function errorType(status: number): string {
  return status === 429 || status < 400 ? 'application/json' : 'application/problem+json';
}

function errorBody(status: number, path: string): object {
  if (path.endsWith('/oauth/token') && (status === 400 || status === 401)) {
    return { error: 'invalid_client', error_description: 'The client credentials are invalid.' };
  }
  if (status === 429) return new Problem(429, 'TooManyRequests', 'Rate limit exceeded');
  return new Problem(status, 'Fault', 'A fault was set to strike this call.');
}
