import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { type DateOrDay, isDateOrDay, ReadBy, readDateOrDay } from '#validation';

/** At or after `from`, and before `to`. */
export class DateRange {
  from?: DateOrDay;
  to?: DateOrDay;
}

/** A range of a request: `from/to`, as ISO 8601 writes an interval; one end may be empty. */
export const FromTo = (): PropertyDecorator =>
  applyDecorators(
    ReadBy(readRange),
    ValidateBy({
      name: 'fromTo',
      validator: {
        validate: (value) => value instanceof DateRange,
        defaultMessage: () =>
          '$property must be from/to: two dates, or dates and times with their offset, one of which may be empty',
      },
    }),
  );

function readRange(value: unknown): unknown {
  const ends = typeof value === 'string' ? value.split('/') : [];
  if (ends.length !== 2 || ends.every((end) => end === '')) return value;
  const [from, to] = ends.map((end) => (end === '' ? undefined : readDateOrDay(end)));
  const isRead = [from, to].every((end) => end === undefined || isDateOrDay(end));
  return isRead ? Object.assign(new DateRange(), { from, to }) : value;
}
