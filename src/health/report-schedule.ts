import { bucketStarts, type Interval } from '#statistics';

export const SLOTS = ['hourly', 'daily'] as const;
export type Slot = (typeof SLOTS)[number];

/** How far back missed slots are filled, in milliseconds: the 24 hours and the 7 days that were over last. */
const BACK_MS: Record<Slot, number> = { hourly: 25 * 3_600_000, daily: 8 * 24 * 3_600_000 };

/** The slots that are over at a moment and not too old to be filled, oldest first, by the clocks of a time zone. */
export function slotsAt(slot: Slot, now: Date, timeZone: string): Interval[] {
  const starts = bucketStarts(
    slot === 'hourly' ? 'hour' : 'day',
    timeZone,
    new Date(now.getTime() - BACK_MS[slot]),
    now,
  );
  // The first begins in the middle of a slot, and the last ends there.
  const whole = starts.slice(1, -1);
  return whole.slice(1).map((to, index) => ({ from: whole[index]!, to }));
}
