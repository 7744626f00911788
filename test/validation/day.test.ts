/// <reference lib="esnext.temporal" />
import * as fc from 'fast-check';
import { momentIn } from '#validation';
import { runs } from '../support/properties.ts';

const day = fc
  .record({
    zone: fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
    at: fc.date({ min: new Date('1975-01-01'), max: new Date('2037-01-01'), noInvalidDate: true }),
    isOfChange: fc.boolean(),
  })
  .map(({ zone, at, isOfChange }) => {
    const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone);
    const change = isOfChange ? local.getTimeZoneTransition('next') : null;
    return { zone, day: (change ?? local).toPlainDate() };
  });

describe('a day', () => {
  it('begins where the calendar of its zone says, in every zone, also on days when the clocks change', () => {
    fc.assert(
      fc.property(day, ({ zone, day: asked }) => {
        const expected = asked.toZonedDateTime({ timeZone: zone }).startOfDay();
        expect(momentIn(zone, asked.toString()).getTime()).toBe(expected.epochMilliseconds);
      }),
      { numRuns: runs(500) },
    );
  });

  it.each([
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26', '2026-10-25T23:00:00.000Z'],
    ['Europe/Berlin', '0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['America/Havana', '2026-03-08', '2026-03-08T05:00:00.000Z'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['Pacific/Kiritimati', '9999-12-31', '9999-12-30T10:00:00.000Z'],
    ['UTC', '2026-10-25', '2026-10-25T00:00:00.000Z'],
  ])('in %s, %s begins at %s', (zone, asked, expected) => {
    expect(momentIn(zone, asked).toISOString()).toBe(expected);
  });

  it('leaves a moment as it is, and refuses a zone that does not exist', () => {
    const moment = new Date('2026-10-25T00:30:00Z');
    expect(momentIn('Europe/Berlin', moment)).toBe(moment);
    expect(() => momentIn('Mars/Olympus', '2026-10-25')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TIME_ZONE' }),
    );
  });
});
