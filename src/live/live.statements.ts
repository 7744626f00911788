import { EVERYTHING } from '#recording';

/** Events that are folded into the live state at once: an item that changed often is written once. */
export const BATCH = 10_000;

/** The position up to which events are folded, held until the transaction ends, and the one to fold up to next. */
export const HELD = `
  select l.last::float8, least(l.last + ${BATCH}, e.last)::float8 as next from live_position l, event_position e
  for update of l`;

/** The last position of an event, and the one up to which events are folded. */
export const POSITIONS =
  'select e.last::float8 as last, l.last::float8 as folded from event_position e, live_position l';

const MICROSECONDS = (time: string) => `(extract(epoch from ${time}) * 1000000)::float8`;
const TIMESTAMP = (microseconds: string) => `'epoch'::timestamptz + ${microseconds} * interval '1 microsecond'`;

/** Read at once: each "->>" would parse the whole event again. */
const SAID = `status text, outcome text, evidence text, held text, "errorCode" text, absent boolean, overlapped boolean,
  "readSince" timestamptz, "changedBy" text, "changedAt" text`;

const FACTS_WHERE = (condition: string) => `
  select e.position::float8 as position, h.target_platform as platform, h.environment, h.kind, h.type_key as "typeKey",
    case e.type when 'sync.version_linked' then 'linked' when 'sync.outcome_known' then 'learned'
      when 'sync.adopted' then 'adopted' else 'settled' end as type, h.id as "syncId",
    h.sync_direction as direction, d.status, d.outcome, d.evidence, h.version_hash as "versionHash",
    coalesce(case h.sync_direction when 'PUSH' then h.pushed_digest else h.response_digest end) as digest,
    coalesce(h.removal, false) as "isRemoval", h.expires_at is not null as "isExternal", ${MICROSECONDS('h.started_at')} as "startedAt",
    ${MICROSECONDS('h.completed_at')} as "endedAt", e.data->'held' is not null as "wasRead", d.held,
    coalesce(d."errorCode" = 'SUPERSEDED', false) as "isOvertaken", coalesce(d.absent, false) as "isAbsent",
    coalesce(d.overlapped, false) as "isOverlapped", ${MICROSECONDS('d."readSince"')} as "readSince",
    d."changedBy", d."changedAt"
  from sync_event e cross join lateral (select * from sync_history where id = e.sync_id offset 0) h
    cross join lateral json_to_record(e.data) as d (${SAID})
  where ${condition}
    and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known', 'sync.version_linked',
      'sync.adopted')
  order by e.position`;

/** What the events between two positions, $1 and $2, say of items: the members of a `LocatedFact`. */
export const FACTS = FACTS_WHERE('e.position > $1 and e.position <= $2');
/** The same of all events that are folded. */
export const ALL_FACTS = FACTS_WHERE('e.position <= (select last from live_position)');

const PAST = `state, version_hash as "versionHash", digest, evidence, ${MICROSECONDS('since')} as since,
  sync_id as "syncId", changed_by as "changedBy", changed_at as "changedAt"`;
const STATE = `${PAST}, put_hash as "putHash", push_ended as "pushEnded", external_ended as "externalEnded"`;
const ITEM = `platform, environment, kind, type_key as "typeKey"`;

/** The states of the items in $1, a JSON list of items with their targets. */
export const STATES = `
  select ${ITEM}, ${STATE} from live_state
  where (platform, environment, kind, type_key) in (
    select i.platform, i.environment, i.kind, i."typeKey" from json_to_recordset($1::json) as i
      (platform text, environment text, kind text, "typeKey" text))`;

export const ALL_STATES = `select ${ITEM}, ${STATE} from live_state`;

const OLDEST = '(select coalesce(min(position), 0) from sync_event where position is not null)';

/** Forgets what is made of events that are kept. */
export const FORGET = `
  with forgotten as (delete from live_state_history where position >= ${OLDEST}),
  cleared as (delete from live_state)
  update live_position set last = greatest(${OLDEST} - 1, 0)`;

/** Takes what was made of events that the retention has dropped, as where to go on from. */
export const BEGIN_WITH_HISTORY = `
  insert into live_state (platform, environment, kind, type_key, state, version_hash, digest, evidence, since, sync_id,
    changed_by, changed_at, put_hash)
  select distinct on (platform, environment, kind, type_key) platform, environment, kind, type_key, state, version_hash,
    digest, evidence, since, sync_id, changed_by, changed_at, case when evidence <> 'OBSERVED' then version_hash end
  from live_state_history order by platform, environment, kind, type_key, position desc`;

/** The states of all items at the target $1, $2. */
export const OF_TARGET = `
  select ${ITEM}, ${STATE} from live_state where platform = $1 and environment = $2 order by kind, type_key`;

/** The states of the item $2, $3 at all targets of the platform $1: an answer names 200 at most. */
export const WHERE = `
  select ${ITEM}, ${STATE} from live_state where platform = $1 and kind = $2 and type_key = $3
  order by environment limit 200`;

/** The states of all items at the target $1, $2 as they were at the end of the millisecond $3. */
export const AT = `
  select distinct on (kind, type_key) ${ITEM}, ${PAST} from live_state_history h
  where platform = $1 and environment = $2 and date_trunc('milliseconds', h.since) <= $3
  order by kind, type_key, h.since desc, position desc`;

