import type { FastifyInstance } from 'fastify';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

class UnknownAddressError extends DomainError {
  readonly httpStatus: number;

  constructor(
    readonly code: 'NOT_FOUND' | 'METHOD_NOT_ALLOWED',
    message: string,
    details: Record<string, unknown> = {},
  ) {
    super(message, details);
    this.httpStatus = code === 'NOT_FOUND' ? 404 : 405;
  }
}

/** Methods by the pattern of an address. */
export type Routes = ReadonlyMap<string, ReadonlySet<string>>;

/** The routes that are added from now on. */
export function watchRoutes(fastify: FastifyInstance): Routes {
  const routes = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    routes.set(url, methods);
    for (const name of [method].flat()) methods.add(name);
  });
  return routes;
}

/** Answers what no route serves before anything of its body is read: 405 where another method would be served. */
export function installRouteCheck(fastify: FastifyInstance, routes: Routes): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, url, params } = request;
    const path = url.split('?', 1)[0]!;
    if (!request.is404) {
      if (Object.entries(params as object).some(([name, value]) => value === '' && name !== '*')) throw notFound(path);
      return done();
    }
    const allowed = [...routes].filter(([pattern]) => matches(pattern, path)).flatMap(([, names]) => [...names]);
    if (allowed.length === 0 || allowed.includes(method)) throw notFound(path);
    const allow = [...new Set(allowed)].toSorted().join(', ');
    reply.header('allow', allow);
    throw new UnknownAddressError('METHOD_NOT_ALLOWED', `${cut(path)} accepts ${allow}, and not ${method}.`, {
      allow: allow.split(', '),
    });
  });
}

function notFound(path: string): UnknownAddressError {
  return new UnknownAddressError('NOT_FOUND', `There is no route ${cut(path)}. See /docs for the API.`);
}

/** Whether a path is one of a pattern such as `/sync/:id/*`. */
function matches(pattern: string, path: string): boolean {
  const names = pattern.split('/');
  const segments = path.split('/');
  const rest = names.indexOf('*');
  if (rest === -1 ? names.length !== segments.length : segments.length < names.length) return false;
  return names.every((name, index) => (rest !== -1 && index >= rest) || isSegment(name, segments[index]!));
}

function isSegment(name: string, segment: string): boolean {
  return name.startsWith(':') ? segment !== '' : name === segment;
}
