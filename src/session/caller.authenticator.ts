import { Injectable, Optional } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Principal, UnauthenticatedError } from '#access';
import { isKeyShaped, KeyAuthenticator } from '#keys';
import { identified, TokenAuthenticator } from '#oidc';
import { FailureLimit } from '#rate-limit';
import { sessionOf } from './session.ts';

/** Finds who makes a request: by the key or token that a program sends, or by what a browser has signed in with. */
@Injectable()
export class CallerAuthenticator {
  constructor(
    private readonly keys: KeyAuthenticator,
    private readonly failures: FailureLimit,
    @Optional() private readonly tokens?: TokenAuthenticator,
  ) {}

  /** Undefined for nobody. Throws {@link UnauthenticatedError} and `IssuerUnavailableError`. */
  async principalOf(request: FastifyRequest): Promise<Principal | undefined> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      return this.failures.check(request, (isSuspect) => this.byCredential(authorization, isSuspect));
    }
    // Nobody guesses a cookie: who holds a key that has ended asks for the session only.
    const session = sessionOf(request);
    const key = session?.get('apiKey');
    if (key !== undefined) return this.keys.principalOf(key);
    const user = session?.get('user');
    if (user === undefined) return undefined;
    if (user.until <= Date.now()) {
      throw new UnauthenticatedError('SESSION_EXPIRED', 'The sign-in of this browser has ended. Sign in again.');
    }
    return identified(user);
  }

  private async byCredential(authorization: string, isSuspect: boolean): Promise<Principal> {
    const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (text === undefined) throw new UnauthenticatedError();
    return this.tokens && !isKeyShaped(text) ? this.tokens.principalOf(text) : this.keys.principalOf(text, isSuspect);
  }
}
