import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { exchangeOf } from './exchange.ts';
import { isObject } from './shape.ts';
import type { World } from './world.ts';

/** `POST /oauth/token`: client credentials in JSON, in a form, or by HTTP Basic. */
export function tokenRoutes(app: FastifyInstance, world: World): void {
  app.post('/oauth/token', (request, reply) => {
    const body = isObject(request.body) ? request.body : {};
    if (body['grant_type'] !== 'client_credentials') {
      return refuse(reply, 400, 'unsupported_grant_type', 'The grant type must be client_credentials.');
    }
    const [clientId, clientSecret] = basicCredentials(request) ?? [body['client_id'], body['client_secret']];
    const tenant = typeof clientId === 'string' ? world.tenant(clientId) : undefined;
    if (!tenant || tenant.credentials.clientSecret !== clientSecret) {
      return refuse(reply, 401, 'invalid_client', 'The client credentials are invalid.');
    }
    exchangeOf(request).tenant = tenant;
    const { clientId: id } = tenant.credentials;
    const actor = typeof body['act_as'] === 'string' ? body['act_as'] : id;
    return reply.header('cache-control', 'no-store').send(world.tokens.issue({ clientId: id, actor }));
  });
}

function refuse(reply: FastifyReply, status: number, error: string, description: string): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send({ error, error_description: description });
}

function basicCredentials({ headers }: FastifyRequest): [string, string] | undefined {
  const encoded = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  return [id, secret.join(':')];
}
