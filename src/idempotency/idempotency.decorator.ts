import { applyDecorators, createParamDecorator, type ExecutionContext, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { IdempotencyInterceptor, type IdempotentRequest } from './idempotency.interceptor.ts';
import { RequestIds } from './request-ids.ts';

/** Takes an `Idempotency-Key`; the handler must take the ids of all that it makes from {@link Ids}. */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Unique name of the request, such as a UUID. A request with the same key within 24 hours gets the first answer ' +
        'again, with `Idempotency-Replayed: true`, and changes nothing. It gets 409 while the first request runs, and ' +
        '422 when its body differs. A refused request (4xx) does not use up its key: correct the request and send it ' +
        'with the same key. A failed request (5xx) may have taken effect: send the same request again. A dry run does ' +
        'not use the key.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    }),
  );

/** The ids of what a request makes: the same ones when it is sent again under its key. */
export const Ids = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<IdempotentRequest>().ids ?? new RequestIds(uuidv7()),
);
