import { databaseFault, faultText } from '#database';
import { DomainError } from '../domain-error.ts';

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

/** New work for a process that is stopping. */
export class ShuttingDownError extends DomainError {
  readonly code = 'SHUTTING_DOWN';

  constructor() {
    super('Nothing was begun: this service is stopping. Send it again, to another replica or after the restart.', {
      retryAfter: 5,
    });
  }
}

/** The clock of this process cannot be trusted. */
export class ClockSkewError extends DomainError {
  readonly code = 'CLOCK_SKEW';

  constructor(offsetMs: number, maxOffsetMs: number) {
    const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
    super(
      `Nothing was begun: the clock of this service is ${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} that of the ` +
        `database, and may be ${maxOffsetMs / 1_000} s. Correct the clock of its machine.`,
      { clockOffsetMs: Math.round(offsetMs), maxClockOffsetMs: maxOffsetMs },
    );
  }
}
