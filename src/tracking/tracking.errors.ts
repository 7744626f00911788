import { ProblemList } from '#validation';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

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

/** An adapter that makes another payload of the same content than the one that stands in the record. */
export class PayloadChangedError extends DomainError {
  readonly code = 'PAYLOAD_CHANGED';

  constructor(syncId: string) {
    super(`The sync ${syncId} was not sent: its adapter would now send other content than was recorded.`, { syncId });
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
