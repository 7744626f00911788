import type { FastifyInstance } from 'fastify';
import { createContentType, patchContentType } from './content-type.edits.ts';
import { readFaults } from './faults.ts';
import { Problem } from './error-answer.ts';
import { readAs, type Shape } from './shape.ts';
import type { World } from './world.ts';

type OfTenant = { Params: { key: string }; Querystring: { tenant?: string } };

const EDIT = {
  closed: true,
  required: ['author', 'changes'],
  fields: { author: 'string', changes: 'object' },
} as const satisfies Shape;
const COUNT = { closed: true, required: ['count'], fields: { count: 'int32' } } as const satisfies Shape;
const ADVANCE = { closed: true, required: ['advanceMs'], fields: { advanceMs: 'int32' } } as const satisfies Shape;

/** What a test may do to the sandbox and see of it; no part of the real service, and not in the journal. */
export function controlRoutes(app: FastifyInstance, world: World): void {
  app.get('/journal', (_request, reply) => reply.send(world.journal.entries));

  app.post('/faults', (request, reply) => {
    world.faults.add(readFaults(request.body));
    return reply.code(204).send();
  });

  app.delete('/faults', (_request, reply) => {
    world.faults.clear();
    return reply.code(204).send();
  });

  app.post('/clock', (request, reply) => {
    const { advanceMs } = readAs(ADVANCE, request.body, 'step of the clock');
    if (advanceMs < 0) throw Problem.invalid('The clock only goes forward.');
    world.clock.advance(advanceMs);
    return reply.send({ now: new Date(world.clock.now()).toISOString() });
  });

  app.post('/reset', (_request, reply) => {
    world.reset();
    return reply.code(204).send();
  });

  /** An edit behind our back: no data loss warning, but the rules of the model hold. */
  app.put<OfTenant>('/content-types/:key', (request, reply) => {
    const { author, changes } = readAs(EDIT, request.body, 'edit');
    const { key } = request.params;
    const tenant = world.namedTenant(request.query.tenant);
    const options = { author, ignoreDataLoss: true, strict: world.strict };
    const before = tenant.contentTypes.get(key);
    const after = before
      ? patchContentType(tenant, before.body, changes, options)
      : createContentType(tenant, { ...changes, key }, options);
    return reply.code(before ? 200 : 201).send(after.body);
  });

  /** A deletion behind our back, also of a type that has content. */
  app.delete<OfTenant>('/content-types/:key', (request, reply) => {
    const { key } = request.params;
    const tenant = world.namedTenant(request.query.tenant);
    if (!tenant.contentTypes.get(key)) throw Problem.notFound(key);
    tenant.contentTypes.delete(key);
    return reply.code(204).send();
  });

  /** What the tenant holds, at this very moment. */
  app.get<OfTenant>('/content-types', (request, reply) => {
    const tenant = world.namedTenant(request.query.tenant);
    return reply.send(tenant.contentTypes.bodies());
  });

  app.put<OfTenant>('/content-instances/:key', (request, reply) => {
    const { count } = readAs(COUNT, request.body, 'count of instances');
    const tenant = world.namedTenant(request.query.tenant);
    if (count < 0) throw Problem.invalid('The count must be 0 or more.');
    if (!tenant.contentTypes.get(request.params.key)) throw Problem.notFound(request.params.key);
    tenant.instances.set(request.params.key, count);
    return reply.code(204).send();
  });

  app.all('/*', (request) => {
    throw Problem.notFound(request.url);
  });
}
