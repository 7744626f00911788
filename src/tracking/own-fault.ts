import { databaseFault } from '#database';
import { PlatformError } from '#platform';
import { DomainError } from '../domain-error.ts';

/** Whether this service or its database could not work for a moment: then a failed call says nothing of its platform. */
export function isOwnFault(error: unknown): boolean {
  const fault = databaseFault(error);
  if (fault !== undefined && fault !== 'refused') return true;
  return error instanceof DomainError && !(error instanceof PlatformError) && error.httpStatus === 503;
}
