import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { DerivedFrom } from '#validation';
import { currentCaller } from './current-caller.ts';
import type { Principal } from './principal.ts';

/** The principal of the request stands in place of the sent actor, whatever was sent. Without one, the actor is a claim. */
export const ByPrincipal = (): PropertyDecorator =>
  applyDecorators(
    DerivedFrom(() => currentCaller().principal?.name),
    // It may be left out where there is a principal.
    ApiProperty({ required: false }),
  );

/** Whom the principal acts for. */
export const OnBehalf = (): PropertyDecorator => DerivedFrom((sent) => claimed(sent, currentCaller().principal));

/** As sent, or the sent actor where it is another one than the principal. */
export function claimed(sent: { onBehalfOf?: unknown; actor?: unknown }, principal: Principal | undefined): unknown {
  return sent.onBehalfOf ?? (principal && sent.actor !== principal.name ? sent.actor : undefined);
}
