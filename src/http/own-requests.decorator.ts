import { applyDecorators, UseFilters, UsePipes } from '@nestjs/common';
import { RequestValidation } from '#validation';
import { DomainErrorFilter } from './domain-error.filter.ts';

/** Reads requests and answers errors as the service does, whatever pipes and filters an application has. */
export const OwnRequests = (): ClassDecorator =>
  applyDecorators(UsePipes(new RequestValidation()), UseFilters(new DomainErrorFilter()));
