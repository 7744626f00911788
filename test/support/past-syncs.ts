import * as fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { INSERT_SYNCS, syncRow } from './insert-syncs.ts';
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
}

const outcome: fc.Arbitrary<Outcome> = fc.record({
  status: fc.constantFrom('SUCCESS', 'SUCCESS', 'FAILED', 'PARTIAL'),
  retryCount: fc.constantFrom(0, 0, 1, 2),
  durationMs: fc.option(
    fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5_000 }), fc.constantFrom(2_147_483_647)),
    { nil: null, freq: 9 },
  ),
});

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
    .map((sync) => ({ ...sync, id: uuidv7({ msecs: sync.startedAt.getTime() }) }));
}

/** Records syncs that are in progress: their rows, and an event each. */
export async function recordPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  const rows = syncs.map((sync) => ({ ...sync, outcome: null }));
  await sql(`with ${PAST}, rows_in as (${INSERT_SYNCS}), ${EVENTS('recorded')} select`, [asJson(rows)]);
}

/** Settles those that have an outcome, with an event each. */
export async function finishPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  await sql(
    `with ${PAST},
     settled as (
       update sync_history h set sync_status = p.status, retry_count = p."retryCount", duration_ms = p."durationMs",
         completed_at = clock_timestamp()
       from past p where h.id = p.id and p.status <> 'IN_PROGRESS'),
     ${EVENTS('finished')} select`,
    [asJson(syncs)],
  );
}

/** Records syncs whose outcome is known already, as somebody outside does: in one statement. */
export async function recordFinishedPast(sql: Sql, syncs: PastSync[]): Promise<void> {
  await sql(`with ${PAST}, rows_in as (${INSERT_SYNCS}), ${EVENTS('recorded')}, ${EVENTS('finished')} select`, [
    asJson(syncs),
  ]);
}

/** Events that change no number: a failed attempt, and a result that came after another. */
export async function addNoise(sql: Sql, syncs: PastSync[]): Promise<void> {
  for (const type of ['attempt.failed', 'sync.late_result']) {
    await sql(`with ${PAST} insert into sync_event (id, sync_id, type) select "recordedId", id, $2 from past p`, [
      asJson(syncs),
      type,
    ]);
  }
}

/** As the service does by itself, now and then: each committed event gets the next position. */
export async function givePositions(sql: Sql): Promise<void> {
  await sql(`
    begin;
    select from event_position for update;
    with numbered as (
      select id, (select last from event_position) + row_number() over (order by created_at, id) as position
      from sync_event where position is null),
    counted as (update event_position set last = last + (select count(*) from numbered))
    update sync_event e set position = n.position from numbered n where e.id = n.id;
    commit`);
}

function asJson(syncs: PastSync[]): string {
  return JSON.stringify(
    syncs.map(({ outcome, ...sync }) => {
      const result = outcome ?? { status: 'IN_PROGRESS', retryCount: 0, durationMs: null };
      return { ...syncRow({ ...sync, ...result }), recordedId: uuidv7(), finishedId: uuidv7() };
    }),
  );
}

const PAST = `past as (select * from json_to_recordset($1) as s (id uuid, "recordedId" uuid, "finishedId" uuid, kind text,
  "typeKey" text, platform text, environment text, direction text, trigger text, "startedAt" timestamptz, status text,
  "retryCount" smallint, "durationMs" integer))`;

const EVENTS = (step: 'recorded' | 'finished') => `
  ${step}_in as (
    insert into sync_event (id, sync_id, type)
    select "${step}Id", id, ${step === 'recorded' ? `'sync.recorded'` : FINISHED}
    from past p ${step === 'finished' ? "where status <> 'IN_PROGRESS'" : ''})`;

const FINISHED = `case status when 'SUCCESS' then 'sync.succeeded' when 'FAILED' then 'sync.failed' else 'sync.partial' end`;
