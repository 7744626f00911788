import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { ReadBy } from './input.decorators.ts';
import { EARLIEST, LATEST, readTimestamp } from './timestamp.decorator.ts';
import { clockRuns } from './zone-clock.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A moment, or a day such as `2026-10-24`, which begins where the clocks of a time zone say. */
export type DateOrDay = Date | string;

/** A date and time with its offset, or a date: it stays a text until the time zone of the question is known. */
export const TimestampOrDay = (): PropertyDecorator =>
  applyDecorators(
    ReadBy(readDateOrDay),
    ValidateBy({
      name: 'timestampOrDay',
      validator: {
        validate: isDateOrDay,
        defaultMessage: () => '$property must be a date, or a date and time with its offset, in ISO 8601, of our era',
      },
    }),
  );

/** The moment or the day that a text names; what names none comes back. */
export function readDateOrDay(value: unknown): unknown {
  const moment = readTimestamp(value);
  return moment === LATEST || !isDay(value) ? moment : value;
}

export function isDateOrDay(value: unknown): value is DateOrDay {
  return value instanceof Date ? !Number.isNaN(value.getTime()) : isDay(value);
}

/** The moment itself, or the beginning of the day in a time zone. Throws `UnknownTimeZoneError`. */
export function momentIn(zone: string, value: DateOrDay): Date {
  return typeof value === 'string' ? startOfDay(value, zone) : value;
}

function isDay(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('T') && readTimestamp(value) instanceof Date;
}

/** When the clocks first come to the day. On a day that they leap over, it is where they land. */
function startOfDay(day: string, zone: string): Date {
  const midnight = new Date(day).getTime();
  const run = clockRuns(zone, midnight - 2 * DAY_MS, midnight + 2 * DAY_MS).find(
    ({ to, offset }) => to + offset > midnight,
  )!;
  return new Date(Math.max(midnight - run.offset, run.from, EARLIEST.getTime()));
}
