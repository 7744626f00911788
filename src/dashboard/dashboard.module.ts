import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { contentSecurityPolicy } from './content-security-policy.ts';

/** Where the client is built to, as seen from the sources and from what they are built to. */
const CLIENT = fileURLToPath(
  new URL(import.meta.url.includes('/dist/src/') ? '../../dashboard' : '../../dist/dashboard', import.meta.url),
);
/** The client's own pages; every other address is the API's. */
const PAGES = [
  '/',
  '/syncs/:syncId',
  '/content-types',
  '/content-types/:typeKey',
  '/live',
  '/deployments',
  '/deployments/:id',
  '/plans/:id',
  '/platforms',
  '/access-log',
];
/** Stands in the built page wherever the nonce of an answer belongs. */
const NONCE = 'NONCE_OF_THIS_ANSWER';

/** Serves the dashboard: a page over the HTTP API, and its files. */
@Module({})
export class DashboardModule implements OnModuleInit {
  private readonly logger = new Logger(DashboardModule.name);

  constructor(private readonly host: HttpAdapterHost) {}

  async onModuleInit(): Promise<void> {
    // Without HTTP there is nobody to serve.
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance>();
    if (!fastify) return;
    const page = await readFile(join(CLIENT, 'index.html'), 'utf8').catch(() => undefined);
    if (page === undefined) return this.logger.warn('The dashboard is not built. Run "npm run build".');
    // Waiting for it would start the server before Nest has told it how to answer errors.
    void fastify.register(fastifyStatic, {
      root: join(CLIENT, 'assets'),
      prefix: '/assets/',
      // Their names change with their content.
      immutable: true,
      maxAge: '1y',
      preCompressed: true,
      decorateReply: false,
      setHeaders: (reply) => void reply.header('x-content-type-options', 'nosniff'),
    });
    for (const path of PAGES) fastify.get(path, (_request, reply) => sendPage(reply, page));
  }
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-cache')
    .header('content-security-policy', contentSecurityPolicy(nonce))
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(page.replaceAll(NONCE, nonce));
}
