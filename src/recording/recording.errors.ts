import { databaseFault, faultText } from '#database';
import { DomainError } from '../domain-error.ts';
import { quoted } from '../quoted.ts';

/** The call was not made because it could not be recorded. */
export class RecordingUnavailableError extends DomainError {
  readonly code = 'RECORDING_UNAVAILABLE';
  readonly httpStatus = 503;

  constructor(cause: unknown) {
    super(
      `The service could not record the call, so it sent nothing. ${faultText(databaseFault(cause))}. Try again later.`,
      {},
      { cause },
    );
  }
}

export class SyncNotFoundError extends DomainError {
  readonly code = 'SYNC_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(syncId: string) {
    super(`There is no sync ${syncId}.`, { syncId });
  }
}

/** A sync that is settled cannot be settled otherwise; `what` says what became of the result. */
export class SyncSettledError extends DomainError {
  readonly code = 'SYNC_SETTLED';
  readonly httpStatus = 409;

  constructor(syncId: string, status: string, what: string) {
    super(`The sync ${syncId} has the final status ${status}; ${what}.`, { syncId, status });
  }
}

/** A sync that is run or being settled by this service, and so not by others. */
export class SyncOwnedError extends DomainError {
  readonly code = 'SYNC_OWNED';
  readonly httpStatus = 409;

  constructor(syncId: string) {
    super(`The service runs the sync ${syncId} and records its result itself. Read its status instead.`, {
      syncId,
    });
  }
}

/** A removal deletes whatever version stands there. */
export class RemovedVersionError extends DomainError {
  readonly code = 'REMOVAL_HAS_NO_VERSION';
  readonly httpStatus = 409;

  constructor(syncId: string) {
    super(`The sync ${syncId} is a removal, which carries no version. Leave out the version.`, { syncId });
  }
}

/** A name is an identity: one that cannot be kept as it is names something else. */
export class InvalidNameError extends DomainError {
  readonly code = 'INVALID_NAME';
  readonly httpStatus = 400;

  constructor(field: string, value: unknown, problem: string) {
    super(`The ${field} ${quoted(value)} ${problem}.`, { field });
  }
}

/** A duration that no clock can measure. */
export class InvalidDurationError extends DomainError {
  readonly code = 'INVALID_DURATION';
  readonly httpStatus = 400;

  constructor(durationMs: number, max: number) {
    super(
      `The duration must be a number from 0 to ${max} milliseconds, not ${durationMs}. Leave it out if it is unknown.`,
      {
        max,
      },
    );
  }
}

/** A time that no recorded sync has. */
export class InvalidTimeError extends DomainError {
  readonly code = 'INVALID_TIME';
  readonly httpStatus = 400;

  constructor(field: 'startedAt' | 'completedAt', problem: string) {
    super(`${field} ${problem}.`, { field });
  }
}

/** New work for a process that is stopping. */
export class ShuttingDownError extends DomainError {
  readonly code = 'SHUTTING_DOWN';
  readonly httpStatus = 503;

  constructor() {
    super(
      'The service is stopping and started nothing. Send the request to another replica, or again after the restart.',
      {
        retryAfter: 5,
      },
    );
  }
}

/** The clock of this process cannot be trusted. */
export class ClockSkewError extends DomainError {
  readonly code = 'CLOCK_SKEW';
  readonly httpStatus = 503;

  constructor(offsetMs: number, maxOffsetMs: number) {
    const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
    super(
      `The service started nothing, because its clock is ${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} the clock ` +
        `of the database; the limit is ${maxOffsetMs / 1_000} s. Correct the clock of the machine.`,
      { clockOffsetMs: Math.round(offsetMs), maxClockOffsetMs: maxOffsetMs },
    );
  }
}
