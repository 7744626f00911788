import type { Target } from '#platform';
import { ForbiddenError, TargetRequiredError } from './access.errors.ts';
import { asCaller, currentCaller } from './current-caller.ts';
import { grantsFor, isGrantedAt, type Scope } from './scopes.ts';

/**
 * Throws when the caller has not the scope at a target: {@link ForbiddenError}, or `hidden` where the caller shall not learn
 * that something is there. The scope is that of the route by default. The service itself may do everything.
 */
export function assertAllowedAt(target: Target, { scope, hidden }: { scope?: Scope; hidden?: Error } = {}): void {
  if (isAllowedAt(target, scope)) return;
  const { principal, scope: ofRoute = 'admin' } = currentCaller();
  const error =
    hidden ?? new ForbiddenError(principal!.name, scope ?? ofRoute, ` at ${target.platform}/${target.environment}`);
  denied.set(error, target);
  throw error;
}

const denied = new WeakMap<object, Target>();

/** The target at which an error says no, also where its caller is not to learn that. */
export function deniedTarget(error: unknown): Target | undefined {
  return error instanceof Error ? denied.get(error) : undefined;
}

/** Whether the caller has the scope at a target. */
export function isAllowedAt(target: Target, scope?: Scope): boolean {
  const { principal, scope: ofRoute } = currentCaller();
  const needed = scope ?? ofRoute;
  if (!principal || needed === undefined) return true;
  return grantsFor(principal.grants, needed).some((grant) => isGrantedAt(grant, target));
}

/** As {@link isAllowedAt} for this caller, for what goes on after the request: an open stream. */
export function allowedTargets(): (target: Target) => boolean {
  const caller = currentCaller();
  return (target) => asCaller(caller, () => isAllowedAt(target));
}

/** Throws {@link ForbiddenError} when the caller has the scope of the route at no environment of a platform. */
export function assertAllowedSomewhereOn(platform: string): void {
  const { principal, scope } = currentCaller();
  if (!principal || scope === undefined) return;
  const granted = grantsFor(principal.grants, scope);
  if (granted.some((grant) => grant.platform === '*' || grant.platform === platform)) return;
  throw new ForbiddenError(principal.name, scope, ` at ${platform}`);
}

/** Whether the caller has the scope of the route at some targets only, so that each must be looked at. */
export function isBoundToTargets(): boolean {
  const { principal, scope } = currentCaller();
  if (!principal || scope === undefined) return false;
  return grantsFor(principal.grants, scope).every(({ platform }) => platform !== '*');
}

/** Targets as a filter names them: one value, several, or any. */
interface NamedTargets {
  platform?: string | string[];
  environment?: string | string[];
}

/**
 * A filter that finds only what lies at targets where the caller has the scope of the route. Throws {@link ForbiddenError}
 * when that is nothing of what was asked for, and {@link TargetRequiredError} when a filter cannot say it.
 */
export function asFarAsAllowed<F extends NamedTargets>(filter: F): F {
  const { principal, scope } = currentCaller();
  if (!principal || scope === undefined) return filter;
  const granted = grantsFor(principal.grants, scope);
  if (granted.some(({ platform }) => platform === '*')) return filter;
  const [platforms, environments] = [listOf(filter.platform), listOf(filter.environment)];
  const found = new Map<string, string[] | undefined>();
  for (const { platform, environment } of granted) {
    if (platforms && !platforms.includes(platform)) continue;
    if (environment === '*') found.set(platform, environments);
    else if (!environments || environments.includes(environment)) {
      const others = found.has(platform) ? found.get(platform) : [];
      if (others) found.set(platform, [...new Set([...others, environment])]);
    }
  }
  const asked = `${platforms?.join() ?? 'any platform'}/${environments?.join() ?? 'any environment'}`;
  if (found.size === 0) throw new ForbiddenError(principal.name, scope, ` at ${asked}`);
  const [first, ...others] = [...found.values()].map((names) => names?.toSorted().join('\n'));
  if (others.some((other) => other !== first)) throw new TargetRequiredError(granted);
  const names = [...found.values()][0];
  return { ...filter, platform: [...found.keys()], ...(names && { environment: names }) };
}

/** The same for a filter that names one target at the most. */
export function asFarAsAllowedAtOne<F extends { platform?: string; environment?: string }>(filter: F): F {
  const { platform, environment } = asFarAsAllowed<NamedTargets>(filter);
  const one = { platform: listOf(platform), environment: listOf(environment) };
  if ((one.platform?.length ?? 0) > 1 || (one.environment?.length ?? 0) > 1) {
    throw new TargetRequiredError(grantsFor(currentCaller().principal!.grants, currentCaller().scope!));
  }
  return {
    ...filter,
    ...(one.platform && { platform: one.platform[0] }),
    ...(one.environment && { environment: one.environment[0] }),
  };
}

function listOf(value: string | string[] | undefined): string[] | undefined {
  return value === undefined ? undefined : [value].flat();
}
