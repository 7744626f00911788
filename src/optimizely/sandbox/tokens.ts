import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

const LIFETIME_SECONDS = 300;

/** Whom a token speaks for. */
export interface Grant {
  clientId: string;
  /** The user the client acts for, else the client itself. */
  actor: string;
}

/** The access tokens given out; each lives 300 s on the clock of the sandbox. */
export class Tokens {
  readonly #grants = new Map<string, Grant & { expiresAt: number }>();

  constructor(private readonly clock: Clock) {}

  issue(grant: Grant): { access_token: string; expires_in: number; token_type: 'Bearer' } {
    const token = randomBytes(24).toString('base64url');
    this.#grants.set(token, { ...grant, expiresAt: this.clock.now() + LIFETIME_SECONDS * 1000 });
    return { access_token: token, expires_in: LIFETIME_SECONDS, token_type: 'Bearer' };
  }

  grantOf(token: string): Grant | undefined {
    const grant = this.#grants.get(token);
    if (grant && grant.expiresAt > this.clock.now()) return grant;
    this.#grants.delete(token);
    return undefined;
  }
}
