import type { OldRows } from '#retention';

/**
 * SQL: plans that were never deployed, once they have expired before `$1`, or before `$2` when somebody approved or refused
 * them; null is never. A plan that was deployed is kept as long as its deployment.
 */
const UNUSED = `
  select p.id from plan p
  where (p.decided_at is null and p.expires_at < $1::timestamptz or p.expires_at < $2::timestamptz)
    and not exists (select from deployment d where d.plan_id = p.id)`;

const COUNT = `select count(*)::integer as count from (${UNUSED}) unused`;

const DROP = `
  with due as materialized (${UNUSED} order by p.id limit $3 for update of p skip locked),
  items as (delete from plan_item i using due where i.plan_id = due.id),
  dropped as (delete from plan p using due where p.id = due.id returning p.id)
  select count(*)::integer as count from dropped`;

/** Plans that nobody used, with their items: each may have 10,000. */
export const UNUSED_PLANS: OldRows = {
  count: ({ payloads, facts }) => [COUNT, [payloads, facts]],
  drop: ({ payloads, facts }, most) => [DROP, [payloads, facts, most]],
  most: 20,
};
