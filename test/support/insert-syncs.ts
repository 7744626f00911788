import { SYNC_FIELDS } from '#recording';
import type { Sql } from './sql.ts';

type FieldName = keyof typeof SYNC_FIELDS;
/** A row of sync_history by the names of the API. */
export type SyncRow = { id: string; startedAt: Date | string } & Partial<Record<FieldName, unknown>>;

const FIELDS = Object.entries(SYNC_FIELDS).map(([name, { column, type }]) => ({ name, column, type }));
const USUAL = {
  ...{ kind: 'contentType', typeKey: 'Article', platform: 'optimizely', environment: 'default', direction: 'PUSH' },
  ...{ status: 'SUCCESS', retryCount: 0, actor: 'jane', trigger: 'API', forced: false, backfilled: false },
};

/** The whole row of a sync; what is left out is as usual. A settled one without an end or a duration took a second. */
export function syncRow(sync: SyncRow): Record<string, unknown> {
  const row = { callId: sync.id, ...USUAL, ...sync };
  const took = typeof row.durationMs === 'number' ? row.durationMs : 1_000;
  const end = row.status === 'IN_PROGRESS' ? null : new Date(new Date(row.startedAt).getTime() + took);
  return { completedAt: end, ...row };
}

/** SQL: inserts the rows of the JSON list in $1. */
export const INSERT_SYNCS = `
  insert into sync_history (${FIELDS.map(({ column }) => column).join(', ')})
  select ${FIELDS.map(({ name }) => `s."${name}"`).join(', ')}
  from json_to_recordset($1) as s (${FIELDS.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`;

/** Makes the months in which syncs start, as recording does; those around today are there always. */
export async function ensureMonths(sql: Sql, syncs: Pick<SyncRow, 'startedAt'>[]): Promise<void> {
  await sql(
    `select ensure_sync_partitions(month, 1) from (
       select distinct date_trunc('month', start, 'UTC') as month from unnest($1::timestamptz[]) start) months`,
    [syncs.map(({ startedAt }) => new Date(startedAt).toISOString())],
  );
}

/** Writes syncs straight into the table, as if they had been recorded in their time. */
export async function insertSyncs(sql: Sql, syncs: SyncRow[]): Promise<void> {
  await ensureMonths(sql, syncs);
  await sql(INSERT_SYNCS, [JSON.stringify(syncs.map(syncRow))]);
}