/** An item `i` that is unknown, or is not what was put there: an index has these alone. */
const IS_QUESTIONABLE = `(i.state = 'UNKNOWN' or (i.put_hash is not null and i.version_hash is distinct from i.put_hash))`;
/** The newest by the clock of the database is among so many of the newest ids, which are of the clocks of processes. */
const AMONG = 20;
const AT_TARGET = 'i.platform = t.platform and i.environment = t.environment';

/** Of the targets in $1, a JSON list: the items `i` that may be out of sync, newest first, and when everything was read last. */
function ofTargets(items: string, end: string): string {
  return `
    select t.platform, t.environment, (
        select ${MICROSECONDS('max(n.completed_at)')} from (
          select n.completed_at from sync_history n
          where n.type_key = '${EVERYTHING}' and n.target_platform = t.platform and n.environment = t.environment
            and n.sync_direction = 'PULL' and n.sync_status = 'SUCCESS' and n.completed_at < ${end}
          order by n.id desc limit ${AMONG}) n) as "observedAt", (
        select coalesce(json_agg(json_build_object('kind', i.kind, 'typeKey', i.type_key, 'state', i.state,
          'versionHash', i.version_hash, 'putHash', i.put_hash, 'evidence', i.evidence,
          'since', ${MICROSECONDS('i.since')}, 'syncId', i.sync_id, 'isRetired', exists (
            select from content_type_retirement r
            where r.platform = i.platform and r.kind = i.kind and r.type_key = i.type_key and r.retired_at < ${end}
              and coalesce(r.reinstated_at >= ${end}, true))) order by i.since desc, i.kind, i.type_key), '[]')
        from (${items}) i where ${IS_QUESTIONABLE}) as items
    from json_to_recordset($1::json) as t (platform text, environment text)`;
}

export const OUT_OF_SYNC = ofTargets(`select * from live_state i where ${AT_TARGET}`, `'infinity'::timestamptz`);

/** The end of the millisecond $2: the time of a question has no microseconds. */
const END = `($2::timestamptz + interval '1 millisecond')`;
/** A push of what stands there already begins no other state, and yet changes the evidence. */
const IS_AS_THEN = `(i.since < ${END} and coalesce(i.push_ended, 0) < ${MICROSECONDS(END)})`;

/** The history of the live state does not have what was put there last. */
const THEN = `
  select i.platform, i.environment, i.kind, i.type_key, i.state, i.version_hash, i.put_hash, i.evidence, i.since, i.sync_id
  from live_state i where ${AT_TARGET} and ${IS_AS_THEN}
  union all
  select i.platform, i.environment, i.kind, i.type_key, s.state, s.version_hash, p.version_hash, s.evidence, s.since, s.sync_id
  from live_state i cross join lateral (
    select * from live_state_history h
    where h.platform = i.platform and h.environment = i.environment and h.kind = i.kind and h.type_key = i.type_key
      and h.since < ${END}
    order by h.since desc, h.position desc limit 1) s
  left join lateral (
    select n.version_hash from (
      select n.version_hash, n.completed_at from sync_history n
      where n.type_key = i.type_key and n.kind = i.kind and n.target_platform = i.platform
        and n.environment = i.environment and n.sync_direction = 'PUSH' and n.sync_status = 'SUCCESS'
        and n.completed_at < ${END}
      order by n.id desc limit ${AMONG}) n
    order by n.completed_at desc limit 1) p on true
  where ${AT_TARGET} and not ${IS_AS_THEN}`;

/** The same at the time $2. */
export const OUT_OF_SYNC_AT = ofTargets(THEN, END);

const GIVEN = `json_to_recordset($1::json) as i (platform text, environment text, kind text, "typeKey" text, state text,
  "versionHash" text, digest text, evidence text, since float8, "syncId" uuid, "changedBy" text, "changedAt" text,
  "putHash" text, "pushEnded" float8, "externalEnded" float8, position bigint)`;
const SHOWN = `i.platform, i.environment, i.kind, i."typeKey", i.state, i."versionHash", i.digest, i.evidence,
  ${TIMESTAMP('i.since')}, i."syncId", i."changedBy", i."changedAt"`;

/** Makes the states in $1 those that hold. */
export const WRITE_STATES = `
  insert into live_state (platform, environment, kind, type_key, state, version_hash, digest, evidence, since, sync_id,
    changed_by, changed_at, put_hash, push_ended, external_ended)
  select ${SHOWN}, i."putHash", i."pushEnded", i."externalEnded" from ${GIVEN}
  on conflict (platform, environment, kind, type_key) do update set
    (state, version_hash, digest, evidence, since, sync_id, changed_by, changed_at, put_hash, push_ended, external_ended)
    = (excluded.state, excluded.version_hash, excluded.digest, excluded.evidence, excluded.since, excluded.sync_id,
       excluded.changed_by, excluded.changed_at, excluded.put_hash, excluded.push_ended, excluded.external_ended)`;

/** Adds the states in $1 to the history of the live state, each at the position of its event. */
export const WRITE_HISTORY = `
  insert into live_state_history (platform, environment, kind, type_key, state, version_hash, digest, evidence, since,
    sync_id, changed_by, changed_at, position)
  select ${SHOWN}, i.position from ${GIVEN} on conflict do nothing`;
