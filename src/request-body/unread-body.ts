import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hasBody } from './body-headers.ts';

/** Time for a caller to read an answer that came before the end of its body. */
const LINGER_MS = 2_000;

/** Tells a client that waits (`Expect: 100-continue`) to send its body, once the request is accepted. */
export function installContinue(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
    done();
  });
}

/**
 * Lets an answer arrive that is sent before the end of the body: to close at once would reset the connection, and the
 * caller would see that instead. What still comes is thrown away, for a short time.
 */
export function installLinger(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete && hasBody(request.headers)) {
      // Fastify asks for an end at once.
      reply.removeHeader('connection');
      reply.raw.once('finish', () => linger(request.raw));
    }
    done();
  });
}

function linger(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS);
  timer.unref();
  // Not a listener of the socket's, which lives on.
  request.once('close', () => clearTimeout(timer));
}
