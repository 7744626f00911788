export const CHECK_OUTCOMES = ['MET', 'MISSED', 'TOO_FEW', 'LATE'] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number];

/** What was found at a time at which an expectation was due. */
export interface ExpectationCheck {
  expectationId: string;
  dueAt: Date;
  /** Syncs that succeeded from then on, and before it was due, count. */
  countsFrom: Date;
  /** What is fulfilled before that is late, and not missed. */
  nextDueAt: Date;
  outcome: CheckOutcome;
  /** Syncs that counted when it was due, and the first and last of them. */
  counted: number;
  firstSyncId: string | null;
  lastSyncId: string | null;
  checkedAt: Date;
  /** The end of the sync that fulfilled it afterwards. */
  lateAt: Date | null;
  lateSyncId: string | null;
}

export const CHECK_COLUMNS = `k.expectation_id as "expectationId", k.due_at as "dueAt", k.counts_from as "countsFrom",
  k.next_due_at as "nextDueAt", k.outcome, k.counted, k.first_sync_id as "firstSyncId", k.last_sync_id as "lastSyncId",
  k.checked_at as "checkedAt", k.late_at as "lateAt", k.late_sync_id as "lateSyncId"`;

/** Milliseconds after a time before its end is certain: what ended before it has been recorded by then. */
export const CERTAIN_AFTER_MS = 5_000;

/**
 * SQL: successful syncs that ended from `$8` and before `$9`, by the members of the expectation, `$1` to `$7`. The id of a
 * sync has the time of its start, so a range of ids has all that may have ended then. `offset 0` has that range read first:
 * the server would take a coarse index of the other members, and read a month.
 */
const COUNTED = `
  from (
    select * from sync_history
    where target_platform = $1 and environment = $2 and ($7::text is null or type_key = $7)
      and id >= uuid_at($8::timestamptz - interval '1 day') and id < uuid_at($9::timestamptz + interval '1 hour')
    offset 0) h
  where h.sync_direction = $3 and h.sync_status = 'SUCCESS' and h.completed_at >= $8::timestamptz
    and h.completed_at < $9::timestamptz and ($4::text is null or h.actor = $4) and ($5::text is null or h.trigger = $5)
    and ($6::text is null or h.kind = $6)`;

/**
 * Checks what was due at `$9` once: who comes second finds that the expectation has gone on to `$11`. `$10` is its id, `$12`
 * how many it takes.
 */
export const CHECK = `
  with due as (
    update expectation set next_at = $11::timestamptz
    where id = $10 and next_at = $9 and ended_at is null
      and next_at <= clock_timestamp() - ${CERTAIN_AFTER_MS} * interval '1 millisecond'
    returning id),
  found as (
    select count(*)::integer as counted, min(h.id::text)::uuid as first, max(h.id::text)::uuid as last ${COUNTED}
      and exists (select from due))
  insert into expectation_check (expectation_id, due_at, counts_from, next_due_at, outcome, counted, first_sync_id,
    last_sync_id, is_final)
  select due.id, $9, $8, $11, case when counted >= $12 then 'MET' when counted = 0 then 'MISSED' else 'TOO_FEW' end,
    counted, first, last, counted >= $12
  from due, found
  returning outcome`;

/**
 * Looks whether what was missed at `$11` is fulfilled before `$9`, the next time. It is final once that time is over. `$10`
 * is the id of the expectation, `$12` how many it takes.
 */
export const FULFIL = `
  with late as (select h.id, h.completed_at ${COUNTED} order by h.completed_at, h.id offset $12::integer - 1 limit 1),
  certain as (
    select clock_timestamp() - ${CERTAIN_AFTER_MS} * interval '1 millisecond' >= $9::timestamptz as is_over)
  update expectation_check k set outcome = case when late.id is null then k.outcome else 'LATE' end,
    late_at = late.completed_at, late_sync_id = late.id, is_final = true
  from certain left join late on true
  where k.expectation_id = $10 and k.due_at = $11 and not k.is_final and (late.id is not null or certain.is_over)
  returning k.outcome`;
