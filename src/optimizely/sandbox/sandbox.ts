import { fastify, type FastifyInstance } from 'fastify';
import { requireToken } from './authentication.ts';
import { contentTypeRoutes } from './content-type.routes.ts';
import { controlRoutes } from './control.routes.ts';
import { observeExchanges } from './exchange.ts';
import { manifestRoutes } from './manifest.routes.ts';
import { otherKindsRoutes } from './other-kinds.routes.ts';
import { answerProblem, Problem } from './error-answer.ts';
import type { TenantCredentials } from './tenant.ts';
import { tokenRoutes } from './token.routes.ts';
import { World } from './world.ts';

export type { TenantCredentials } from './tenant.ts';

export interface SandboxOptions {
  /** 0 by default, which selects a free port. */
  port?: number;
  /** 127.0.0.1 by default. */
  host?: string;
  /** More tenants beside `demo-client`. */
  tenants?: TenantCredentials[];
  /** Refuse `*` in `allowedTypes`, as the live service is reported to do; the official samples use it. */
  strict?: boolean;
}

/** A running sandbox. */
export interface Sandbox {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** Ends every connection, those still waiting for an answer too. */
  close: () => Promise<void>;
}

const DEMO_TENANT = { clientId: 'demo-client', clientSecret: 'demo-secret' };
const BODY_LIMIT = 64 * 1024 * 1024;
const MAX_KEY = 255;

/** Starts a simulated Optimizely CMS (SaaS) in this process. Fails if the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', tenants = [], strict = false } = options;
  const world = new World([DEMO_TENANT, ...tenants], strict);
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_KEY },
    rewriteUrl: ({ url = '/' }) => withoutPrefix(url),
  });
  app.setErrorHandler(answerProblem);
  acceptBodies(app);
  refuseContentCodings(app);
  await app.register((control) => controlRoutes(control, world), { prefix: '/_sandbox' });
  await app.register((api) => apiRoutes(api, world));
  const url = await app.listen({ port, host });
  return { url, close: () => app.close() };
}

async function apiRoutes(api: FastifyInstance, world: World): Promise<void> {
  observeExchanges(api, world);
  tokenRoutes(api, world);
  await api.register(
    (v1) => {
      requireToken(v1, world);
      manifestRoutes(v1, world);
      contentTypeRoutes(v1, world);
      otherKindsRoutes(v1);
      v1.all('/*', notFound);
    },
    { prefix: '/v1' },
  );
  api.all('/*', notFound);
}

function notFound({ url }: { url: string }): never {
  throw Problem.notFound(url);
}

/** Both forms of address become one: `{any}/_cms/v1/oauth/token` and `{any}/_cms/v1/*` lose what is before. */
function withoutPrefix(url: string): string {
  return url.replace(/^[^?]*?\/_cms\/v1\/(oauth\/token(?=$|\?))?/, (_match, token?: string) => `/${token ?? 'v1/'}`);
}

/** JSON under any media type, and forms. Keys such as `__proto__` are data like all others. */
function acceptBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  const json = app.getDefaultJsonParser('ignore', 'ignore');
  app.addContentTypeParser(/^application\/(.+\+)?json/, { parseAs: 'string' }, json);
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
}

/** The service reads no compressed body. */
function refuseContentCodings(app: FastifyInstance): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const coding = request.headers['content-encoding'] ?? 'identity';
    const detail = `The content encoding '${coding}' is not supported.`;
    if (coding.toLowerCase() === 'identity') done(null, payload);
    else done(new Problem(415, 'UnsupportedMediaType', detail));
  });
}
