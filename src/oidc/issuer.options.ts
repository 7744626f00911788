/** An OpenID Connect issuer, and what is taken from its tokens. */
export interface IssuerOptions {
  url: string;
  /** Whom a token of a program must be made for; without it, programs need an API key. */
  audience?: string;
  /** How browsers sign in; without it, they need an API key. */
  client?: { id: string; secret?: string };
  /** What a sign-in asks the issuer for, with spaces between. */
  scope: string;
  /** Where browsers reach the service; without it, where they say that they do. */
  publicUrl?: string;
  nameClaim: string;
  rolesClaim: string;
  /** Grants by role of the issuer; without it, a role of the issuer is a grant. */
  roles?: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds that a sign-in holds. */
  sessionMs: number;
  /** Milliseconds by which the clock of the issuer may differ. */
  clockToleranceMs: number;
}
export const ISSUER_OPTIONS = Symbol('ISSUER_OPTIONS');
