import { Injectable, Logger } from '@nestjs/common';
import type { Configuration } from 'openid-client';
import { type Identity, identityOf } from './claims.ts';
import { DomainError } from '../domain-error.ts';
import { Issuer } from './issuer.ts';
import type { IssuerOptions } from './issuer.options.ts';
import { SignInFailedError } from './oidc.errors.ts';

/** What the browser keeps between its way to the issuer and its way back. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  codeVerifier: string;
  /** Where the issuer sends the browser. */
  redirectUri: string;
}

/** Signs a browser in at the issuer: by authorization code, with PKCE. */
@Injectable()
export class IssuerSignIn {
  private readonly logger = new Logger(IssuerSignIn.name);

  constructor(private readonly issuer: Issuer) {}

  get options(): IssuerOptions {
    return this.issuer.options;
  }

  /** Where the browser has to go, and what it has to bring back. Throws `IssuerUnavailableError`. */
  async start(redirectUri: string): Promise<{ url: string; attempt: SignInAttempt }> {
    const configuration = await this.issuer.configuration();
    const { buildAuthorizationUrl, calculatePKCECodeChallenge, ...random } = await import('openid-client');
    const attempt = {
      state: random.randomState(),
      nonce: random.randomNonce(),
      codeVerifier: random.randomPKCECodeVerifier(),
      redirectUri,
    };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.options.scope,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, attempt };
  }

  /**
   * Who came back, by the query that the issuer gave the browser. Throws {@link SignInFailedError} and
   * `IssuerUnavailableError`.
   */
  async finish(query: string, { state, nonce, codeVerifier, redirectUri }: SignInAttempt): Promise<Identity> {
    const configuration = await this.issuer.configuration();
    const { authorizationCodeGrant } = await import('openid-client');
    const url = new URL(redirectUri);
    url.search = query;
    try {
      const tokens = await authorizationCodeGrant(configuration, url, {
        ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier, idTokenExpected: true },
      });
      const claims = tokens.claims()!;
      const more = await this.userInfo(configuration, tokens.access_token, claims.sub);
      return identityOf({ ...more, ...claims }, this.options);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Where the browser ends its session at the issuer; nothing where the issuer has no such page. */
  async endUrl(returnTo: string): Promise<string | null> {
    const configuration = await this.issuer.configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    const { buildEndSessionUrl } = await import('openid-client');
    return buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo }).href;
  }

  /** Many issuers tell names and roles there, and not in the token. */
  private async userInfo(configuration: Configuration, accessToken: string, subject: string): Promise<object> {
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    const { fetchUserInfo } = await import('openid-client');
    return fetchUserInfo(configuration, accessToken, subject);
  }

  private failure(error: unknown): Error {
    const { name, code, error: refusal, error_description: description } = error as Error & Record<string, string>;
    // Said by the issuer in words of its own.
    if (name === 'AuthorizationResponseError' || name === 'ResponseBodyError') {
      this.logger.warn({ err: { name, refusal, description } }, 'The issuer refused a sign-in');
      return new SignInFailedError(`the issuer says ${description ?? refusal}`, { cause: error });
    }
    if (error instanceof DomainError) return error;
    if (/INVALID_RESPONSE|JWT|COMPARISON|KEY_SELECTION/.test(code ?? '')) {
      this.logger.warn({ err: { name, code, message: (error as Error).message } }, 'A sign-in failed');
      return new SignInFailedError('the answer of the issuer is not one to this sign-in', { cause: error });
    }
    return this.issuer.unavailable(error);
  }
}
