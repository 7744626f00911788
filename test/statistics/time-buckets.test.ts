/// <reference lib="esnext.temporal" />
import * as fc from 'fast-check';
import { type Bucket, BUCKETS } from '#statistics';
import { bucketStarts } from '../../src/statistics/time-buckets.ts';
import { runs } from '../support/properties.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SPANS: Record<Bucket, number> = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR };

/** By the calendar of the language: when the bucket begins in which a moment lies. */
function beginning(moment: number, bucket: Bucket, zone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone);
  if (bucket === 'hour') {
    const hour = local.round({ smallestUnit: 'hour', roundingMode: 'floor' });
    if (hour.hour === local.hour && hour.minute === 0) return hour.epochMilliseconds;
    // The clocks leap over its beginning: it begins where they land.
    return local.add({ nanoseconds: 1 }).getTimeZoneTransition('previous')!.epochMilliseconds;
  }
  const day = local.startOfDay();
  return (bucket === 'day' ? day : day.subtract({ days: day.dayOfWeek - 1 }).startOfDay()).epochMilliseconds;
}

const isoOf = (moments: Date[]) => moments.map((moment) => moment.toISOString());

describe('the buckets of a period', () => {
  it('begin where the clocks of their zone say, in every zone, over every change since 1975', () => {
    const change = fc
      .record({
        zone: fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        from: fc.integer({ min: Date.UTC(1975, 0, 1) / MINUTE, max: Date.UTC(2037, 0, 1) / MINUTE }),
        isNearChange: fc.boolean(),
      })
      .map(({ zone, from, isNearChange }) => {
        const local = Temporal.Instant.fromEpochMilliseconds(from * MINUTE).toZonedDateTimeISO(zone);
        const next = isNearChange ? local.getTimeZoneTransition('next') : null;
        return { zone, near: next?.epochMilliseconds ?? local.epochMilliseconds };
      });
    fc.assert(
      fc.property(
        change,
        fc.constantFrom(...BUCKETS),
        fc.integer({ min: -200, max: 20 }),
        fc.integer({ min: 1, max: 300 }),
        ({ zone, near }, bucket, before, minutes) => {
          const unit = SPANS[bucket] / 60;
          const from = near + before * unit;
          const to = from + minutes * unit;
          const starts = bucketStarts(bucket, zone, new Date(from), new Date(to)).map((start) => start.getTime());
          const expected = new Set([from]);
          // Clocks change by no less than a quarter of an hour, and at no less than a minute.
          for (let moment = from; moment < to; moment += bucket === 'hour' ? MINUTE : 15 * MINUTE) {
            expected.add(Math.max(from, beginning(moment, bucket, zone)));
          }
          expected.add(Math.max(from, beginning(to - 1, bucket, zone)));
          expect(starts).toEqual([...[...expected].sort((a, b) => a - b), to]);
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it.each([
    [
      'an hour that comes twice',
      ...(['hour', 'America/New_York', '2026-11-01T05:00:00Z', '2026-11-01T08:00:00Z'] as const),
      ['05:00', '06:00', '07:00', '08:00'],
    ],
    [
      'half an hour that comes twice, which belongs to its hour',
      ...(['hour', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', '2026-04-04T17:30:00Z'] as const),
      ['14:00', '15:30', '16:30', '17:30'],
    ],
    [
      'an hour of which only half exists',
      ...(['hour', 'Australia/Lord_Howe', '2026-10-03T14:30:00Z', '2026-10-03T17:00:00Z'] as const),
      ['14:30', '15:30', '16:00', '17:00'],
    ],
    [
      'an hour of which only the second half exists',
      ...(['hour', 'Asia/Bishkek', '2000-03-25T21:00:00Z', '2000-03-25T23:00:00Z'] as const),
      ['21:00', '21:30', '22:00', '23:00'],
    ],
    [
      'hours off those of UTC',
      ...(['hour', 'Asia/Kathmandu', '2026-06-01T10:00:00Z', '2026-06-01T12:00:00Z'] as const),
      ['10:00', '10:15', '11:15', '12:00'],
    ],
    [
      'a day whose midnight comes twice, from in between',
      ...(['day', 'America/St_Johns', '1993-10-31T02:31:00Z', '1993-10-31T03:43:00Z'] as const),
      ['02:31', '03:43'],
    ],
  ] as const)('are right for %s', (_what, bucket, zone, from, to, expected) => {
    const starts = isoOf(bucketStarts(bucket, zone, new Date(from), new Date(to)));
    expect(starts.map((start) => start.slice(11, 16))).toEqual(expected);
  });

  it('are days of 23 and 25 hours when the clocks change, and weeks that begin on Monday', () => {
    const days = (zone: string, from: string, to: string) =>
      isoOf(bucketStarts('day', zone, new Date(from), new Date(to)));
    expect(days('Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toHaveLength(2);
    expect(days('Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toHaveLength(2);
    // Samoa had no 30 December 2011.
    expect(days('Pacific/Apia', '2011-12-29T10:00:00Z', '2011-12-31T10:00:00Z')).toHaveLength(3);
    const weeks = bucketStarts('week', 'UTC', new Date('2026-11-25T12:00:00Z'), new Date('2026-12-08T00:00:00Z'));
    expect(isoOf(weeks).slice(1, -1)).toEqual(['2026-11-30T00:00:00.000Z', '2026-12-07T00:00:00.000Z']);
  });
});
