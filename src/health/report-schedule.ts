import { bucketStarts, type Interval } from '#statistics';

export const REPORT_FREQUENCIES = ['hourly', 'daily'] as const;
export type ReportFrequency = (typeof REPORT_FREQUENCIES)[number];

/** How far back missed intervals are filled, in milliseconds: the 24 hours and the 7 days that were over last. */
const BACK_MS: Record<ReportFrequency, number> = { hourly: 25 * 3_600_000, daily: 8 * 24 * 3_600_000 };

/** The intervals that are over at a moment and not too old to be filled, oldest first, by the clocks of a time zone. */
export function intervalsDue(slot: ReportFrequency, now: Date, timeZone: string): Interval[] {
  const starts = bucketStarts(
    slot === 'hourly' ? 'hour' : 'day',
    timeZone,
    new Date(now.getTime() - BACK_MS[slot]),
    now,
  );
  // The first begins in the middle of an hour or a day, and the last ends there.
  const whole = starts.slice(1, -1);
  return whole.slice(1).map((to, index) => ({ from: whole[index]!, to }));
}
