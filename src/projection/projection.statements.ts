import { FINISH_COLUMNS } from '#recording';

/** Entries that one round takes of each process, and bytes of their steps and of their contents, which the server only copies. */
export const MAX_ENTRIES = 512;
const MAX_BYTES = 500_000;
const MAX_CONTENT_BYTES = 4_000_000;

/** Of each process the next entries, at most so many, in the order of their numbers; `found` is how many there are of it. */
export const nextEntries = (most: number): string => `
  select j.writer, j.number::float8 as number, j.found::float8 as found, j.steps, (extract(epoch from j.written_at) * 1000000)::float8 as at
  from journal_writer w cross join lateral (
    select *, sum(octet_length(steps)) over earlier as before,
      sum(coalesce(octet_length(contents), 0)) over earlier as contents_before, count(*) over () as found
    from (
      select * from sync_journal n where n.writer = w.writer and n.number > w.projected order by n.number limit ${most}) n
    window earlier as (order by number rows between unbounded preceding and 1 preceding)
  ) j
  where coalesce(j.before, 0) < ${MAX_BYTES} and coalesce(j.contents_before, 0) < ${MAX_CONTENT_BYTES}
  order by j.writer, j.number`;

/** The columns that steps change after the start. */
const MUTABLE = [
  ...FINISH_COLUMNS.map(({ name }) => name).filter((name) => name !== 'sync_metadata'),
  ...['completed_at', 'expires_at'],
];

/** What the history holds of these syncs, with what a later step is compared with. */
export const HELD_SYNCS = `
  select h.id, json_build_object(${[...MUTABLE, 'id', 'owner'].map((name) => `'${name}', h.${name}`).join(', ')}) as row,
    (extract(epoch from h.started_at) * 1000000)::float8 as started_at,
    (extract(epoch from h.expires_at) * 1000000)::float8 as expires_at
  from sync_history h where h.id = any($1::uuid[])`;

/** Of these syncs: late results, and which of these events are there. */
export const HELD_EVENTS = `
  select e.id, e.sync_id as "syncId", case when e.type = 'sync.late_result' then e.data::text end as late
  from sync_event e where e.sync_id = any($1::uuid[]) and (e.type = 'sync.late_result' or e.id = any($2::uuid[]))`;

export const UPDATE_SYNCS = `
  update sync_history h set ${MUTABLE.map((name) => `${name} = r.${name}`).join(', ')},
    sync_metadata = coalesce(r.sync_metadata, h.sync_metadata)
  from json_populate_recordset(null::sync_history, $1::json) r where h.id = r.id and h.id = any($2::uuid[])`;

const INSERT_EVENTS = `
  insert into sync_event (id, sync_id, type, data, position, created_at)
  select id, sync_id, type, data, position, created_at
  from json_to_recordset($3::json) as e (id uuid, sync_id uuid, type text, data json, position bigint, created_at timestamptz)`;

/** The server copies each content out of the journal. In one order, so that no two writers wait for each other in a circle. */
const INSERT_SNAPSHOTS = `
  insert into snapshot (digest, original_size, stored_size, encoding, content)
  select s.digest, s."originalSize", s."storedSize", s.encoding, substring(j.contents from s.at + 1 for s."storedSize")
  from json_to_recordset($1::json)
    as s (digest text, "originalSize" integer, "storedSize" integer, encoding text, at integer, writer uuid, number bigint)
  join sync_journal j on j.writer = s.writer and j.number = s.number
  where not exists (select from snapshot k where k.digest = s.digest)
    and not exists (select from packed_snapshot p where p.digest = s.digest)
  order by s.digest collate "C" on conflict do nothing`;

/** What a round writes beside the changes of syncs that are there. A reference to a snapshot is checked at the end. */
export const WRITE = `
  with snapshots_in as (${INSERT_SNAPSHOTS}),
  syncs_in as (insert into sync_history select * from json_populate_recordset(null::sync_history, $2::json)),
  events_in as (${INSERT_EVENTS})
  select commit_version(v.platform, v.kind, v."typeKey", v."versionHash", v.digest, v.origin, v.author, v.message, true)
  from (
    select * from json_to_recordset($4::json) as v (ordinal integer, platform text, kind text, "typeKey" text,
      "versionHash" text, digest text, origin text, author text, message text) order by ordinal offset 0) v`;

/** Notes the last position that was given, and up to which number the entries of each of these processes are projected. */
export function move(last: number, numbers: Iterable<[writer: string, number: number]>): string {
  const moved = [...numbers].map(([writer, number]) => `('${writer}'::uuid, ${number}::bigint)`);
  return `
    with given as (update event_position set last = ${last})
    update journal_writer w set projected = m.number, moved_at = clock_timestamp()
    from (values ${moved.join(', ')}) as m (writer, number) where w.writer = m.writer`;
}

export const REFUSE = `
  insert into journal_refusal (writer, number, ordinal, step, problem) values ($1, $2, $3, $4, $5) on conflict do nothing`;

/** Up to where this process's entries are projected, by whomever. */
export const PROJECTED = `select projected::float8 as projected from journal_writer where writer = $1`;

/** The months around now, and those of these starts. */
export const ENSURE_MONTHS = `
  select ensure_sync_partitions(first, months) from (
    select now() - interval '1 month' as first, 4 as months
    union all select distinct date_trunc('month', start, 'UTC'), 1 from unnest($1::timestamptz[]) start) needed`;

/** Entries that are projected are needed no more. */
export const PRUNE = `select prune_journal()`;

/** Gives a process its row back that was forgotten while it appended. Goes from process to process by the newest entries. */
export const ADOPT = `
  with recursive writers as (
    (select writer from sync_journal order by writer desc, number desc limit 1)
    union all
    select n.writer from writers w cross join lateral (
      select j.writer from sync_journal j where j.writer < w.writer order by j.writer desc, j.number desc limit 1) n)
  insert into journal_writer (writer) select writer from writers on conflict do nothing`;
