import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { ReadAction } from './logged.interceptor.ts';
import { LOGGED, LoggedInterceptor } from './logged.interceptor.ts';

/**
 * Writes each answer of a route into the access log before its first byte leaves, and refuses it with
 * `RECORDING_UNAVAILABLE` where that cannot be done. `export.started` is for what is streamed; its end is written too.
 */
export const Logged = (action: ReadAction): MethodDecorator =>
  applyDecorators(SetMetadata(LOGGED, action), UseInterceptors(LoggedInterceptor));
