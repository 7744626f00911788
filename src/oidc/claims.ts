import { grantsOf, type Principal, UnauthenticatedError } from '#access';
import { storableText } from '../storable-text.ts';
import { isGrant } from './issuer.config.ts';
import type { IssuerOptions } from './issuer.options.ts';

const MAX_LENGTH = 255;
/** Roles of one person that are looked at. */
const MAX_ROLES = 1_000;

/** What the issuer says of somebody, its signature checked. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a principal is made of: small enough for a cookie. */
export interface Identity extends Pick<Principal, 'type' | 'id' | 'name'> {
  /** Roles and scopes of ours, as `operator@optimizely/staging`. */
  roles: string[];
}

/** Who the claims are of, and what they may do. Throws {@link UnauthenticatedError} without a subject. */
export function identityOf(claims: Claims, options: IssuerOptions): Identity {
  const id = textIn(claims, 'sub');
  if (id === undefined) throw new UnauthenticatedError('INVALID_TOKEN', 'The token names nobody (sub).');
  const names = [options.nameClaim, 'email', 'name'].map((claim) => textIn(claims, claim));
  // What a client gets for itself has its own id as subject (RFC 9068).
  const isService = [claims.client_id, claims.azp].includes(id);
  return {
    type: isService ? 'service' : 'user',
    id,
    name: names.find((name) => name !== undefined) ?? id,
    roles: [...new Set(rolesIn(claims, options))],
  };
}

/** The principal that an identity is. */
export function identified({ roles, ...identity }: Identity): Principal {
  return { ...identity, grants: roles.flatMap(grantsOf) };
}

function rolesIn(claims: Claims, { rolesClaim, roles }: IssuerOptions): readonly string[] {
  const value = claimAt(claims, rolesClaim);
  const named = (Array.isArray(value) ? (value as unknown[]) : [value]).slice(0, MAX_ROLES);
  return named
    .filter((role) => typeof role === 'string')
    .flatMap((role) => (roles ? (roles.get(role) ?? []) : isGrant(role) ? [role] : []));
}

/** By its whole name, which may have dots, or along them. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** A text that the record can keep as it is: two people never become one. */
function textIn(claims: Claims, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_LENGTH) return undefined;
  return storableText(value) === value ? value : undefined;
}
