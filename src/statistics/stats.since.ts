import { FACTS_SINCE } from '#recording';

/**
 * SQL: the moment since which the history is whole: the stats of syncs that started before are all that is left of them.
 * Retention drops syncs by the time in their ids, which is up to a day and an hour before their start. It is planned once,
 * not for each branch.
 */
export const STATS_SINCE = `(
  select case when month = 'epoch' then month else month + interval '48 hours' end
  from (select ${timeOf(FACTS_SINCE)} as month offset 0) dropped)`;

/** SQL: the time with which a UUIDv7 begins. */
export function timeOf(id: string): string {
  return `to_timestamp(('x' || left(replace((${id})::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
}
