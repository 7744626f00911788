import type { OldRows } from '#retention';

/** Events that are old enough: appending waits while some of them go. */
export const OLD_EVENTS: OldRows = {
  count: ({ facts }) =>
    facts && ['select count(*)::integer as count from access_event where created_at < $1::timestamptz', [facts]],
  drop: ({ facts }, most) => facts && ['select drop_access_events($1, $2) as count', [facts, most]],
  most: 2_000,
};
