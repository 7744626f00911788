export { Admission } from './admission.ts';
export { ClockSkewError, ShuttingDownError } from './admission.errors.ts';
export { CircuitBreakers, type Circuit, type CircuitName } from './circuit-breakers.ts';
export { EventStreams } from './event.streams.ts';
export { Heartbeat } from './heartbeat.ts';
export { Idempotent, Ids } from './idempotency.decorator.ts';
export { Periodic } from './periodic.ts';
export { RequestIds } from './request-ids.ts';
export { storableText } from './storable-text.ts';
export { errorFingerprint, maskedMessage } from './error-fingerprint.ts';
export { FACTS_SINCE } from './forgotten.ts';
export { checkPositions } from './event-position.check.ts';
export { checkOwners, checkSyncs } from './sync.check.ts';
export { assertMayLeave } from './recorded-calls.ts';
export { type RecorderObserver, SyncRecorder } from './sync.recorder.ts';
export { SyncSweeper } from './sync.sweeper.ts';
export { SyncTracker } from './sync.tracker.ts';
export { DEFAULT_RETRY_POLICY, delayAfter, type RetryPolicy } from './backoff.ts';
export {
  DIRECTIONS,
  EVERYTHING,
  SYNC_STATUSES,
  type Direction,
  type FailedAttempt,
  type NewSync,
  type RecordedSync,
  type SyncEventType,
  type SyncResult,
  type SyncStatus,
} from './sync.ts';
export { SyncEvent } from './sync-event.entity.ts';
export {
  DuplicateItemError,
  InterruptedError,
  InvalidFilterError,
  NoContentError,
  NotTrackedYetError,
  RecordingUnavailableError,
  SyncNotFoundError,
  SyncOwnedError,
  SyncSettledError,
} from './sync.errors.ts';
export { Retention, type RetentionReport } from './retention.ts';
export { type HistoryFilter, resolveFilter, whereSql, type Window } from './sync-history.filter.ts';
export { SyncFilterDto, WindowDto } from './sync-history.dto.ts';
export { SyncHistoryExport, type HistoryExport } from './sync-history.export.ts';
export {
  binder,
  SyncHistoryQueries,
  type FacetValue,
  type HistoryPage,
  type PageRequest,
} from './sync-history.queries.ts';
export { SyncReader } from './sync.reader.ts';
export { SyncWriter } from './sync.writer.ts';
export { SyncHistoryService } from './sync-history.service.ts';
export { SyncRecord } from './sync-record.entity.ts';
export type { SettledSync } from './sync.statements.ts';
export { NoSyncRecord, TrackSync } from './track-sync.decorator.ts';
export { trackingEntities, TrackingModule } from './tracking.module.ts';
export { type TrackingOptions } from './tracking.options.ts';
export {
  type Outcome,
  Platform,
  type PlatformAdapter,
  PlatformError,
  type PlatformFailure,
  PlatformRegistry,
  type SyncAnswer,
  type SyncCall,
  type SyncContext,
  type Trigger,
} from '#platform';
export { besideSyncTrail } from './own-tables.ts';
