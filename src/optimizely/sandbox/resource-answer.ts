import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Resource } from './collection.ts';
import { isKnownToClient } from './preconditions.ts';

/** Answers a read with the resource and its validators, or with 304. */
export function answerRead(request: FastifyRequest, reply: FastifyReply, resource: Resource<unknown>): FastifyReply {
  withValidators(reply, resource);
  return isKnownToClient(request.headers, resource) ? reply.code(304).send() : reply.send(resource.body);
}

/** Answers a write: with a body, and so 200 for 204, only to a client that prefers one. */
export function answerWrite(request: FastifyRequest, reply: FastifyReply, body: unknown): FastifyReply {
  if (!/\breturn=representation\b/i.test(String(request.headers['prefer'] ?? ''))) return reply.send();
  if (reply.statusCode === 204) reply.code(200);
  return reply.header('preference-applied', 'return=representation').send(body);
}

export function withValidators(reply: FastifyReply, { etag, modifiedAt }: Resource<unknown>): FastifyReply {
  return reply.headers({ etag, 'last-modified': new Date(modifiedAt).toUTCString() });
}
