import type { FastifyInstance } from 'fastify';
import { tenantOf } from './exchange.ts';
import { pageOf, type Query } from './paging.ts';
import { Problem } from './error-answer.ts';
import { requireUnchanged } from './preconditions.ts';
import { answerRead, answerWrite } from './resource-answer.ts';

const KINDS = {
  locales: 'locales',
  propertygroups: 'propertyGroups',
  displaytemplates: 'displayTemplates',
} as const;

/** Lists, gets and deletes what is no content type; it is written through the manifest. */
export function otherKindsRoutes(app: FastifyInstance): void {
  for (const [path, kind] of Object.entries(KINDS)) {
    app.get<{ Querystring: Query }>(`/${path}`, (request, reply) =>
      reply.send(pageOf<object>(tenantOf(request)[kind].bodies(), request.query)),
    );

    app.get<{ Params: { key: string } }>(`/${path}/:key`, (request, reply) => {
      const { key } = request.params;
      const resource = tenantOf(request)[kind].get(key);
      if (!resource) throw Problem.notFound(key);
      return answerRead(request, reply, resource);
    });

    // Whether the service lets a group or a template go while a type uses it is not known: here it does.
    app.delete<{ Params: { key: string } }>(`/${path}/:key`, (request, reply) => {
      const { key } = request.params;
      const resource = tenantOf(request)[kind].get(key);
      if (!resource) throw Problem.notFound(key);
      requireUnchanged(request.headers, resource);
      if ('source' in resource.body) throw Problem.invalid(`'${key}' is built in and cannot be deleted.`);
      tenantOf(request)[kind].delete(key);
      return answerWrite(request, reply.code(204), resource.body);
    });
  }
}
