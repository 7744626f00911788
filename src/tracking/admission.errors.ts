import { DomainError } from '../domain-error.ts';

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
