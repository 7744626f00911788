import { createHash, randomBytes } from 'node:crypto';
import type { Session } from '@fastify/secure-session';
import type { FastifyRequest } from 'fastify';
import type { Identity, SignInAttempt } from '#oidc';

/** What the cookies hold, encrypted. */
declare module '@fastify/secure-session' {
  interface SessionData {
    /** The text of an API key: it is asked for at each request, so a revoked key signs its holder out. */
    apiKey: string;
    /** Who has signed in at the issuer, until when, as milliseconds since 1970, and where the session there is ended. */
    user: Identity & { until: number; signOutUrl: string | null };
    /** In a cookie of its own: a sign-in at the issuer that has begun, and the page that it began on. */
    attempt: SignInAttempt & { returnTo: string };
  }
}

/** The key of the cookies; random where there is no secret, so that they end with the process. */
export function sessionKeyOf(secret: string | undefined): Buffer {
  return secret === undefined ? randomBytes(32) : createHash('sha256').update(`synctrail session ${secret}`).digest();
}

/** The session of the browser that makes a request; none where browsers cannot sign in. */
export function sessionOf({ session }: { session?: Session | null }): Session | null | undefined {
  return session;
}

/** Where a browser goes to sign in at the issuer, and below which it comes back. */
export const SIGN_IN_PAGE = 'sign-in';

/** Lets the browser send the cookies of a request by https only, where it reaches the service so. */
export function keepSecure(request: FastifyRequest, origin: string | undefined): void {
  // The proxy that ends TLS speaks HTTP to us; the browser knows better.
  request.session.options({ secure: origin?.startsWith('https:') ?? false });
}
