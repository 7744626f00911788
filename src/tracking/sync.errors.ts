import type { EventPlace } from './event.place.ts';
import { databaseFault, faultText } from '#database';
import { ProblemList } from '#http';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

/** The call was not made because it could not be recorded. */
export class RecordingUnavailableError extends DomainError {
  readonly code = 'RECORDING_UNAVAILABLE';

  constructor(cause: unknown) {
    super(
      `Nothing was sent, because the call could not be recorded. ${faultText(databaseFault(cause))}. Try again later.`,
      {},
      { cause },
    );
  }
}

export class SyncNotFoundError extends DomainError {
  readonly code = 'SYNC_NOT_FOUND';

  constructor(syncId: string) {
    super(`There is no sync ${syncId}.`, { syncId });
  }
}

/** A sync that is settled cannot be settled otherwise; `what` says what became of the result. */
export class SyncSettledError extends DomainError {
  readonly code = 'SYNC_SETTLED';

  constructor(syncId: string, status: string, what: string) {
    super(`The sync ${syncId} is settled as ${status}; ${what}.`, { syncId, status });
  }
}

/** A sync that is run or being settled by this service, and so not by others. */
export class SyncOwnedError extends DomainError {
  readonly code = 'SYNC_OWNED';

  constructor(syncId: string) {
    super(`The sync ${syncId} is in the hands of this service, which settles it itself: ask for its status.`, {
      syncId,
    });
  }
}

/** A filter that cannot hold together. */
export class InvalidFilterError extends DomainError {
  readonly code = 'INVALID_FILTER';

  constructor(field: string, detail: string) {
    super(`The filter cannot be used: ${field} ${detail}.`, { errors: [{ field, detail }] });
  }
}

/** A tracked method that was called before the application had started. */
export class NotTrackedYetError extends DomainError {
  readonly code = 'NOT_TRACKED_YET';

  constructor(method: string) {
    super(
      `${method} was called outside a started application with TrackingModule: an unrecorded call never leaves. ` +
        'Call it from onApplicationBootstrap or later.',
    );
  }
}

/** One call names a content type twice: its two outcomes could not be told apart. */
export class DuplicateItemError extends DomainError {
  readonly code = 'DUPLICATE_ITEM';

  constructor(typeKeys: string[]) {
    const [seen, twice] = [new Set<string>(), new Set<string>()];
    for (const key of typeKeys) (seen.has(key) ? twice : seen).add(key);
    const problems = ProblemList.of(twice);
    const { errors, ...more } = problems.members();
    super(`A call may name each content type once; named twice: ${problems.sentence((key) => cut(key))}.`, {
      typeKeys: errors,
      ...more,
    });
  }
}

/** A sync without content: a pull that received nothing. */
export class NoContentError extends DomainError {
  readonly code = 'NO_CONTENT';

  constructor(syncId: string) {
    super(`The sync ${syncId} holds no content that could be compared: nothing was received.`, { syncId });
  }
}

/** A push without content. */
export class MissingDataError extends DomainError {
  readonly code = 'MISSING_DATA';

  constructor(typeKey: string) {
    super(`The push of "${typeKey}" has no data: give the definition that is to be sent.`, { typeKey });
  }
}

/** This process was paused for so long that others took it for dead and settled its syncs. */
export class InterruptedError extends DomainError {
  readonly code = 'INTERRUPTED';

  constructor() {
    super('Nothing more was sent: this process was silent for longer than its lease, and its syncs were settled.');
  }
}

/** This process was stopped before the turn of this call came. */
export class StoppedError extends DomainError {
  readonly code = 'NOT_SENT';

  constructor() {
    super('The service was stopped before its turn came: nothing was sent. Replay what it was to replay.');
  }
}

/** A second call for a sync that this process is busy with. */
export class SyncUnderWayError extends DomainError {
  readonly code = 'SYNC_UNDER_WAY';

  constructor(syncId: string) {
    super(`The sync ${syncId} is under way: nothing was sent a second time.`, { syncId });
  }
}

export class TooManyStreamsError extends DomainError {
  readonly code = 'TOO_MANY_STREAMS';

  constructor(limit: number) {
    super(`This service has ${limit} event streams open, which is its limit: close one, or try again later.`, {
      limit,
    });
  }
}

/** A place that belongs to a history which this database does not continue. */
export class EpochChangedError extends DomainError {
  readonly code = 'EPOCH_CHANGED';

  constructor({ epoch, position }: EventPlace, continueAfter: string) {
    const place = epoch ? `${epoch}-${position}` : String(position);
    super(
      `The database was restored or has failed over: what stood up to the place ${place} is not all in it, and positions ` +
        `were given a second time. Drop what you know of later events, and go on with after=${continueAfter}.`,
      { continueAfter },
    );
  }
}

/** A replay of what cannot be sent again. */
export class NotReplayableError extends DomainError {
  readonly code = 'NOT_REPLAYABLE';

  constructor(syncId: string, why: string) {
    super(`The sync ${syncId} cannot be replayed: ${why}.`, { syncId });
  }
}

/** A replay of more than one request may ask for. */
export class TooManyReplaysError extends DomainError {
  readonly code = 'TOO_MANY_REPLAYS';

  constructor(limit: number) {
    super(`The filter has more than ${limit} syncs to replay, which is what a request takes: narrow the filter.`, {
      limit,
    });
  }
}
