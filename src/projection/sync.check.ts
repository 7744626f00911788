import { isDeepStrictEqual } from 'node:util';
import type { FsckDatabase, Finding } from '#database';
import { FACTS_SINCE, LINKS_SINCE, PAYLOADS_SINCE } from '#recording';
import { type PastEvent, rowOf } from './rebuild-sync.ts';

/** A sweep that is due, and the read-back in it, may take this long. */
const GRACE = `interval '10 seconds'`;
const MAX_LEASE = `coalesce(r.lease_ms, (select max(lease_ms) from recorder), 15000) * interval '1 millisecond'`;

/** Nothing is in progress without a process that lives, or an external system whose time has not run out. */
export async function* checkOwners(database: FsckDatabase): AsyncGenerator<Finding> {
  const abandoned = database.rows<{ id: string; owner: string | null }>(`
    select h.id, h.owner from sync_history h left join recorder r using (owner)
    where h.sync_status = 'IN_PROGRESS' and case
      when h.owner is null then coalesce(h.expires_at < now() - ${GRACE}, true)
      else h.started_at < now() - ${MAX_LEASE} - ${GRACE}
        and coalesce(r.beat_at < now() - ${MAX_LEASE} - ${GRACE}, true) end`);
  for await (const { id, owner } of abandoned) {
    const problem = owner
      ? `it is in progress, but its process ${owner} has ended; start the service to end it`
      : 'it is in progress, but it has expired; start the service to end it';
    yield { rule: 'sync.owner', subject: `sync ${id}`, problem };
  }
}

/** Every row is what its events tell, in an order that can be; and what it names is there. */
export async function* checkSyncs(database: FsckDatabase): AsyncGenerator<Finding> {
  const syncs = database.rows<Record<string, unknown> & { id: string; events: PastEvent[] | null }>(`
    select h.*, (
      select json_agg(json_build_object('type', e.type, 'data', e.data,
          'at', (extract(epoch from e.created_at) * 1000000)::bigint) order by e.position, e.created_at, e.id)
      from sync_event e where e.sync_id = h.id) as events
    from sync_history h`);
  for await (const { events, ...row } of syncs) {
    const subject = `sync ${row.id}`;
    const { row: told, problems } = rowOf(events ?? []);
    for (const problem of problems) yield { rule: 'sync.events', subject, problem };
    for (const [column, expected] of Object.entries(told)) {
      const value = row[column] instanceof Date ? row[column].toISOString() : row[column];
      if (isDeepStrictEqual(value, expected)) continue;
      const problem = `${column} is ${JSON.stringify(value)}, its events say ${JSON.stringify(expected)}`;
      yield { rule: 'sync.row', subject, problem };
    }
  }
  const unknown = database.rows<{ id: string; sync_id: string }>(
    `select id, sync_id from sync_event e
     where sync_id >= ${FACTS_SINCE} and not exists (select from sync_history h where h.id = e.sync_id)`,
  );
  for await (const { id, sync_id } of unknown) {
    yield { rule: 'event.sync', subject: `event ${id}`, problem: `there is no sync ${sync_id}` };
  }
  const unlinked = database.rows<{ id: string; version_hash: string }>(`
    select h.id, h.version_hash from sync_history h
    where h.sync_direction = 'PUSH' and h.created_at >= ${LINKS_SINCE} and h.version_hash <> coalesce(h.pushed_digest, '')
      and not exists (select from content_type_version v
        where v.platform = h.target_platform and v.kind = h.kind and v.type_key = h.type_key and v.version_hash = h.version_hash)`);
  for await (const { id, version_hash } of unlinked) {
    yield { rule: 'sync.version', subject: `sync ${id}`, problem: `its type has no version ${version_hash}` };
  }
  const missing = database.rows<{ id: string; digest: string }>(`
    select h.id, d.digest from sync_history h, unnest(array[h.pushed_digest, h.response_digest]) as d (digest)
    where d.digest is not null and (h.id >= ${PAYLOADS_SINCE} or h.sync_status = 'IN_PROGRESS')
      and not exists (select from snapshot s where s.digest = d.digest)
      and not exists (select from packed_snapshot p where p.digest = d.digest)`);
  for await (const { id, digest } of missing) {
    yield { rule: 'sync.snapshot', subject: `sync ${id}`, problem: `there is no snapshot ${digest}` };
  }
}
