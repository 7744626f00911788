import type { PreparedSnapshot } from '#snapshot';
import type { Origin } from '#versioning';
import { type Column, names, Statement } from './statement.ts';
import { MAX_LATE_RESULTS } from './sync.ts';
import { EXTERNAL_COLUMNS, FINISH_COLUMNS, START_COLUMNS } from './sync-columns.ts';
import type { AttemptRow, EventRow, FinishRow, OutcomeRow, StartRow } from './sync-rows.ts';

/** A statement with its parameters; one that has but one plan need not be planned again. */
export type Written = Pick<Statement, 'parameters'> & { text: string; hasOnePlan?: boolean };

/** IN_PROGRESS in other words: by these the planner would expect hardly any row, and pair each of ours with each of those. */
const OPEN = 'num_nulls(h.completed_at) > 0';

/**
 * One statement, so one transaction: snapshots, versions, syncs and their events, all or none. It tells which syncs have got
 * their turn.
 */
export function startStatement(rows: StartRow[], newVersions: StartRow[]): Written {
  const statement = new Statement();
  const takers = onePerItem(rows.filter(({ takesTurn }) => takesTurn));
  const parts = [
    ...(takers.length > 0 ? [`turn_in as (${turnPart(statement, takers)})`] : []),
    `record_in as (${recordPart(statement, rows)})`,
    `event_in as (${statement.insert(
      'sync_event',
      EVENT,
      rows.flatMap((row) => [row.event, ...(row.external?.finish ? [row.external.finish.event] : [])]),
    )})`,
    ...snapshotPart(
      statement,
      rows.flatMap((row) => [
        ...row.snapshots,
        ...(row.external?.finish?.snapshot ? [row.external.finish.snapshot] : []),
      ]),
    ),
  ];
  const versions = newVersions.toSorted((a, b) =>
    JSON.stringify([a.platform, a.kind, a.typeKey]) < JSON.stringify([b.platform, b.kind, b.typeKey]) ? -1 : 1,
  );
  const main = [
    ...(takers.length > 0 ? ['select holder as "syncId" from turn_in'] : []),
    ...(versions.length > 0
      ? [
          `select null::uuid as "syncId" from (${statement.rows(VERSION, versions)}) as v (${names(VERSION)}),
           commit_version(platform, kind, type_key, version_hash, digest, origin, actor, reason, only_unknown => true)`,
        ]
      : []),
  ];
  const text = `with ${parts.join(', ')} ${main.join(' union all ') || 'select null::uuid as "syncId" where false'}`;
  return Object.assign(statement, { text, hasOnePlan: true });
}

