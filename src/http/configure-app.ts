import type { IncomingMessage, ServerResponse } from 'node:http';
import { VersioningType } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { type Authenticate, installAuthentication, installSessions } from '#access';
import { answerFrameworkError } from '#problems';
import { BodyBudget, BodyIntake, installContinue, installLinger } from '#request-body';
import { Redaction } from '#redaction';
import { QueryGuard, RequestValidation } from '#validation';
import { installCallerCheck } from './caller.ts';
import { createHttpServer, serverLimits } from './http-server.ts';
import { openApiDocument } from './openapi-document.ts';
import { installRouteCheck, watchRoutes } from './routes.ts';
import { installSecurityHeaders } from './security-headers.ts';
import { installSecurityTxt } from './security-txt.ts';

const DOCS = 'docs';

export interface HttpOptions {
  /** Names by which the service is reached, beside loopback; `*` for any. */
  allowedHosts?: readonly string[];
  /** Milliseconds in which a request must have arrived with its body. */
  requestMs?: number;
  bodies?: BodyBudget;
  /** Without it, access is open. */
  authenticate?: Authenticate;
  /** 32 bytes for the cookies of browsers that have signed in; without them, no browser can. */
  sessionKey?: Buffer;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[];
  /** Whether the API is shown at `/docs`. */
  docs?: boolean;
  /** Where security holes are reported, as an address. */
  securityContact?: string;
}

/** Nest would add parsers of its own, without our limits. */
class ServiceHttpAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    // Bodies are read by `BodyIntake`.
  }
}

/** The HTTP server underneath. */
export function httpAdapter({ requestMs, trustedProxies = [] }: HttpOptions = {}): FastifyAdapter {
  const limits = serverLimits(requestMs);
  return new ServiceHttpAdapter({
    trustProxy: [...trustedProxies],
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: answerFrameworkError,
    // No route has a schema of Fastify's: its compilers need not be loaded. Answers that are read often are text already.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    serverFactory: (listener: (request: IncomingMessage, response: ServerResponse) => void) =>
      createHttpServer(listener, limits),
    // The server has its own.
    clientErrorHandler: () => undefined,
  });
}

/** What `main.ts` and the tests share: limits, validation, errors, versioning, documentation, shutdown. */
export function configureApp(
  app: NestFastifyApplication,
  {
    allowedHosts = [],
    bodies = new BodyBudget(),
    authenticate,
    sessionKey,
    docs = true,
    securityContact,
  }: HttpOptions = {},
): NestFastifyApplication {
  app.setGlobalPrefix('api', { exclude: ['health/live', 'health/ready', 'metrics', 'sign-in', 'sign-in/callback'] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.useGlobalGuards(new QueryGuard());
  app.useGlobalPipes(new RequestValidation(app.get(Redaction)));
  app.enableShutdownHooks();
  const fastify = app.getHttpAdapter().getInstance();
  const intake = new BodyIntake(bodies);
  intake.installParser(fastify);
  installSecurityHeaders(fastify, `/${DOCS}`);
  const routes = watchRoutes(fastify);
  if (sessionKey) installSessions(fastify, sessionKey);
  // After the headers, which plugins set as they load, and in this order: who asks, for what, and with which body.
  void fastify.register(
    inPlace((instance) => {
      installCallerCheck(instance, allowedHosts);
      if (authenticate) installAuthentication(instance, authenticate);
      installRouteCheck(instance, routes);
      intake.installChecks(instance);
      installContinue(instance);
      installLinger(instance);
    }),
  );
  if (securityContact !== undefined) installSecurityTxt(fastify, securityContact);
  if (docs) SwaggerModule.setup(DOCS, app, () => openApiDocument(app), { jsonDocumentUrl: 'docs-json' });
  return app;
}

function noCompiler(): never {
  throw new Error('Routes have no schema for Fastify: requests are read by `RequestValidation`.');
}

/** A plugin whose hooks are those of the whole server. */
function inPlace(install: (instance: FastifyInstance) => void): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (instance, _options, done) => {
    install(instance);
    done();
  };
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
