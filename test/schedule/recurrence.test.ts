import { InvalidCronError, nextTime, nextTimeSince } from '#schedule';
import { UnknownTimeZoneError } from '#validation';

const BERLIN = 'Europe/Berlin';
const after = (cron: string, time: string, timeZone = BERLIN) =>
  nextTime({ cron, timeZone }, new Date(time)).toISOString();

describe('the next time of a cron expression', () => {
  it('follows the clocks of its zone, in winter and in summer', () => {
    expect(after('30 2 * * *', '2026-01-10T12:00:00Z')).toBe('2026-01-11T01:30:00.000Z');
    expect(after('30 2 * * *', '2026-07-10T12:00:00Z')).toBe('2026-07-11T00:30:00.000Z');
    expect(after('30 2 * * *', '2026-07-10T12:00:00Z', 'UTC')).toBe('2026-07-11T02:30:00.000Z');
    expect(after('0 3 * * MON-FRI', '2026-11-27T12:00:00.250Z')).toBe('2026-11-30T02:00:00.000Z');
    expect(after('0 3 * * *', '2026-11-30T02:00:00Z')).toBe('2026-12-01T02:00:00.000Z');
  });

  it('comes right after the hour that the clocks skip, and once where they show it twice', () => {
    expect(after('30 2 * * *', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(after('30 2 * * *', '2026-03-29T01:00:00Z')).toBe('2026-03-30T00:30:00.000Z');
    expect(after('30 2 * * *', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(after('30 2 * * *', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
    // Each half hour is one, also in the hour that comes twice.
    expect(after('*/30 * * * *', '2026-10-25T00:30:00Z')).toBe('2026-10-25T01:00:00.000Z');
  });

  it('is after now, however many were missed, and once where the clocks went back in between', () => {
    const at = { cron: '30 2 * * *', timeZone: BERLIN };
    const since = (last: string, now: string) => nextTimeSince(at, new Date(last), new Date(now)).toISOString();
    expect(since('2026-05-01T00:30:00Z', '2026-05-20T09:00:00Z')).toBe('2026-05-21T00:30:00.000Z');
    // A run that was due at 02:30, and ended at 02:10 by the clocks that had gone back.
    expect(since('2026-10-25T00:30:00Z', '2026-10-25T01:10:00Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it.each([
    ['nightly', /five fields/],
    ['* * * * * *', /five fields/],
    ['@daily', /five fields/],
    ['0  3 * * *', /five fields/],
    ['61 * * * *', /out of range/],
    ['a b c d e', /Unknown alias/],
    ['0 0 30 2 *', /no time in the next eight years/],
    ['0 3 * * *\n', /five fields/],
    [`${'1,'.repeat(60)}1 * * * *`, /five fields/],
  ])('refuses %j, with the way out', (cron, problem) => {
    const next = () => nextTime({ cron, timeZone: 'UTC' }, new Date());
    expect(next).toThrow(InvalidCronError);
    expect(next).toThrow(problem);
    expect(next).toThrow(/"30 2 \* \* 1-5" is 02:30/);
  });

  it('refuses a time zone that nobody knows', () => {
    const next = () => nextTime({ cron: '0 3 * * *', timeZone: 'Europe/Brelin' }, new Date());
    expect(next).toThrow(UnknownTimeZoneError);
  });
});
