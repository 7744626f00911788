/** Callers of an OpenID Connect issuer: their tokens, and their sign-in in a browser; refuses what the issuer did not make for us. */
export { type Identity, identified } from './claims.ts';
export { IssuerSignIn, type SignInAttempt } from './issuer-sign-in.ts';
export { IssuerConfig, issuerOptions } from './issuer.config.ts';
export { ISSUER_OPTIONS, type IssuerOptions } from './issuer.options.ts';
export { IssuerUnavailableError, SignInFailedError } from './oidc.errors.ts';
export { OidcModule } from './oidc.module.ts';
export { TokenAuthenticator } from './token.authenticator.ts';
