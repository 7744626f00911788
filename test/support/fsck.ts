import type { QueryResultRow } from 'pg';
import type { Finding } from '#database';
import { fsck } from '../../src/fsck.ts';
import type { Deployed } from './load.ts';
import { connectSql } from './sql.ts';
import { until } from './until.ts';

/** What the sandbox says of one request. */
export interface JournalEntry {
  method: string;
  path: string;
  body: { contentTypes?: { key: string; displayName: string }[] } | null;
  status: number | null;
  changedState: boolean;
}

/** One statement on a connection of its own. */
export async function sql<Row extends QueryResultRow>(
  databaseUrl: string,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const connection = await connectSql(databaseUrl);
  try {
    return await connection<Row>(statement, values);
  } finally {
    await connection.close();
  }
}

/**
 * Resolves when nothing is in progress. Deployments of a target wait for each other: it fails when for so long, 30 s by
 * default, nothing has ended.
 */
export async function untilSettled(databaseUrl: string, withinMs = 30_000): Promise<void> {
  for (let before = ''; ;) {
    const open = await stillOpen(databaseUrl, before, withinMs);
    if (open === NOTHING) return;
    before = open;
  }
}

const NOTHING = '0 syncs, 0 deployments';

/** What is in progress, as soon as it is something else than before. */
function stillOpen(databaseUrl: string, before: string, withinMs: number): Promise<string> {
  return until(
    `something ends: ${before}`,
    async () => {
      const [open] = await sql<{ syncs: string; deployments: string }>(
        databaseUrl,
        `select (select count(*) from sync_history where sync_status = 'IN_PROGRESS') as syncs,
           (select count(*) from deployment where completed_at is null) as deployments`,
      );
      const text = `${open!.syncs} syncs, ${open!.deployments} deployments`;
      return text !== before && text;
    },
    withinMs,
  );
}

export async function findings(databaseUrl: string): Promise<Finding[]> {
  const found: Finding[] = [];
  await fsck(databaseUrl, (finding) => found.push(finding));
  return found;
}

export async function journal(sandboxUrl: string): Promise<JournalEntry[]> {
  return (await (await fetch(`${sandboxUrl}/_sandbox/journal`)).json()) as JournalEntry[];
}

/** How often each content type arrived at the platform, by its display name. */
export async function arrivals(sandboxUrl: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { method, path, body } of await journal(sandboxUrl)) {
    if (method !== 'POST' || !path.endsWith('/manifest')) continue;
    for (const { displayName } of body?.contentTypes ?? []) counts.set(displayName, (counts.get(displayName) ?? 0) + 1);
  }
  return counts;
}

/**
 * What nothing may break while the platform applies whatever arrives: what was acknowledged is there and has ended, what
 * arrived was recorded, and is a success, once; nothing else is; the books are right. Tells how the deployments ended.
 */
export async function expectHonestBooks(
  databaseUrl: string,
  sandboxUrl: string,
  acknowledged: Deployed[],
): Promise<Record<string, number>> {
  await untilSettled(databaseUrl);
  const arrived = await arrivals(sandboxUrl);
  const rows = await sql<{ id: string; status: string; reason: string; type_key: string; recorded: boolean }>(
    databaseUrl,
    `select d.id, d.status, d.reason, i.type_key, h.id is not null as recorded from deployment d
     join deployment_item i on i.deployment_id = d.id left join sync_history h on h.deployment_id = d.id`,
  );
  const known = new Set(rows.map(({ id }) => id));
  const versions = new Set(
    (await sql<{ type_key: string }>(databaseUrl, 'select type_key from content_type_version')).map(
      (row) => row.type_key,
    ),
  );
  const recorded = new Set(rows.filter((row) => row.recorded).map(({ reason }) => reason));
  expect({
    lost: acknowledged.filter(({ deploymentId, typeKey }) => !known.has(deploymentId) || !versions.has(typeKey)),
    arrivedTwice: [...arrived].filter(([, count]) => count > 1),
    arrivedUnrecorded: [...arrived.keys()].filter((marker) => !recorded.has(marker)),
    failedThoughArrived: rows.filter(({ status, reason }) => status !== 'SUCCESS' && arrived.has(reason)),
    succeededWithoutArrival: rows.filter(({ status, reason }) => status === 'SUCCESS' && !arrived.has(reason)),
    findings: await findings(databaseUrl),
  }).toEqual({
    lost: [],
    arrivedTwice: [],
    arrivedUnrecorded: [],
    failedThoughArrived: [],
    succeededWithoutArrival: [],
    findings: [],
  });
  return Object.fromEntries(
    [...Map.groupBy(rows, ({ status }) => status)].map(([status, those]) => [status, those.length]),
  );
}

/** Faults of the sandbox from now on, instead of those before. */
export async function setFaults(sandboxUrl: string, ...faults: object[]): Promise<void> {
  await fetch(`${sandboxUrl}/_sandbox/faults`, { method: 'DELETE' });
  const answer = await fetch(`${sandboxUrl}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults }),
  });
  if (answer.status !== 204) throw new Error(await answer.text());
}
