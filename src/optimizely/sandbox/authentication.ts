import type { FastifyInstance } from 'fastify';
import { exchangeOf } from './exchange.ts';
import { Problem } from './error-answer.ts';
import type { World } from './world.ts';

/** Asks every request of this part of the server for a live token, which also chooses its tenant. */
export function requireToken(app: FastifyInstance, world: World): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const grant = token === undefined ? undefined : world.tokens.grantOf(token);
    const tenant = grant && world.tenant(grant.clientId);
    if (!grant || !tenant) {
      done(new Problem(401, 'Unauthorized', 'The access token is missing, unknown or expired.'));
      return;
    }
    Object.assign(exchangeOf(request), { tenant, revisionBefore: tenant.revision, actor: grant.actor });
    done();
  });
}
