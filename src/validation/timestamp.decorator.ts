import { applyDecorators } from '@nestjs/common';
import { IsDate } from 'class-validator';
import { ReadBy } from './input.decorators.ts';

/** Times before and after these PostgreSQL writes otherwise than everybody else. */
export const EARLIEST = new Date('0001-01-01T00:00:00Z');
export const LATEST = new Date('9999-12-31T23:59:59.999Z');

/** A date, or a date and time with its offset from UTC, of our era. */
export const Timestamp = (): PropertyDecorator =>
  applyDecorators(
    ReadBy(readTimestamp),
    IsDate({
      message: '$property must be a date, or a date and time with its offset, in ISO 8601, of our era',
    }),
  );

const MOMENT = /^(?<day>(\d{4}|\+\d{6})-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The moment that a text names; what names none comes back. JavaScript takes much more for a date, such as `0`, or 31
 * February. What is later than everything is that.
 */
export function readTimestamp(value: unknown): unknown {
  const { day } = (typeof value === 'string' && MOMENT.exec(value)?.groups) || {};
  if (day === undefined) return value;
  const [midnight, moment] = [new Date(day), new Date(value as string)];
  const exists = moment >= EARLIEST && midnight >= EARLIEST && midnight.toISOString().startsWith(day);
  if (!exists) return value;
  return moment > LATEST ? LATEST : moment;
}
