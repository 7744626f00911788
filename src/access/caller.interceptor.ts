import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { ipOf } from '#rate-limit';
import type { AccessRequest } from './access.guard.ts';
import { claimed } from './actor.decorators.ts';
import { asCaller, type Caller } from './current-caller.ts';

/** A claim of the caller: a short word. */
const CLIENT = /^[\w.-]{1,50}$/;

/** Lets everything behind a route know its caller. */
@Injectable()
export class CallerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<AccessRequest>();
    const caller = callerOf(request, context.getHandler().name);
    return new Observable((subscriber) => asCaller(caller, () => next.handle().subscribe(subscriber)));
  }
}

function callerOf(request: AccessRequest, operation: string): Caller {
  const { principal, scope, renew, headers, body } = request;
  return {
    ...{ principal, scope, renew, operation },
    address: ipOf(request),
    client: clientOf(headers),
    // What is no text is refused as the body is read.
    onBehalfOf: textOf(claimed(body ?? {}, principal)),
  };
}

/** The program of the caller, as it says. */
export function clientOf({ 'x-client': client }: AccessRequest['headers']): string | undefined {
  return typeof client === 'string' && CLIENT.test(client) ? client : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
