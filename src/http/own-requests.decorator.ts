import { applyDecorators, UseFilters, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { AccessGuard, CallerInterceptor } from '#access';
import { DomainErrorFilter } from '#problems';
import { QueryGuard, RequestValidation } from '#validation';

/** Lets callers in, reads requests and answers errors as the service does, whatever pipes and filters an application has. */
export const OwnRequests = (): ClassDecorator =>
  applyDecorators(
    UseGuards(AccessGuard, new QueryGuard()),
    UseInterceptors(new CallerInterceptor()),
    UsePipes(RequestValidation),
    UseFilters(DomainErrorFilter),
  );
