import { CronTime, validateCronExpression } from 'cron';
import { assertTimeZone } from '#validation';
import { InvalidCronError } from './schedule.errors.ts';

/** Times that come again and again: a cron expression with five fields, by the clocks of an IANA time zone. */
export interface Recurrence {
  cron: string;
  timeZone: string;
}

const FIVE_FIELDS = /^\S+(?: \S+){4}$/;
const MAX_LENGTH = 100;

/**
 * The first time after `after`. What the clocks skip in spring comes right after the skip, and a time of day that they
 * show twice in autumn comes once. Throws {@link InvalidCronError} and `UnknownTimeZoneError`.
 */
export function nextTime({ cron, timeZone }: Recurrence, after: Date): Date {
  assertTimeZone(timeZone);
  if (cron.length > MAX_LENGTH || !FIVE_FIELDS.test(cron)) {
    throw new InvalidCronError(cron, 'it must have five fields with one space between');
  }
  const { valid, error } = validateCronExpression(cron);
  if (!valid) throw new InvalidCronError(cron, error?.message ?? 'it cannot be read');
  try {
    return new CronTime(cron, timeZone).getNextDateFrom(after, timeZone).toJSDate();
  } catch {
    throw new InvalidCronError(cron, 'it names no time in the next eight years');
  }
}

/**
 * The first time after `now` that follows `last`, which was one. As seen from the last one, clocks that go back in between
 * bring no time of day twice.
 */
export function nextTimeSince(recurrence: Recurrence, last: Date, now: Date): Date {
  const following = nextTime(recurrence, last);
  return following > now ? following : nextTime(recurrence, now);
}
