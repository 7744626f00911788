import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UnauthenticatedError } from './access.errors.ts';
import type { AccessRequest } from './access.guard.ts';
import type { Principal } from './principal.ts';

/** Finds who makes a request, by its headers. Throws {@link UnauthenticatedError} for credentials that are not right. */
export type Authenticate = (request: FastifyRequest) => Promise<Principal | undefined>;

/** The part of the addresses behind which nothing is public but a sign-in. */
const API = /^\/(?:api\/|metrics\b)/;
const SIGN_IN = '/api/v1/session';

/** Finds the principal of a request before its body is read, and refuses a request to the API that has none. */
export function installAuthentication(fastify: FastifyInstance, authenticate: Authenticate): void {
  fastify.addHook('onRequest', async (request) => {
    // The pattern of the route: in an address, each letter may be written as its code.
    const { url = request.url } = request.routeOptions;
    if (!API.test(url)) return;
    const isSignIn = url === SIGN_IN;
    const principal = await authenticate(request).catch((error: unknown) => {
      // Who is signed in by a key that has ended can sign in again, and out.
      if (isSignIn && error instanceof UnauthenticatedError) return undefined;
      throw error;
    });
    const found: Partial<AccessRequest> = { principal, renew: () => authenticate(request) };
    if (principal) Object.assign(request, found);
    else if (!isSignIn) throw new UnauthenticatedError();
  });
}
