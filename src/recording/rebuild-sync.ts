import type { JsonObject } from '#json';
import type { SyncEventType, SyncStatus } from './sync.ts';

/** An event as the check reads it. */
export interface PastEvent {
  type: SyncEventType;
  data: JsonObject;
  /** Microseconds by the clock of the database. */
  at: number;
}

/**
 * What the row of a sync owes to its events: what it is, from the first; its status, outcome and attempts, from all.
 * Not owed: `sync_metadata` (as large as its platform makes it), `owner` and `expires_at` (who works on it now), and
 * the times, which each statement takes from the clock by itself; `duration_ms` where the event does not say it.
 */
export type ToldRow = Record<string, unknown>;

/** What `sync.recorded` says, and the column where it stands. */
export const RECORDED = {
  callId: 'call_id',
  kind: 'kind',
  typeKey: 'type_key',
  versionHash: 'version_hash',
  platform: 'target_platform',
  environment: 'environment',
  direction: 'sync_direction',
  pushedDigest: 'pushed_digest',
  receivedDigest: 'response_digest',
  deploymentId: 'deployment_id',
  replayOf: 'replay_of',
  actor: 'actor',
  trigger: 'trigger',
  reason: 'reason',
  forced: 'forced',
} as const;

/** What an event that settles a sync says, and the column where it stands. */
const SETTLED = {
  statusCode: 'status_code',
  requestId: 'request_id',
  errorCode: 'error_code',
  errorMessage: 'error_message',
  errorFingerprint: 'error_fingerprint',
} as const;

const STATUS: Partial<Record<SyncEventType, SyncStatus>> = {
  'sync.succeeded': 'SUCCESS',
  'sync.failed': 'FAILED',
  'sync.partial': 'PARTIAL',
};
const AFTER_THE_END = new Set<SyncEventType>(['sync.late_result', 'sync.version_linked']);

/** The row that these events make, by column, and what is wrong with their order. */
export function rowOf(events: PastEvent[]): { row: ToldRow; problems: string[] } {
  const row: ToldRow = { sync_status: 'IN_PROGRESS', retry_count: 0 };
  const problems: string[] = [];
  let before: PastEvent | undefined;
  for (const event of events) {
    const problem = problemWith(event, before, row.sync_status !== 'IN_PROGRESS');
    if (problem) problems.push(problem);
    apply(event, row);
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
  if (!isSettled && type === 'sync.late_result') return `${type} comes before its end`;
  return undefined;
}

function apply({ type, data }: PastEvent, row: ToldRow): void {
  const take = (fields: Record<string, string>) => {
    for (const [field, column] of Object.entries(fields)) row[column] = data[field] ?? null;
  };
  if (type === 'sync.recorded') take(RECORDED);
  if (type === 'sync.version_linked') row.version_hash = data.versionHash;
  if (type === 'attempt.failed') {
    const attempt = data.attempt as number;
    row.retry_count = data.waitMs === undefined ? attempt - 1 : attempt;
  }
  const status = STATUS[type];
  if (!status) return;
  row.sync_status = status;
  take(SETTLED);
  row.response_digest = data.responseDigest ?? row.response_digest;
  row.version_hash = data.versionHash ?? row.version_hash;
  row.retry_count = data.retryCount ?? row.retry_count;
  if (data.durationMs !== undefined) row.duration_ms = data.durationMs;
}
