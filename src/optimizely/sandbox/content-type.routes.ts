import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Resource } from './collection.ts';
import { createContentType, deleteContentType, type EditOptions, patchContentType } from './content-type.edits.ts';
import { ignoresDataLoss } from './data-loss.ts';
import { actorOf, tenantOf } from './exchange.ts';
import type { StoredContentType } from './model.ts';
import { listed, pageOf, type Query } from './paging.ts';
import { requireUnchanged } from './preconditions.ts';
import { Problem } from './error-answer.ts';
import { answerRead, answerWrite, withValidators } from './resource-answer.ts';
import type { World } from './world.ts';

type ByKey = { Params: { key: string } };

/** The single content type calls. */
export function contentTypeRoutes(app: FastifyInstance, { strict }: World): void {
  app.get<{ Querystring: Query }>('/contenttypes', (request, reply) => {
    const sources = listed(request.query, 'sources');
    const types = tenantOf(request).contentTypes.bodies();
    const wanted = types.filter(({ source }) => sources.length === 0 || sources.includes(source ?? 'DEFAULT'));
    return reply.send(pageOf(wanted, request.query));
  });

  app.post('/contenttypes', (request, reply) => {
    const resource = createContentType(tenantOf(request), request.body, optionsOf(request, strict));
    reply.code(201).header('location', `${request.originalUrl.split('?', 1)[0]}/${resource.body.key}`);
    return answerWrite(request, withValidators(reply, resource), resource.body);
  });

  app.get<ByKey>('/contenttypes/:key', (request, reply) => answerRead(request, reply, found(request)));

  app.patch<ByKey>('/contenttypes/:key', (request, reply) => {
    if (!/^application\/merge-patch\+json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new Problem(415, 'UnsupportedMediaType', 'A patch must be application/merge-patch+json.');
    }
    const before = found(request);
    requireUnchanged(request.headers, before);
    const after = patchContentType(tenantOf(request), before.body, request.body, optionsOf(request, strict));
    return answerWrite(request, withValidators(reply.code(204), after), after.body);
  });

  app.delete<ByKey>('/contenttypes/:key', (request, reply) => {
    const resource = found(request);
    requireUnchanged(request.headers, resource);
    deleteContentType(tenantOf(request), resource.body);
    return answerWrite(request, reply.code(204), resource.body);
  });
}

function found(request: FastifyRequest<ByKey>): Resource<StoredContentType> {
  const { key } = request.params;
  const resource = tenantOf(request).contentTypes.get(key);
  if (!resource) throw Problem.notFound(key);
  return resource;
}

function optionsOf(request: FastifyRequest, strict: boolean): EditOptions {
  return { author: actorOf(request), ignoreDataLoss: ignoresDataLoss(request.headers), strict };
}
