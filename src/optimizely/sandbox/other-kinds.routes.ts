import type { FastifyInstance } from 'fastify';
import { tenantOf } from './exchange.ts';
import { pageOf, type Query } from './paging.ts';
import { Problem } from './error-answer.ts';
import { answerRead } from './resource-answer.ts';

const KINDS = {
  locales: 'locales',
  propertygroups: 'propertyGroups',
  displaytemplates: 'displayTemplates',
} as const;

/** Lists and gets what is no content type; it is written through the manifest. */
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
  }
}
