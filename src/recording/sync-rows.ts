import type { JsonObject } from '#json';
import type { Destination, FinalStatus, Outcome, SyncContext } from '#platform';
import type { Redactions } from '#redaction';
import type { PreparedSnapshot } from '#snapshot';
import type { Origin } from '#versioning';
import type { SyncRecord } from './sync-record.entity.ts';
import type { Direction, Evidence, SyncEventType } from './sync.ts';

export interface EventRow {
  id: string;
  syncId: string;
  type: SyncEventType;
  data: JsonObject;
}

export interface StartRow {
  id: string;
  /** Whether the caller chose the id, so that it may be recorded already. */
  mayExist: boolean;
  callId: string;
  kind: string;
  typeKey: string;
  versionHash: string | null;
  /** Whether the caller names it, and its content is another or none: then it must be there already. */
  namesVersion: boolean;
  platform: string;
  /** Where the target is now; an external sync does not go there from here. */
  destination: Destination;
  direction: Direction;
  /** It deletes the item. */
  removal: true | null;
  context: SyncContext;
  pushedDigest: string | null;
  /** What stands in the content that was sent as a mark. */
  pushedRedactions: Redactions | null;
  replayOf: string | null;
  /** Null for an external sync. */
  owner: string | null;
  /** What concerns only an external sync. */
  external: ExternalRow | null;
  /** It is sent at once: it needs its turn. */
  takesTurn: boolean;
  snapshots: PreparedSnapshot[];
  /** The digest of the definition, when `versionHash` may be new to the history. */
  newVersion?: { digest: string };
  event: EventRow;
}

export interface ExternalRow {
  expiresInMs: number;
  /** In ISO 8601, of a sync that is recorded afterwards. */
  startedAt: string | null;
  receivedDigest: string | null;
  receivedRedactions: Redactions | null;
  /** Its result, when it is recorded afterwards. */
  finish: FinishRow | null;
}

export interface AttemptRow {
  id: string;
  /** Others may push the item while this sync waits. */
  givesTurn: boolean;
  event: EventRow;
}

/** What became known of the effect of a settled push. */
export interface OutcomeRow {
  id: string;
  outcome: Outcome;
  evidence: Evidence;
  event: EventRow;
}

export interface FinishRow {
  id: string;
  status: FinalStatus;
  outcome: Outcome | null;
  evidence: Evidence | null;
  statusCode: number | null;
  requestId: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  errorFingerprint: string | null;
  responseDigest: string | null;
  responseRedactions: Redactions | null;
  versionHash: string | null;
  changedBy: string | null;
  /** In ISO 8601. */
  changedAt: string | null;
  retryCount: number | null;
  durationMs: number | null;
  /** In ISO 8601, where another system gave it. */
  completedAt: string | null;
  metadata: JsonObject | null;
  snapshot: PreparedSnapshot | null;
  event: EventRow;
}

/** How far a sync has come. */
export type SyncState = Pick<SyncRecord, 'id' | 'syncStatus' | 'versionHash' | 'expiresAt' | 'completedAt'>;

/**
 * What a finish met, by its event: `applied` when it settled the sync, `known` when there is such a sync, `kept` when it
 * came late and stands among the events, or an equal one does; with the state of the sync where others may have settled it.
 */
export interface Settlement {
  eventId: string;
  applied: boolean;
  known: boolean;
  kept: boolean;
  state?: SyncState;
}

/** The origin of a version that is new with a sync: what others record is not ours to deploy. */
export function versionOrigin({ external }: StartRow): Origin {
  return external === null ? 'AUTHORED' : 'RECORDED';
}

/** A sync that was settled, for those who watch. */
export interface SettledSync {
  platform: string;
  direction: Direction;
  status: FinalStatus;
  retryCount: number;
  /** Milliseconds; null where nobody knows. */
  durationMs: number | null;
}
