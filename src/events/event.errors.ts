import { DomainError } from '../domain-error.ts';
import type { EventPlace } from './event.position.ts';

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
