import type { Grant } from './scopes.ts';

/** Kinds of principals: a person, the holder of an API key, a service of the embedding application. */
export type PrincipalType = 'user' | 'key' | 'service';

/** Somebody who is authenticated. */
export interface Principal {
  type: PrincipalType;
  /** Stable and unique within its type, 1 to 255 characters. */
  id: string;
  /** Shown as actor, 1 to 255 characters. */
  name: string;
  /** What the principal may do; none by default. */
  grants: readonly Grant[];
}

/** The principal as the record keeps it: `key:019a5f0e-…`. */
export function principalText({ type, id }: Principal): string {
  return `${type}:${id}`;
}
