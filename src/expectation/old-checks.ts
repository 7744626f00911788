import type { OldRows } from '#retention';

/** SQL: checks before `$1`, but the last one of each expectation, which tells how it stood then. */
const OLD = `
  select k.expectation_id, k.due_at from expectation_check k
  where k.is_final and k.due_at < (
    select max(n.due_at) from expectation_check n where n.expectation_id = k.expectation_id and n.due_at < $1::timestamptz)`;

const COUNT = `select count(*)::integer as count from (${OLD}) old`;

const DROP = `
  with due as materialized (${OLD} order by k.due_at limit $2),
  dropped as (
    delete from expectation_check k using due
    where k.expectation_id = due.expectation_id and k.due_at = due.due_at returning k.due_at)
  select count(*)::integer as count from dropped`;

/** Checks that are old enough. */
export const OLD_CHECKS: OldRows = {
  count: ({ facts }) => facts && [COUNT, [facts]],
  drop: ({ facts }, most) => facts && [DROP, [facts, most]],
  most: 10_000,
};
