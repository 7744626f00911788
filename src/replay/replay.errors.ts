import { DomainError } from '../domain-error.ts';
import { quoted } from '../quoted.ts';

/** Syncs that one request may send again. */
export const MAX_REPLAYS = 1_000;

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

/** A replay of content that a newer push has replaced. */
export class SupersededByNewerError extends DomainError {
  readonly code = 'SUPERSEDED_BY_NEWER';
  readonly httpStatus = 409;

  constructor(syncId: string, typeKey: string, newerSyncId: string) {
    super(
      `The sync ${syncId} is superseded: the newer sync ${newerSyncId} of ${quoted(typeKey)} succeeded at the target. ` +
        'Ask with "includeHealed": true to send the older content all the same.',
      { syncId, newerSyncId },
    );
  }
}
