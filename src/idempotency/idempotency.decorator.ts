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
        'Any name for this request, such as a UUID: sent again within 24 hours, it is answered as the first time ' +
        '(with `Idempotency-Replayed: true`) and nothing is done twice. 409 while the first is being answered, 422 ' +
        'with another body. A request that was refused (4xx) leaves no key: correct it and send it under the same. One ' +
        'that failed (5xx) may have been done: send the very same again. A dry run keeps no key.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    }),
  );

/** The ids of what a request makes: the same ones when it is sent again under its key. */
export const Ids = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<IdempotentRequest>().ids ?? new RequestIds(uuidv7()),
);
