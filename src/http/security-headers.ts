import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

const NOTHING = {
  'default-src': [`'none'`],
  'base-uri': [`'none'`],
  'form-action': [`'none'`],
  'frame-ancestors': [`'none'`],
};
/** Swagger UI sets styles of its own. */
const DOCS = {
  ...NOTHING,
  'script-src': [`'self'`],
  'style-src': [`'self'`, `'unsafe-inline'`],
  'img-src': [`'self'`, 'data:'],
  'connect-src': [`'self'`],
};

/** On every answer; the dashboard's page has a policy of its own, with a nonce. */
export function installSecurityHeaders(fastify: FastifyInstance, docs: string): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url !== docs && !route.url.startsWith(`${docs}/`)) return;
    const contentSecurityPolicy = { useDefaults: false, directives: DOCS };
    route.config = Object.assign(route.config ?? {}, { helmet: { contentSecurityPolicy } });
  });
  void fastify.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: NOTHING },
    frameguard: { action: 'deny' },
    // The proxy that ends TLS before us knows whether all of its hosts use it.
    strictTransportSecurity: false,
  });
}
