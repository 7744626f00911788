import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Scope } from './scopes.ts';

export const NEEDED = 'synctrail:needed';

/** What a route asks of its caller. */
export interface Needed {
  /** None of a public route. */
  scope: Scope | null;
  /** The route itself asks whether the scope holds at its target, or shows only what lies there. */
  atTarget: boolean;
}

/** The scope that a route needs everywhere: a principal that has it at some targets only is refused. */
export const Needs = (scope: Scope): MethodDecorator & ClassDecorator => declared({ scope, atTarget: false });

/** The scope that a route needs at its target. The route calls `assertAllowedAt` or `asFarAsAllowed`. */
export const NeedsAtTarget = (scope: Scope): MethodDecorator & ClassDecorator => declared({ scope, atTarget: true });

/** A route for everybody, also without a key. */
export const Public = (): MethodDecorator & ClassDecorator => declared({ scope: null, atTarget: false });

function declared(needed: Needed): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(NEEDED, needed), ApiExtension('x-scope', needed.scope));
}
