import type { JsonObject } from '#json';
import { fieldsWith, recordedName, type SyncEventType, type SyncStatus } from '#recording';

/** An event as the check reads it. */
export interface PastEvent {
  type: SyncEventType;
  data: JsonObject;
  /** Microseconds by the clock of the database. */
  at: number;
}

/**
 * The columns of a sync that its events give: what it is, from the first; its status, outcome and attempts, from all.
 * Not given: `sync_metadata` (as large as its platform makes it), `owner` and `expires_at` (who works on it now), and
 * the times, which each statement takes from the clock unless another system gave them; `duration_ms` where the event does not say it.
 */
export type RebuiltRow = Record<string, unknown>;

const RECORDED = fieldsWith('recorded').map((one) => ({ column: one.column, said: recordedName(one) }));
const SETTLED = fieldsWith('settled');

const STATUS: Partial<Record<SyncEventType, SyncStatus>> = {
  'sync.succeeded': 'SUCCESS',
  'sync.failed': 'FAILED',
  'sync.partial': 'PARTIAL',
};
const AFTER_THE_END = new Set<SyncEventType>([
  'sync.adopted',
  'sync.late_result',
  'sync.outcome_known',
  'sync.version_linked',
]);
const AT_ANY_TIME = new Set<SyncEventType>(['sync.adopted', 'sync.version_linked']);

/** The row that these events make, by column, and what is wrong with their order. */
export function rowOf(events: PastEvent[]): { row: RebuiltRow; problems: string[] } {
  const row: RebuiltRow = { sync_status: 'IN_PROGRESS', retry_count: 0 };
  const problems: string[] = [];
  let before: PastEvent | undefined;
  for (const event of events) {
    const problem = problemWith(event, before, row.sync_status !== 'IN_PROGRESS');
    if (problem) problems.push(problem);
    applyEvent(event, row);
    before = event;
  }
  if (!before) problems.push('it has no events');
  return { row, problems };
}

function problemWith(event: PastEvent, before: PastEvent | undefined, isSettled: boolean): string | undefined {
  const { type, at } = event;
  if ((type === 'sync.recorded') !== (before === undefined)) {
    return before ? `${type} comes after ${before.type}` : `its first event is ${type}`;
  }
  if (before && at < before.at) return `${type} is older than the ${before.type} before it`;
  if (isSettled && !AFTER_THE_END.has(type)) return `${type} comes after its end`;
  if (!isSettled && AFTER_THE_END.has(type) && !AT_ANY_TIME.has(type)) return `${type} comes before its end`;
  return undefined;
}

/** Changes the row as an event says. */
export function applyEvent({ type, data }: Pick<PastEvent, 'type' | 'data'>, row: RebuiltRow): void {
  if (type === 'sync.recorded') {
    for (const { column, said } of RECORDED) row[column] = data[said] ?? null;
    row.backfilled = data.startedAt !== undefined;
    if (row.backfilled) row.started_at = data.startedAt;
  }
  if (type === 'sync.version_linked') row.version_hash = data.versionHash;
  if (type === 'sync.outcome_known') Object.assign(row, { outcome: data.outcome, evidence: data.evidence });
  if (type === 'attempt.failed') {
    const attempt = data.attempt as number;
    row.retry_count = data.waitMs === undefined ? attempt - 1 : attempt;
  }
  const status = STATUS[type];
  if (!status) return;
  row.sync_status = status;
  if (data.completedAt !== undefined) row.completed_at = data.completedAt;
  for (const { column, name, keeps } of SETTLED)
    if (!keeps || data[name] !== undefined) row[column] = data[name] ?? null;
}
