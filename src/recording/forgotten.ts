/** SQL: what retention has dropped, as its own events tell; no check may miss it. */
const told = (what: string) => `(select ${what} from sync_event where sync_id is null and type = 'retention.applied')`;

/** Syncs and events with ids below this one may be gone. */
export const FACTS_SINCE = told(
  `uuid_at(coalesce(max(to_date(data->>'month', 'YYYY-MM') + interval '1 month'), 'epoch') at time zone 'UTC')`,
);

/** The payloads of syncs with ids below this one may be gone. */
export const PAYLOADS_SINCE = told(
  `uuid_at(coalesce(max((data->>'payloadsBefore')::timestamptz), 'epoch') + interval '1 millisecond')`,
);

/** Below this position there may be gaps. */
export const POSITIONS_SINCE = told(`coalesce(max((data->>'lastPosition')::bigint), 0)`);

/** What is recorded since then names only versions and deployments that were there. */
export const LINKS_SINCE = `(select executed_at from synctrail_migration where name = 'Migration0022ExternalSyncs')`;
