import * as fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { type Outcome as Effect, OUTCOMES } from '#platform';
import type { Evidence } from '#recording';
import { ensureMonths, INSERT_SYNCS, syncRow } from './insert-syncs.ts';
import type { Sql } from './sql.ts';

/** A sync of some past moment, and what came of it; null while it is in progress. */
export interface PastSync {
  id: string;
  kind: string;
  typeKey: string;
  platform: string;
  environment: string;
  direction: string;
  trigger: string;
  actor?: string;
  forced?: boolean;
  startedAt: Date;
  outcome: Outcome | null;
}

export interface Outcome {
  status: string;
  retryCount: number;
  durationMs: number | null;
  /** What was known of the effect at its end; a pull has none. */
  effect?: Effect | null;
  /** What became known later, where that was unknown. */
  learned?: Effect;
  evidence?: Evidence | null;
  errorCode?: string | null;
}

const outcome: fc.Arbitrary<Outcome> = fc.record({
  status: fc.constantFrom('SUCCESS', 'SUCCESS', 'FAILED', 'PARTIAL'),
  retryCount: fc.constantFrom(0, 0, 1, 2),
  durationMs: fc.option(
    fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5_000 }), fc.constantFrom(2_147_483_647)),
    { nil: null, freq: 9 },
  ),
  effect: fc.constantFrom('UNKNOWN' as const, ...OUTCOMES, null),
  learned: fc.option(fc.constantFrom('APPLIED' as const, 'NOT_APPLIED' as const), { nil: undefined }),
  evidence: fc.constantFrom('ANSWERED' as const, 'REPORTED' as const, null),
  errorCode: fc.constantFrom('TIMEOUT', '', null),
});

/** By which it becomes known later what a push did. */
export const LEARNED_BY: Evidence = 'OBSERVED';

/** Syncs that start at one of some moments. */
export function pastSync(startedAt: fc.Arbitrary<Date>): fc.Arbitrary<PastSync> {
  return fc
    .record({
      kind: fc.constantFrom('contentType', 'propertyGroup'),
      typeKey: fc.constantFrom('Article', 'Hero', 'Bread'),
      platform: fc.constantFrom('optimizely', 'other'),
      environment: fc.constantFrom('default', 'staging'),
      direction: fc.constantFrom('PUSH', 'PULL'),
      trigger: fc.constantFrom('API', 'DEPLOYMENT', 'SCHEDULE'),
      actor: fc.constantFrom('jane', 'joe'),
      forced: fc.boolean(),
      startedAt,
      outcome: fc.option(outcome, { nil: null, freq: 4 }),
    })
    .map(({ outcome, ...sync }) => ({
      ...sync,
      id: uuidv7({ msecs: sync.startedAt.getTime() }),
      outcome: outcome && (sync.direction === 'PUSH' ? outcome : { ...outcome, effect: null }),
    }));
}

/** Whether it becomes known later what the push did. */
export function isLearned({ outcome }: PastSync): boolean {
  return outcome?.effect === 'UNKNOWN' && outcome.learned !== undefined;
}

/** Records syncs that are in progress: their rows, and an event each. */
export async function recordPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  const rows = syncs.map((sync) => ({ ...sync, outcome: null }));
  await ensureMonths(sql, syncs);
  await sql(`with ${PAST}, rows_in as (${INSERT_SYNCS}), ${EVENTS('recorded')} select`, [asJson(rows)]);
}

/** Settles those that have an outcome, with an event each. */
export async function finishPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  await sql(
    `with ${PAST},
     settled as (
       update sync_history h set sync_status = p.status, retry_count = p."retryCount", duration_ms = p."durationMs",
         outcome = p.outcome, evidence = p.evidence, error_code = p."errorCode", completed_at = clock_timestamp()
       from past p where h.id = p.id and p.status <> 'IN_PROGRESS'),
     ${EVENTS('finished')} select`,
    [asJson(syncs)],
  );
}

/** Says what became known of the effects of settled pushes, with an event each. */
export async function learnPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  const rows = syncs.filter(isLearned).map(({ id, outcome }) => ({ id, outcome: outcome!.learned, eventId: uuidv7() }));
  await sql(
    `with past as (select * from json_to_recordset($1) as s (id uuid, outcome text, "eventId" uuid)),
     updated as (update sync_history h set outcome = p.outcome, evidence = '${LEARNED_BY}' from past p where h.id = p.id)
     insert into sync_event (id, sync_id, type, data)
     select "eventId", id, 'sync.outcome_known', json_build_object('outcome', outcome, 'evidence', '${LEARNED_BY}') from past`,
    [JSON.stringify(rows)],
  );
}

/** Records syncs whose outcome is known already, as somebody outside does: in one statement. */
export async function recordFinishedPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  await ensureMonths(sql, syncs);
  await sql(`with ${PAST}, rows_in as (${INSERT_SYNCS}), ${EVENTS('recorded')}, ${EVENTS('finished')} select`, [
    asJson(syncs),
  ]);
}

/** Events that change no number: a failed attempt, and a result that came after another. */
export async function addNoise(sql: Sql, syncs: PastSync[]): Promise<void> {
  for (const type of ['attempt.failed', 'sync.late_result']) {
    await sql(
      `with ${PAST} insert into sync_event (id, sync_id, type, data)
       select "recordedId", id, $2, '{"outcome":"UNKNOWN"}' from past p`,
      [asJson(syncs), type],
    );
  }
}

/** Gives events their positions as they are inserted, as the projector does. */
export async function positionEvents(sql: Sql): Promise<void> {
  await sql(`
    create or replace function position_event() returns trigger language plpgsql as $$
    begin
      if new.position is null then
        update event_position set last = last + 1 returning last into new.position;
      end if;
      return new;
    end $$;
    create or replace trigger position_event before insert on sync_event for each row execute function position_event()`);
}

function asJson(syncs: PastSync[]): string {
  return JSON.stringify(
    syncs.map(({ outcome, ...sync }) => {
      const { effect = null, ...result } = outcome ?? { status: 'IN_PROGRESS', retryCount: 0, durationMs: null };
      return { ...syncRow({ ...sync, ...result, outcome: effect }), recordedId: uuidv7(), finishedId: uuidv7() };
    }),
  );
}

const PAST = `past as (select * from json_to_recordset($1) as s (id uuid, "recordedId" uuid, "finishedId" uuid, kind text,
  "typeKey" text, platform text, environment text, direction text, trigger text, "startedAt" timestamptz, status text,
  "retryCount" smallint, "durationMs" integer, outcome text, evidence text, "errorCode" text))`;

const EVENTS = (step: 'recorded' | 'finished') => `
  ${step}_in as (
    insert into sync_event (id, sync_id, type, data)
    select "${step}Id", id, ${step === 'recorded' ? `'sync.recorded', '{}'::json` : `${FINISHED}, ${SETTLED_DATA}`}
    from past p ${step === 'finished' ? "where status <> 'IN_PROGRESS'" : ''})`;

const SETTLED_DATA = `json_strip_nulls(json_build_object('outcome', outcome, 'evidence', evidence))`;
const FINISHED = `case status when 'SUCCESS' then 'sync.succeeded' when 'FAILED' then 'sync.failed' else 'sync.partial' end`;
