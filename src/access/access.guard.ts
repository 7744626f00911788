import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { CallerRequest } from '#rate-limit';
import { ForbiddenError, UnauthenticatedError } from './access.errors.ts';
import { NEEDED, type Needed } from './needs.decorator.ts';
import type { Principal } from './principal.ts';
import { grantsFor, type Scope } from './scopes.ts';

/** Finds the principal of a request of an embedding application; none refuses the request. */
export type FindPrincipal = (request: unknown) => Principal | undefined | Promise<Principal | undefined>;

/** How requests get their principal. */
export interface AccessOptions {
  /** Without it, access is open: everybody may do everything, and actors are claims. */
  findPrincipal?: FindPrincipal;
}
export const ACCESS_OPTIONS = Symbol('ACCESS_OPTIONS');

/** What access adds to a request. */
export interface AccessRequest extends CallerRequest {
  principal?: Principal;
  /** As `Caller.operation`. */
  operation?: string;
  /** As `Caller.renew`. */
  renew?: () => Promise<unknown>;
  /** What the route needs. */
  scope?: Scope;
  headers: Record<string, string | string[] | undefined>;
  /** As it was sent. */
  body?: object | null;
}

/** Refuses a request whose principal has not the scope that the route names. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http' || !this.options.findPrincipal) return true;
    const request = context.switchToHttp().getRequest<AccessRequest>();
    request.operation = context.getHandler().name;
    const needed = this.reflector.getAllAndOverride<Needed | undefined>(NEEDED, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed?.scope === null) return true;
    const principal = await this.principalOf(request);
    // The start has checked that each route of ours says what it needs.
    if (!needed) throw new ForbiddenError(principal.name, 'admin');
    const { scope, atTarget } = needed;
    request.scope = scope;
    const granted = grantsFor(principal.grants, scope);
    if (granted.some(({ platform }) => atTarget || platform === '*')) return true;
    throw new ForbiddenError(principal.name, scope, granted.length > 0 ? ' that is bound to no target' : '');
  }

  private async principalOf(request: AccessRequest): Promise<Principal> {
    if (request.principal) return request.principal;
    const principal = await this.options.findPrincipal?.(request);
    if (!principal) throw new UnauthenticatedError();
    request.principal = principal;
    return principal;
  }
}
