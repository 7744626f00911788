import { applyDecorators, UseFilters, UsePipes } from '@nestjs/common';
import { DomainErrorFilter, RequestValidation } from '#http';

/** Reads requests and answers errors as the service does, whatever pipes and filters an application has. */
export const OwnRequests = (): ClassDecorator =>
  applyDecorators(UsePipes(new RequestValidation()), UseFilters(new DomainErrorFilter()));
