import { ProblemList } from '#validation';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

/** A tracked method that was called before the application had started. */
export class NotTrackedYetError extends DomainError {
  readonly code = 'NOT_TRACKED_YET';
  readonly httpStatus = 503;

  constructor(method: string) {
    super(
      `${method} was called before the application with TrackingModule had started, so the call could not be recorded. ` +
        'Call it from onApplicationBootstrap or later.',
    );
  }
}

/** One call names a content type twice: its two outcomes could not be told apart. */
export class DuplicateItemError extends DomainError {
  readonly code = 'DUPLICATE_ITEM';
  readonly httpStatus = 400;

  constructor(typeKeys: string[]) {
    const [seen, twice] = [new Set<string>(), new Set<string>()];
    for (const key of typeKeys) (seen.has(key) ? twice : seen).add(key);
    const problems = ProblemList.of<string>(twice);
    const { errors, ...more } = problems.members();
    super(`A call must name each content type only once. It names twice: ${problems.sentence((key) => cut(key))}.`, {
      typeKeys: errors,
      ...more,
    });
  }
}

/** A push without content. */
export class MissingDataError extends DomainError {
  readonly code = 'MISSING_DATA';
  readonly httpStatus = 400;

  constructor(typeKey: string) {
    super(`The push of "${typeKey}" has no data. Add the definition to send.`, { typeKey });
  }
}

/** This process was paused for so long that others took it for dead and settled its syncs. */
export class InterruptedError extends DomainError {
  readonly code = 'INTERRUPTED';
  readonly httpStatus = 503;

  constructor() {
    super(
      'The process was silent for longer than its lease, so another process ended its syncs. It sent nothing more.',
    );
  }
}

/** An adapter that makes another payload of the same content than the one that stands in the record. */
export class PayloadChangedError extends DomainError {
  readonly code = 'PAYLOAD_CHANGED';
  readonly httpStatus = 409;

  constructor(syncId: string) {
    super(
      `The sync ${syncId} was not sent, because its adapter would now send other content than the recorded content.`,
      { syncId },
    );
  }
}

/** This process was stopped before the turn of this call came. */
export class StoppedError extends DomainError {
  readonly code = 'NOT_SENT';
  readonly httpStatus = 503;

  constructor() {
    super('The service stopped before the turn of this sync, so it sent nothing. Replay the original sync again.');
  }
}

/** Other items of the call could not be recorded. */
export class UnrecordedCallError extends DomainError {
  readonly code = 'NOT_SENT';
  readonly httpStatus = 503;

  constructor() {
    super('Other items of this call could not be recorded, so nothing was sent. Send it again.');
  }
}

/** A second call for a sync that this process is busy with. */
export class SyncUnderWayError extends DomainError {
  readonly code = 'SYNC_UNDER_WAY';
  readonly httpStatus = 409;

  constructor(syncId: string) {
    super(`The sync ${syncId} is already running, so it was not sent a second time.`, { syncId });
  }
}

/** Another push of an item to the target was under way for as long as a push waits. */
export class PushUnderWayError extends DomainError {
  readonly code = 'PUSH_UNDER_WAY';
  readonly httpStatus = 409;

  constructor(waitedMs: number, blockedBy: string[]) {
    const [first, ...others] = blockedBy;
    const more = others.length > 0 ? ` and ${others.length} others` : '';
    super(
      `Another push of the same content type to the same target is still running (sync ${first}${more}), so this one was ` +
        `not sent. It waited ${waitedMs} ms. Push again when that sync has ended.`,
      { blockedBy: blockedBy.slice(0, 50) },
    );
  }
}
