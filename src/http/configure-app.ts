import { UnsupportedMediaTypeException, VersioningType } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { answerFrameworkError, DomainErrorFilter } from './domain-error.filter.ts';
import { BODY_LIMIT, parseBody } from './json-body.ts';
import { openApiDocument } from './openapi-document.ts';
import { RequestValidation } from './request-validation.ts';

const JSON_TYPES = ['application/json', /^application\/.+\+json($|;)/];
/** What any web page may send to any address, and Nest and Fastify would take. */
const FORM_TYPES = ['application/x-www-form-urlencoded', 'text/plain'];

/** The HTTP server underneath; its limits stand here. */
export function httpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: answerFrameworkError,
  });
}

/** What `main.ts` and the tests share: validation, errors, versioning, documentation, shutdown. */
export function configureApp(app: NestFastifyApplication): NestFastifyApplication {
  app.setGlobalPrefix('api', { exclude: ['health/live', 'health/ready', 'metrics'] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.useGlobalPipes(new RequestValidation());
  app.useGlobalFilters(new DomainErrorFilter());
  app.enableShutdownHooks();
  for (const type of JSON_TYPES) {
    app.useBodyParser(type, { bodyLimit: BODY_LIMIT }, (_request, body, done) => {
      try {
        done(null, parseBody(body));
      } catch (error) {
        done(error as Error);
      }
    });
  }
  for (const type of FORM_TYPES) {
    app.useBodyParser(type, { bodyLimit: BODY_LIMIT }, (_request, _body, done) =>
      done(new UnsupportedMediaTypeException(`A body of type ${type} is not taken: send JSON, as application/json.`)),
    );
  }
  SwaggerModule.setup('docs', app, () => openApiDocument(app), { jsonDocumentUrl: 'docs-json' });
  return app;
}
