import type { ServerResponse } from 'node:http';

/** What we need of Fastify's reply; a foreign application may run on Express, whose response is the raw one. */
export type RawReply = ServerResponse | { raw: ServerResponse; hijack(): unknown };

/** Takes the response out of the framework's hands, to stream into it. */
export function rawResponse(reply: RawReply): ServerResponse {
  if (!('raw' in reply)) return reply;
  reply.hijack();
  return reply.raw;
}

/** Begins a streamed answer; null when only its head was asked for, and it is over. */
export function streamOf(reply: RawReply, headers: Record<string, string>): ServerResponse | null {
  const response = rawResponse(reply).writeHead(200, headers);
  if (response.req.method !== 'HEAD') return response;
  response.end();
  return null;
}
