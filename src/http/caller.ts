import { isIP } from 'node:net';
import { BadRequestException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

class ForeignCallerError extends DomainError {
  readonly httpStatus = 403;

  constructor(
    readonly code: 'FOREIGN_HOST' | 'FOREIGN_ORIGIN',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Refuses what a foreign web page may send through somebody's browser: to a name of its own that it lets resolve to our
 * address (DNS rebinding), or from a page that is none of ours. `allowed` are names by which we are reached, `*` for any.
 */
export function installCallerCheck(fastify: FastifyInstance, allowed: readonly string[]): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    checkHost(request, allowed);
    checkOrigin(request, allowed);
    done();
  });
}

function checkHost({ headers, raw }: FastifyRequest, allowed: readonly string[]): void {
  // Only HTTP/1.0 may go without, and no browser does.
  if (headers.host === undefined && raw.httpVersion !== '1.0')
    throw new BadRequestException('The request has no Host.');
  if (headers.host === undefined || allowed.includes('*')) return;
  const name = nameIn(headers.host);
  if (name !== undefined && (isLoopback(name) || allowed.includes(name))) return;
  // An address cannot be rebound; over loopback, though, nobody needs another one.
  if (name !== undefined && isIP(name) !== 0 && !isLoopback(raw.socket.localAddress ?? '127.0.0.1')) return;
  throw new ForeignCallerError(
    'FOREIGN_HOST',
    `The host ${cut(headers.host)} is not allowed. If callers use this name for the service, add it to ALLOWED_HOSTS.`,
  );
}

function checkOrigin({ headers }: FastifyRequest, allowed: readonly string[]): void {
  const { origin } = headers;
  if (origin !== undefined && !isOurs(origin, headers.host, allowed)) {
    throw new ForeignCallerError(
      'FOREIGN_ORIGIN',
      `The request comes from a page of ${cut(origin)}, which is not allowed. If you trust that page, add its host to ALLOWED_HOSTS.`,
    );
  }
  // What an element such as an image of another site asks for has no Origin.
  if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate' && origin === undefined) {
    throw new ForeignCallerError(
      'FOREIGN_ORIGIN',
      'The request comes from a page of another site, which may only link to this service.',
    );
  }
}

function isOurs(origin: string, host: string | undefined, allowed: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false;
  const { host: originHost, hostname } = new URL(origin);
  return originHost === host?.toLowerCase() || allowed.includes(hostname);
}

/** Of a `Host`, without its port and the brackets of an IPv6 address. */
function nameIn(host: string): string | undefined {
  if (!/^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?$/.test(host)) return undefined;
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d+$/, '');
  return name.toLowerCase();
}

/** Whether a host name or address is of this machine alone. */
export function isLoopback(name: string): boolean {
  if (isIP(name) === 0) return name === 'localhost' || name.endsWith('.localhost');
  return ipaddr.process(name).range() === 'loopback';
}
