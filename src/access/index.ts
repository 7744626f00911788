/** Who may do what: principals, scopes and the caller of a request; refuses a caller without the scope of the route. */
export {
  ACCESS_OPTIONS,
  AccessGuard,
  type AccessOptions,
  type AccessRequest,
  type FindPrincipal,
} from './access.guard.ts';
export { ForbiddenError, InvalidGrantError, TargetRequiredError, UnauthenticatedError } from './access.errors.ts';
export {
  allowedTargets,
  asFarAsAllowed,
  asFarAsAllowedAtOne,
  assertAllowedAt,
  assertAllowedSomewhereOn,
  deniedTarget,
  isAllowedAt,
  isBoundToTargets,
} from './allowed.ts';
export { asCaller, type Caller, currentCaller, recordedCaller } from './current-caller.ts';
export { ByPrincipal, claimed, OnBehalf } from './actor.decorators.ts';
export { CallerInterceptor, clientOf } from './caller.interceptor.ts';
export { NEEDED, type Needed, Needs, NeedsAtTarget, Public } from './needs.decorator.ts';
export { type Authenticate, installAuthentication } from './principal.hook.ts';
export { type Principal, principalText, type PrincipalType } from './principal.ts';
export { installSessions } from './session-cookie.ts';
export { RouteScopeCheck } from './route-scope.check.ts';
export { type ControllerRoute, Routes } from './controller-routes.ts';
export { type Grant, grantsOf, grantText, mayGive, type Role, ROLES, type Scope, SCOPES } from './scopes.ts';
