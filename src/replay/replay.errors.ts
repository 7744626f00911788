import { DomainError } from '../domain-error.ts';

/** A replay of what cannot be sent again. */
export class NotReplayableError extends DomainError {
  readonly code = 'NOT_REPLAYABLE';
  readonly httpStatus = 409;

  constructor(syncId: string, why: string) {
    super(`The sync ${syncId} cannot be replayed: ${why}.`, { syncId });
  }
}

/** A replay of more than one request may ask for. */
export class TooManyReplaysError extends DomainError {
  readonly code = 'TOO_MANY_REPLAYS';
  readonly httpStatus = 400;

  constructor(limit: number) {
    super(`The filter matches more than ${limit} syncs, the limit of one replay. Narrow the filter.`, {
      limit,
    });
  }
}
