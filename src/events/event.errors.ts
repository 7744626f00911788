import { DomainError } from '../domain-error.ts';
import type { EventCursor } from './event.cursor.ts';

export class TooManyStreamsError extends DomainError {
  readonly code = 'TOO_MANY_STREAMS';
  readonly httpStatus = 429;

  constructor(limit: number) {
    super(`The service has ${limit} open event streams, which is its limit. Close one, or try again later.`, {
      limit,
    });
  }
}

/** A cursor that belongs to a history which this database does not continue. */
export class EpochChangedError extends DomainError {
  readonly code = 'EPOCH_CHANGED';
  readonly httpStatus = 410;

  constructor({ epoch, position }: EventCursor, continueAfter: string) {
    const cursor = epoch ? `${epoch}-${position}` : String(position);
    super(
      `The database was restored or has failed over. It does not have all events up to the position ${cursor}, and it ` +
        `has used some positions again. Drop the later events that you have, and continue with after=${continueAfter}.`,
      { continueAfter },
    );
  }
}
