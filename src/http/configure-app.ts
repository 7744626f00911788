import type { IncomingMessage, ServerResponse } from 'node:http';
import { VersioningType } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { BodyBudget, BodyIntake, installContinue, installLinger } from '#request-body';
import { RequestValidation } from '#validation';
import { installCallerCheck } from './caller.ts';
import { answerFrameworkError, DomainErrorFilter } from './domain-error.filter.ts';
import { createHttpServer, serverLimits } from './http-server.ts';
import { openApiDocument } from './openapi-document.ts';
import { installRouteCheck, watchRoutes } from './routes.ts';
import { installSecurityHeaders } from './security-headers.ts';

const DOCS = 'docs';

export interface HttpOptions {
  /** Names by which the service is reached, beside loopback; `*` for any. */
  allowedHosts?: readonly string[];
  /** Milliseconds in which a request must have arrived with its body. */
  requestMs?: number;
  bodies?: BodyBudget;
}

/** Nest would add parsers of its own, without our limits. */
class ServiceHttpAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    // Bodies are read by `BodyIntake`.
  }
}

/** The HTTP server underneath. */
export function httpAdapter({ requestMs }: HttpOptions = {}): FastifyAdapter {
  const limits = serverLimits(requestMs);
  return new ServiceHttpAdapter({
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: answerFrameworkError,
    // No route has a schema of Fastify's: its compilers need not be loaded.
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
  { allowedHosts = [], bodies = new BodyBudget() }: HttpOptions = {},
): NestFastifyApplication {
  app.setGlobalPrefix('api', { exclude: ['health/live', 'health/ready', 'metrics'] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.useGlobalPipes(new RequestValidation());
  app.useGlobalFilters(new DomainErrorFilter());
  app.enableShutdownHooks();
  const fastify = app.getHttpAdapter().getInstance();
  const intake = new BodyIntake(bodies);
  intake.installParser(fastify);
  installSecurityHeaders(fastify, `/${DOCS}`);
  const routes = watchRoutes(fastify);
  // After the headers, which plugins set as they load, and in this order: who asks, for what, and with which body.
  void fastify.register(
    inPlace((instance) => {
      installCallerCheck(instance, allowedHosts);
      installRouteCheck(instance, routes);
      intake.installChecks(instance);
      installContinue(instance);
      installLinger(instance);
    }),
  );
  SwaggerModule.setup(DOCS, app, () => openApiDocument(app), { jsonDocumentUrl: 'docs-json' });
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
