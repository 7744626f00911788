import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Json, JSON_LIMITS } from '#json';
import type { BodyBudget, BodyCharge } from './body-budget.ts';
import { checkBodyHeaders, hasBody, tooLarge } from './body-headers.ts';
import { bodyLimitsOf } from './body-limit.decorator.ts';
import { BodyError } from './body.errors.ts';
import { ByteCollector } from './byte-collector.ts';
import { FairTurns } from './fair-turns.ts';
import { parseInSlices } from './json-body.ts';

/** Methods whose body means nothing, and is not read. */
const BODYLESS = new Set(['GET', 'HEAD', 'DELETE']);

/** Reads the bodies of all routes: bounded in bytes, values and memory, and in slices between which others go on. */
export class BodyIntake {
  private readonly turns = new FairTurns();
  private readonly charges = new WeakMap<FastifyRequest, BodyCharge>();

  constructor(private readonly budget: BodyBudget) {}

  /** Refuses by the headers alone: of such a body nothing is read. */
  installChecks(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (!BODYLESS.has(request.method) && hasBody(request.headers)) {
        checkBodyHeaders(request.headers, bodyLimitsOf(request).bytes);
        this.charges.set(request, this.budget.open(request.raw, reply.raw));
      }
      done();
    });
  }

  installParser(fastify: FastifyInstance): void {
    fastify.removeAllContentTypeParsers();
    // Fastify would look at the type that programs name for each request.
    fastify.addHttpMethod('DELETE', { hasBody: false, overrideExisting: true });
    fastify.addContentTypeParser('*', (request: FastifyRequest) => this.read(request));
  }

  private async read(request: FastifyRequest): Promise<Json> {
    const limits = bodyLimitsOf(request);
    const charge = this.charges.get(request);
    const bytes = await this.receive(request, limits.bytes, charge);
    return parseInSlices(
      bytes,
      { ...JSON_LIMITS, values: limits.values, loneSurrogates: limits.loneSurrogates },
      { onValues: (count) => charge?.holdValues(count), nextTurn: () => this.turns.next() },
    );
  }

  private async receive(request: FastifyRequest, limit: number, charge: BodyCharge | undefined): Promise<Buffer> {
    const collector = new ByteCollector(Number(request.headers['content-length'] ?? 0));
    let count = 0;
    // A refusal must leave the connection whole: it carries the answer.
    for await (const chunk of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      count += chunk.length;
      if (count > limit) throw tooLarge(limit);
      charge?.takeBytes(chunk.length);
      collector.add(chunk);
    }
    if (!request.raw.complete)
      throw new BodyError('BODY_CUT_OFF', 'The connection ended before the body was complete.');
    return collector.whole();
  }
}