/** A statement can give the turn of an item once: the others wait. In one order, so that no two wait in a circle. */
function onePerItem(rows: StartRow[]): StartRow[] {
  const first = new Map<string, StartRow>();
  for (const row of rows) {
    const key = JSON.stringify(TURN.map(({ value }) => value(row)).slice(0, -1));
    if (!first.has(key)) first.set(key, row);
  }
  return [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/**
 * A holder whose row this statement cannot see yet is one of this very moment: it keeps the turn. "exists" would be planned
 * as a hash of all syncs while the tables are small, and that plan stays.
 */
function turnPart(statement: Statement, takers: StartRow[]): string {
  return `insert into push_turn as t (${names(TURN)}) ${statement.rows(TURN, takers)}
    on conflict (platform, environment, kind, type_key) do update set holder = excluded.holder
    where t.holder is null or t.holder = excluded.holder
      or (select h.completed_at is not null from sync_history h where h.id = t.holder)
    returning holder`;
}

/** The columns of external syncs cost those of ours nothing while there are none among them. */
function recordPart(statement: Statement, rows: StartRow[]): string {
  if (rows.every((row) => row.external === null)) return statement.insert('sync_history', START_COLUMNS, rows);
  const columns = names([...START_COLUMNS, ...EXTERNAL_COLUMNS]);
  return `insert into sync_history (${columns}, expires_at, backfilled, started_at, completed_at)
    select ${columns}, clock_timestamp() + expires_in_ms * interval '1 millisecond', given_start is not null,
      coalesce(given_start, clock_timestamp()),
      case when sync_status <> 'IN_PROGRESS' then coalesce(given_end, clock_timestamp()) end
    from (${statement.rows([...START_COLUMNS, ...EXTERNAL_COLUMNS, ...TIMES], rows)}) as r (${columns}, ${names(TIMES)})
    on conflict do nothing`;
}

/** The attempts that failed so far, and an event for each; what is settled stays as it is. Safe to repeat. */
export function attemptStatement(rows: AttemptRow[]): Written {
  const statement = new Statement();
  const text = `with attempt (${names(ATTEMPT)}) as (${statement.rows(ATTEMPT, rows)}),
    updated as (
      update sync_history h set retry_count = a.retry_count from attempt a
      where h.id = a.id and ${OPEN}
      returning h.id, h.target_platform, h.environment, h.kind, h.type_key, a.gives_turn,
        a.event_id, a.event_type, a.event_data),
    event_in as (
      insert into sync_event (id, sync_id, type, data) select event_id, id, event_type, event_data from updated
      on conflict do nothing),
    turn_out as (
      update push_turn t set holder = null from updated u where u.gives_turn and t.holder = u.id
        and t.platform = u.target_platform and t.environment = u.environment and t.kind = u.kind and t.type_key = u.type_key)
    select id from updated`;
  return Object.assign(statement, { text });
}

/** What became known of the effect of a settled push, each once: what is no longer unknown stays as it is. Safe to repeat. */
export function outcomeStatement(rows: OutcomeRow[]): Written {
  const statement = new Statement();
  const text = `with learned (${names(OUTCOME)}) as (${statement.rows(OUTCOME, rows)}),
    updated as (
      update sync_history h set outcome = l.outcome, evidence = l.evidence from learned l
      where h.id = l.id and h.outcome = 'UNKNOWN' returning h.id, l.event_id, l.event_type, l.event_data)
    insert into sync_event (id, sync_id, type, data) select event_id, id, event_type, event_data from updated
    on conflict do nothing`;
  return Object.assign(statement, { text });
}

/** Adds events to syncs that are kept. Safe to repeat. */
export function eventStatement(events: EventRow[]): Written {
  const statement = new Statement();
  const text = `insert into sync_event (${names(EVENT)})
    select ${names(EVENT)} from (${statement.rows(EVENT, events)}) as e (${names(EVENT)})
    where exists (select from sync_history h where h.id = e.sync_id) on conflict do nothing`;
  return Object.assign(statement, { text });
}

/** Gives an external sync so much time again, unless it is settled or being settled. */
export function extendStatement(syncId: string, expiresInMs: number): Written {
  const text = `update sync_history set expires_at = clock_timestamp() + $2 * interval '1 millisecond'
    where id = $1 and sync_status = 'IN_PROGRESS' and owner is null returning id`;
  return { text, parameters: [syncId, expiresInMs] };
}

/**
 * The version that a sync carried, said after it began; the same once more is no event, and a settled sync keeps the one it
 * has. Tells whether the sync carries this version by now. Safe to repeat.
 */
export function linkStatement(event: EventRow, versionHash: string): Written {
  const statement = new Statement();
  const link: Column<string>[] = [{ name: 'version_hash', type: 'text', value: (hash) => hash }];
  const text = `with event (${names(EVENT)}) as (${statement.rows(EVENT, [event])}),
    link (version_hash) as (${statement.rows(link, [versionHash])}),
    linked as (
      update sync_history h set version_hash = l.version_hash from link l, event e
      where h.id = e.sync_id and h.version_hash is distinct from l.version_hash and (h.version_hash is null or ${OPEN})
        and not exists (select from sync_event said where said.id = e.id) returning h.id),
    event_in as (
      insert into sync_event (${names(EVENT)}) select e.* from event e, linked on conflict do nothing)
    select exists (select from linked) or h.version_hash = l.version_hash
      or exists (select from sync_event said where said.id = e.id) as linked
    from sync_history h, event e, link l where h.id = e.sync_id`;
  return Object.assign(statement, { text });
}

/** Settles what is in progress, and tells the events of that; what became of others {@link lateStatement} tells. */
export function finishStatement(rows: FinishRow[]): Written {
  const statement = new Statement();
  const parts = [
    `settled as (
      update sync_history h set ${SETTLED_AS}, completed_at = coalesce(r.given_end, clock_timestamp())
      from (${statement.rows(FINISH, rows)}) as r (${names(FINISH)})
      where ${isOneOf(statement, rows)} and ${OPEN} returning r.event_id, h.id, r.event_type, r.event_data,
        r.response_digest as kept_digest, h.target_platform, h.sync_direction, h.sync_status, h.retry_count, h.duration_ms)`,
    `event_in as (
      insert into sync_event (id, sync_id, type, data)
      select event_id, id, event_type, event_data from settled on conflict do nothing)`,
    ...keptSnapshotPart(statement, rows, 'settled'),
  ];
  const text = `with ${parts.join(', ')}
    select event_id as "eventId", target_platform as platform, sync_direction as direction, sync_status as status,
      retry_count as "retryCount", duration_ms as "durationMs" from settled`;
  // With many rows the plan depends on how large the table is by now.
  return Object.assign(statement, { text, hasOnePlan: rows.length === 1 });
}

/** A single sync is found by a plan that is made once; for many the ids themselves let the planner leave out other months. */
function isOneOf(statement: Statement, rows: FinishRow[]): string {
  if (rows.length === 1) return 'h.id = at_execution(r.id)';
  const ids = rows.map((row) => row.id);
  return `h.id = r.id and h.id = any(${statement.array('uuid', ids)})`;
}

/**
 * What became of results that settled nothing: one that comes after another is kept as an event, once, and so are the
 * first of a sync. Statements at the same time do not see each other's: each may keep as many. Safe to repeat.
 */
export function lateStatement(rows: FinishRow[]): Written {
  const statement = new Statement();
  const earlier = `sync_event e where e.sync_id = r.id and e.type = 'sync.late_result'`;
  const parts = [
    `result (${names(FINISH)}) as (${statement.rows(FINISH, rows)})`,
    `new as (
      select distinct on (id, event_data::text) * from result r
      where exists (select from sync_history h where h.id = r.id)
        and not exists (select from sync_event e where e.id = r.event_id)
        and not exists (select from ${earlier} and e.data::text = r.event_data::text)
      order by id, event_data::text, event_id)`,
    `counted as (
      select *, (select count(*) from ${earlier}) + row_number() over (partition by id order by event_id) as count
      from new r)`,
    `late as (
      select id, event_id, event_data, response_digest as kept_digest from counted where count <= ${MAX_LATE_RESULTS})`,
    `event_in as (
      insert into sync_event (id, sync_id, type, data)
      select event_id, id, 'sync.late_result', event_data from late on conflict do nothing)`,
    ...keptSnapshotPart(statement, rows, 'late'),
  ];
  const text = `with ${parts.join(', ')}
    select event_id as "eventId", false as applied,
      exists (select from sync_event e where e.id = r.event_id and e.type <> 'sync.late_result') as repeated,
      exists (select from sync_history h where h.id = r.id) as known,
      exists (select from late l where l.id = r.id and l.event_data::text = r.event_data::text)
        or exists (select from ${earlier} and e.data::text = r.event_data::text) as kept
    from result r`;
  return Object.assign(statement, { text });
}

function snapshotPart(statement: Statement, snapshots: PreparedSnapshot[]): string[] {
  if (snapshots.length === 0) return [];
  return [`snapshot_in as (${statement.insert('snapshot', SNAPSHOT, inOrder(snapshots))})`];
}

/** Each snapshot once and in one order, so that no two writers wait for each other in a circle. */
function inOrder(snapshots: PreparedSnapshot[]): PreparedSnapshot[] {
  const once = [...new Map(snapshots.map((snapshot) => [snapshot.digest, snapshot])).values()];
  return once.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** What came back with the results that `kept` names, a part of the statement: nothing stays of one that is refused. */
function keptSnapshotPart(statement: Statement, rows: FinishRow[], kept: string): string[] {
  const snapshots = inOrder(rows.flatMap((row) => row.snapshot ?? []));
  if (snapshots.length === 0) return [];
  return [
    `snapshot_in as (
      insert into snapshot (${names(SNAPSHOT)})
      select ${names(SNAPSHOT)} from (${statement.rows(SNAPSHOT, snapshots)}) as s (${names(SNAPSHOT)})
      where digest in (select kept_digest from ${kept}) order by digest collate "C" on conflict do nothing)`,
  ];
}

const SNAPSHOT: Column<PreparedSnapshot>[] = [
  { name: 'digest', type: 'text', value: (row) => row.digest },
  { name: 'original_size', type: 'integer', value: (row) => row.originalSize },
  { name: 'stored_size', type: 'integer', value: (row) => row.storedSize },
  { name: 'encoding', type: 'text', value: (row) => row.encoding },
  { name: 'content', type: 'bytea', value: (row) => row.content },
];

const EVENT: Column<EventRow>[] = [
  { name: 'id', type: 'uuid', value: (row) => row.id },
  { name: 'sync_id', type: 'uuid', value: (row) => row.syncId },
  { name: 'type', type: 'text', value: (row) => row.type },
  { name: 'data', type: 'json', value: (row) => JSON.stringify(row.data) },
];

/** The times of an external sync. */
const TIMES: Column<StartRow>[] = [
  { name: 'expires_in_ms', type: 'integer', value: ({ external }) => external?.expiresInMs },
  { name: 'given_start', type: 'timestamptz', value: ({ external }) => external?.startedAt },
  { name: 'given_end', type: 'timestamptz', value: ({ external }) => external?.finish?.completedAt },
];

const VERSION: Column<StartRow>[] = [
  { name: 'platform', type: 'text', value: (row) => row.platform },
  { name: 'kind', type: 'text', value: (row) => row.kind },
  { name: 'type_key', type: 'text', value: (row) => row.typeKey },
  { name: 'version_hash', type: 'text', value: (row) => row.versionHash },
  { name: 'digest', type: 'text', value: (row) => row.newVersion!.digest },
  { name: 'origin', type: 'text', value: versionOrigin },
  { name: 'actor', type: 'text', value: (row) => row.context.actor },
  { name: 'reason', type: 'text', value: (row) => row.context.reason ?? null },
];

const TURN: Column<StartRow>[] = [
  { name: 'platform', type: 'text', value: (row) => row.platform },
  { name: 'environment', type: 'text', value: (row) => row.context.environment },
  { name: 'kind', type: 'text', value: (row) => row.kind },
  { name: 'type_key', type: 'text', value: (row) => row.typeKey },
  { name: 'holder', type: 'uuid', value: (row) => row.id },
];

const OUTCOME: Column<OutcomeRow>[] = [
  { name: 'id', type: 'uuid', value: (row) => row.id },
  { name: 'outcome', type: 'text', value: (row) => row.outcome },
  { name: 'evidence', type: 'text', value: (row) => row.evidence },
  { name: 'event_id', type: 'uuid', value: (row) => row.event.id },
  { name: 'event_type', type: 'text', value: (row) => row.event.type },
  { name: 'event_data', type: 'json', value: (row) => JSON.stringify(row.event.data) },
];

const ATTEMPT: Column<AttemptRow>[] = [
  { name: 'id', type: 'uuid', value: (row) => row.id },
  { name: 'retry_count', type: 'smallint', value: (row) => row.retryCount },
  { name: 'gives_turn', type: 'boolean', value: (row) => row.givesTurn },
  { name: 'event_id', type: 'uuid', value: (row) => row.event.id },
  { name: 'event_type', type: 'text', value: (row) => row.event.type },
  { name: 'event_data', type: 'json', value: (row) => JSON.stringify(row.event.data) },
];

const FINISH: Column<FinishRow>[] = [
  { name: 'id', type: 'uuid', value: (row) => row.id },
  ...FINISH_COLUMNS,
  { name: 'given_end', type: 'timestamptz', value: (row) => row.completedAt },
  { name: 'event_id', type: 'uuid', value: (row) => row.event.id },
  { name: 'event_type', type: 'text', value: (row) => row.event.type },
  { name: 'event_data', type: 'json', value: (row) => JSON.stringify(row.event.data) },
];

const SETTLED_AS = FINISH_COLUMNS.map(({ name, settledAs }) => `${name} = ${settledAs}`).join(', ');

/** The origin of a version that is new with a sync: what others record is not ours to deploy. */
export function versionOrigin({ external }: StartRow): Origin {
  return external === null ? 'AUTHORED' : 'RECORDED';
}
