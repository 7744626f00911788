import type { Json, JsonObject } from '#json';
import type { FinalStatus, Outcome, SyncContext, SyncFailure } from '#platform';
import { nameProblem } from '#validation';
import { storableJson, storableText } from '../storable-text.ts';
import { InvalidDurationError, InvalidNameError } from './recording.errors.ts';

export const DIRECTIONS = ['PUSH', 'PULL'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const SYNC_STATUSES = ['IN_PROGRESS', 'SUCCESS', 'FAILED', 'PARTIAL'] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

/** How we know of an outcome: read from the platform, proven by its answer, or said by another system. */
export const EVIDENCES = ['OBSERVED', 'ANSWERED', 'REPORTED'] as const;
export type Evidence = (typeof EVIDENCES)[number];

/** What a status says of the effect of a push, where nobody says more. */
export const OUTCOME_OF: Record<FinalStatus, Outcome> = {
  SUCCESS: 'APPLIED',
  FAILED: 'NOT_APPLIED',
  PARTIAL: 'PARTLY_APPLIED',
};

/** The key of the one sync under which a pull of everything is recorded. */
export const EVERYTHING = '*';

/** Different results of a sync, after the one that settled it, that are kept as events. */
export const MAX_LATE_RESULTS = 20;

/** Characters that are kept of each text. Names are kept whole or refused. */
const MAX_ACTOR = 255;
const MAX_REASON = 2_000;
const MAX_REQUEST_ID = 200;
const MAX_ERROR_CODE = 100;
const MAX_KIND = 100;
export const MAX_DURATION_MS = 2_147_483_647;

export type SyncEventType =
  | 'sync.recorded'
  | 'attempt.failed'
  | 'sync.succeeded'
  | 'sync.failed'
  | 'sync.partial'
  | 'sync.outcome_known'
  | 'sync.late_result'
  | 'sync.version_linked'
  | 'sync.adopted'
  | 'retention.applied'
  | 'epoch.began';

/** A sync that is about to begin. */
export interface NewSync {
  /** A UUIDv7; a new one by default. What is recorded again under the same ids is there once. */
  id?: string;
  /** Of the events that are written with it; new ones by default. */
  eventIds?: { recorded: string; finished: string };
  /** The call it is part of; syncs of one call share it. A new one by default. */
  callId?: string;
  typeKey: string;
  kind?: string;
  platform: string;
  direction: Direction;
  /** It deletes the item: it sends nothing, and carries no version. Only of a PUSH. */
  removal?: true;
  context: SyncContext;
  /** The definition in our terms; it becomes a version when its hash is unknown. */
  data?: Json;
  /** What exactly is sent; `data` by default. */
  payload?: Json;
  /** The snapshot of what is sent, where its content is at hand only later; instead of `data` and `payload`. */
  pushedDigest?: string;
  /** The version that `data` is; computed by default. */
  versionHash?: string;
  replayOf?: string;
  /** When it began, of one that is recorded afterwards; only with `expiresInMs`. */
  startedAt?: Date;
  /** Milliseconds within which the external system that runs the sync reports again. */
  expiresInMs?: number;
  /** Its result, where that is known already; only with `expiresInMs`. */
  result?: SyncResult;
  /** It is sent as soon as it is recorded, and so needs its turn at once. */
  takesTurn?: boolean;
}

/** A sync that stands in the database as IN_PROGRESS. */
export interface RecordedSync {
  id: string;
  callId: string;
  typeKey: string;
  kind: string;
  versionHash: string | null;
  /** Whether it may be sent: no other push of the item to the target is under way. */
  hasTurn: boolean;
}

/** One try of a call that failed. Times are milliseconds. */
export interface FailedAttempt {
  /** The first is number 1. */
  attempt: number;
  error: SyncFailure;
  statusCode?: number;
  durationMs: number;
  /** How long until the next attempt; absent when there is none. */
  waitMs?: number;
  /** What the adapter wants remembered of the exchange. */
  metadata?: JsonObject;
  /** Whether the platform may have applied it, or not been asked at all. */
  outcome?: 'UNKNOWN' | 'NOT_APPLIED';
}

/** What came of a sync. */
export interface SyncResult {
  status: FinalStatus;
  /** What is known of its effect; by default what the status says, and null for a pull. */
  outcome?: Outcome | null;
  /** How that is known; null where it is not. */
  evidence?: Evidence | null;
  error?: SyncFailure;
  statusCode?: number;
  requestId?: string;
  /** What came back, in whole; kept as the response snapshot. */
  response?: Json;
  /** The version that was received. */
  versionHash?: string;
  /** Who changed last what was received, as the platform says. */
  changedBy?: string;
  /** When that was, in ISO 8601; a text that is no time is left out. */
  changedAt?: string;
  retryCount?: number;
  /** Milliseconds from a monotonic clock; from the database's clock by default. */
  durationMs?: number;
  /** When it ended, of an external sync; now by default. */
  completedAt?: Date;
  /** Replaces the metadata of the sync. */
  metadata?: JsonObject;
  /** What a pull saw beside the content. */
  observation?: Observation;
  /** How it was found out, when the process that made the call could not tell; kept in metadata and event. */
  resolution?: Resolution;
}

/** What a pull saw of an item beside its content. */
export interface Observation {
  /** The platform does not have the item. */
  absent?: true;
  /** A push of the item was under way, so what was read says nothing about it. */
  overlapped?: true;
  /** When the call began to read, by the clock of the database; by default when the sync started. */
  readSince?: string;
}

/** How the outcome of a push was looked for, where its answer did not prove it. */
export interface Resolution {
  /** The platform was asked what it holds. */
  resolvedBy?: 'read-back';
  /** The call that asked it: its syncs keep the answer. */
  readBackCallId?: string;
  /** The hash of what the platform was seen to hold; null when it does not have the item. */
  held?: string | null;
}

/** Throws {@link InvalidNameError} for the first name that cannot be kept as it is. */
export function assertNames(names: Record<string, string | undefined>): void {
  for (const [field, name] of Object.entries(names)) {
    const problem = name === undefined ? undefined : nameProblem(name, field === 'kind' ? MAX_KIND : undefined);
    if (problem) throw new InvalidNameError(field, name, problem);
  }
}

/** The context with more metadata, in the form that row, event and export share. */
export function storableContext(context: SyncContext, more?: JsonObject | null): SyncContext {
  const metadata = context.metadata || more ? storableJson({ ...context.metadata, ...more }) : undefined;
  const { actor, caller, reason, deploymentId } = context;
  return {
    ...context,
    // As a column of type uuid shows it.
    deploymentId: deploymentId?.toLowerCase(),
    actor: storableText(actor, MAX_ACTOR),
    caller: caller && { ...caller, onBehalfOf: storableText(caller.onBehalfOf, MAX_ACTOR) || undefined },
    reason: storableText(reason, MAX_REASON) || undefined,
    metadata,
  };
}

export function storableError(error: SyncFailure | undefined) {
  return {
    errorCode: storableText(error?.code, MAX_ERROR_CODE) || undefined,
    errorMessage: storableText(error?.message) || undefined,
  };
}

export function storableRequestId(requestId: string | undefined): string | null {
  return storableText(requestId, MAX_REQUEST_ID) || null;
}

/** In whole milliseconds. Throws {@link InvalidDurationError}. */
export function wholeDuration(durationMs: number | undefined): number | null {
  if (durationMs === undefined) return null;
  if (!(durationMs >= 0 && durationMs <= MAX_DURATION_MS)) throw new InvalidDurationError(durationMs, MAX_DURATION_MS);
  return Math.round(durationMs);
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T/;

/** A time that a platform gave, as row and event share it; null for what is no time. */
export function storableTime(text: string | undefined): string | null {
  const time = text !== undefined && ISO_TIME.test(text) ? new Date(text) : undefined;
  return time && time.getTime() > 0 ? time.toISOString() : null;
}
