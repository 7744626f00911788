import type { FastifyInstance } from 'fastify';

const PATH = '/.well-known/security.txt';
const DAY_MS = 24 * 60 * 60 * 1000;
/** RFC 9116 wants a file to expire, within a year. */
const VALID_DAYS = 90;

/** Says where to report security holes (RFC 9116). */
export function installSecurityTxt(fastify: FastifyInstance, contact: string): void {
  fastify.get(PATH, (_request, reply) => {
    const expires = new Date(Math.ceil(Date.now() / DAY_MS + VALID_DAYS) * DAY_MS).toISOString();
    return reply
      .type('text/plain; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .send(`Contact: ${contact}\nExpires: ${expires}\nPreferred-Languages: en\n`);
  });
}
