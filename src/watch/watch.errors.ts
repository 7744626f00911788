import { DomainError } from '../domain-error.ts';

export class WatchNotFoundError extends DomainError {
  readonly code = 'WATCH_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no watch "${id}".`, { id });
  }
}

export class WatchEndedError extends DomainError {
  readonly code = 'WATCH_ENDED';
  readonly httpStatus = 409;

  constructor(id: string, endedAt: Date) {
    const at = endedAt.toISOString();
    super(`The watch "${id}" has ended at ${at}. Create a new watch.`, { id, endedAt: at });
  }
}

/** A watch of the configuration would come back with the next start. */
export class WatchConfiguredError extends DomainError {
  readonly code = 'WATCH_CONFIGURED';
  readonly httpStatus = 409;

  constructor(id: string) {
    super(`The configuration names the watch "${id}". Remove it from WATCH, and restart the service.`, { id });
  }
}

export class TooManyWatchesError extends DomainError {
  readonly code = 'TOO_MANY_WATCHES';
  readonly httpStatus = 409;

  constructor(limit: number) {
    super(`There are ${limit} watches in force, and there can be no more. End one first.`, { limit });
  }
}
