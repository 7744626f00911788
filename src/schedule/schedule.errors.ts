import { quoted } from '../quoted.ts';
import { DomainError } from '../domain-error.ts';

export class InvalidCronError extends DomainError {
  readonly code = 'INVALID_CRON';
  readonly httpStatus = 400;

  constructor(cron: string, problem: string) {
    super(
      `${quoted(cron)} is no cron expression of minute, hour, day of month, month and day of week: ${problem}. ` +
        'For example, "30 2 * * 1-5" is 02:30 from Monday to Friday.',
      { problem },
    );
  }
}
