import type { Target } from '#platform';
import { InvalidGrantError } from './access.errors.ts';

/** What a principal may be allowed to do. A route names the one that it needs. */
export const SCOPES = {
  read: 'Read everything but payloads: history, live state, plans, deployments, health.',
  'payload:read': 'Read the content that was sent or received, and its differences.',
  export: 'Export the history and the live state as files.',
  'access-log:read': 'Read and export the access log.',
  'sync:write': 'Record external syncs and their results.',
  'catalogue:write': 'Import, change, retire and adopt content types.',
  deploy: 'Plan and deploy, pull, cancel, and manage freezes, watches, expectations and drift rules.',
  approve: 'Approve and refuse plans of others.',
  rollback: 'Roll back deployments.',
  force: 'Allow changes that lose data.',
  replay: 'Send the content of earlier syncs again.',
  'keys:manage': 'Create and revoke API keys, with no more than the own scopes.',
  admin: 'Everything.',
} as const;
export type Scope = keyof typeof SCOPES;

const VIEWER: Scope[] = ['read'];
const READER: Scope[] = [...VIEWER, 'payload:read', 'export'];
const AUDITOR: Scope[] = [...READER, 'access-log:read'];
const OPERATOR: Scope[] = [...READER, 'sync:write', 'catalogue:write', 'deploy', 'approve', 'rollback', 'replay'];

/** Bundles of scopes. */
export const ROLES = {
  viewer: VIEWER,
  auditor: AUDITOR,
  operator: OPERATOR,
  admin: ['admin'],
} as const satisfies Record<string, readonly Scope[]>;
export type Role = keyof typeof ROLES;

/** A scope, everywhere or at some targets: `*` stands for every platform or environment. */
export interface Grant {
  scope: Scope;
  platform: string;
  environment: string;
}

/** A role or a scope, as `operator` or `deploy@optimizely/staging`. Throws {@link InvalidGrantError}. */
export function grantsOf(text: string): Grant[] {
  const at = text.indexOf('@');
  const name = at === -1 ? text : text.slice(0, at);
  const target = at === -1 ? '*' : text.slice(at + 1);
  const scopes = Object.hasOwn(ROLES, name) && name !== 'admin' ? ROLES[name as Role] : [name];
  const [platform = '', environment = '*', ...rest] = target.split('/');
  if (!scopes.every(isScope) || platform === '' || environment === '' || rest.length > 0) {
    throw new InvalidGrantError(text);
  }
  if (platform === '*' && environment !== '*') throw new InvalidGrantError(text);
  return scopes.map((scope) => ({ scope: scope as Scope, platform, environment }));
}

/** As {@link grantsOf} reads it. */
export function grantText({ scope, platform, environment }: Grant): string {
  if (platform === '*') return scope;
  return environment === '*' ? `${scope}@${platform}/*` : `${scope}@${platform}/${environment}`;
}

/** The grants of a scope; `admin` is every scope. */
export function grantsFor(grants: readonly Grant[], scope: Scope): Grant[] {
  return grants.filter((grant) => grant.scope === scope || grant.scope === 'admin');
}

/** Whether a grant holds at a target. A target with `*` is all of its platform, or everything. */
export function isGrantedAt({ platform, environment }: Grant, target: Target): boolean {
  if (platform === '*') return true;
  return platform === target.platform && (environment === '*' || environment === target.environment);
}

/** Whether a principal with these grants may give another one away. */
export function mayGive(grants: readonly Grant[], given: Grant): boolean {
  return grantsFor(grants, given.scope).some((grant) => isGrantedAt(grant, given));
}

function isScope(name: string): name is Scope {
  return Object.hasOwn(SCOPES, name);
}
