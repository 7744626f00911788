import secureSession from '@fastify/secure-session';
import type { FastifyInstance } from 'fastify';

const MAX_AGE_S = 12 * 60 * 60;
/** The time that somebody has to sign in at an issuer. */
const MAX_ATTEMPT_S = 10 * 60;

declare module 'fastify' {
  interface FastifyRequest {
    /** A sign-in at an issuer that has begun. */
    signIn: secureSession.Session;
  }
}

/**
 * Reads and writes the cookies of browsers. That of a browser that has signed in no script reads, and no other site has it sent. That
 * of a sign-in comes back with the browser from the issuer, which is another site.
 */
export function installSessions(fastify: FastifyInstance, key: Buffer): void {
  void fastify.register(secureSession, [
    {
      ...{ key, sessionName: 'session', cookieName: 'synctrail_session', expiry: MAX_AGE_S },
      cookie: { path: '/', httpOnly: true, sameSite: 'strict', maxAge: MAX_AGE_S },
    },
    {
      ...{ key, sessionName: 'signIn', cookieName: 'synctrail_sign_in', expiry: MAX_ATTEMPT_S },
      cookie: { path: '/sign-in', httpOnly: true, sameSite: 'lax', maxAge: MAX_ATTEMPT_S },
    },
  ]);
}
