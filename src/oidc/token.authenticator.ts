import { Injectable } from '@nestjs/common';
import type { JWTVerifyGetKey } from 'jose';
import { type Principal, UnauthenticatedError } from '#access';
import { identified, identityOf } from './claims.ts';
import { Issuer } from './issuer.ts';

/** Signatures that only the issuer can make: none that is checked with a shared secret. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const FETCH_MS = 5_000;
/** A key that the issuer withdraws counts no longer than this. */
const MAX_KEYS_AGE_MS = 10 * 60 * 1000;
/** An unknown key makes us ask the issuer, at most this often. */
const COOLDOWN_MS = 5_000;

/** Finds the principal of an access token of the issuer (RFC 9068). */
@Injectable()
export class TokenAuthenticator {
  private keys: { url: string; get: JWTVerifyGetKey } | undefined;

  constructor(private readonly issuer: Issuer) {}

  /** Throws {@link UnauthenticatedError} and `IssuerUnavailableError`. */
  async principalOf(token: string): Promise<Principal> {
    const { audience, clockToleranceMs } = this.issuer.options;
    if (audience === undefined) throw new UnauthenticatedError('INVALID_TOKEN', 'Programs need an API key here.');
    const { decodeJwt, jwtVerify } = await import('jose');
    const configuration = await this.issuer.configuration();
    const { issuer } = configuration.serverMetadata();
    // What somebody else made does not make us ask the issuer for its keys.
    if (issuerIn(token, decodeJwt) !== issuer) throw invalid(`it is no token of ${issuer}`);
    try {
      const { payload } = await jwtVerify(token, await this.keysOf(configuration.serverMetadata().jwks_uri), {
        ...{ issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp', 'sub'] },
        clockTolerance: clockToleranceMs / 1000,
      });
      return identified(identityOf(payload, this.issuer.options));
    } catch (error) {
      throw this.refusal(error);
    }
  }

  private async keysOf(url: string | undefined): Promise<JWTVerifyGetKey> {
    if (url === undefined) throw this.issuer.unavailable(new Error('The issuer names no keys (jwks_uri).'));
    if (this.keys?.url === url) return this.keys.get;
    const { createRemoteJWKSet } = await import('jose');
    const options = { timeoutDuration: FETCH_MS, cacheMaxAge: MAX_KEYS_AGE_MS, cooldownDuration: COOLDOWN_MS };
    this.keys = { url, get: createRemoteJWKSet(new URL(url), options) };
    return this.keys.get;
  }

  /** `jose` names what is wrong with a token by code; anything else went wrong at the issuer. */
  private refusal(error: unknown): Error {
    if (error instanceof UnauthenticatedError) return error;
    const { code = '', claim } = error as { code?: string; claim?: string };
    if (code === 'ERR_JWT_EXPIRED') {
      return new UnauthenticatedError('TOKEN_EXPIRED', 'The token has expired. Get a new one from its issuer.');
    }
    if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return invalid(`its claim ${claim} is not right`);
    if (/^ERR_JW[ST]_|^ERR_JOSE_(?:ALG_NOT_ALLOWED|NOT_SUPPORTED)$/.test(code)) {
      return invalid('it is malformed, or its signature is not right');
    }
    if (code === 'ERR_JWKS_NO_MATCHING_KEY') return invalid('its issuer has no such key');
    return this.issuer.unavailable(error);
  }
}

function issuerIn(token: string, decode: (token: string) => { iss?: string }): string | undefined {
  try {
    return decode(token).iss;
  } catch {
    throw invalid('it is neither an API key nor a JSON Web Token');
  }
}

function invalid(why: string): UnauthenticatedError {
  return new UnauthenticatedError('INVALID_TOKEN', `The token is not accepted: ${why}.`);
}
