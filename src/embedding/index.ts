/** TrackingModule, for applications of others: all that recording needs; refuses nothing itself. */
export {
  type FindPrincipal,
  type Grant,
  grantsOf,
  type Principal,
  type Role,
  ROLES,
  type Scope,
  SCOPES,
} from '#access';
export {
  Admission,
  ClockSkewError,
  type Direction,
  DIRECTIONS,
  errorFingerprint,
  EVERYTHING,
  FACTS_SINCE,
  type FailedAttempt,
  Heartbeat,
  maskedMessage,
  type NewSync,
  type RecordedSync,
  type RecorderObserver,
  RecordingUnavailableError,
  type SettledSync,
  ShuttingDownError,
  storableText,
  SYNC_STATUSES,
  SyncEvent,
  type SyncEventType,
  SyncNotFoundError,
  SyncOwnedError,
  SyncReader,
  SyncRecord,
  SyncRecorder,
  type SyncResult,
  SyncSettledError,
  type SyncStatus,
  SyncWriter,
} from '#recording';
export { checkJournal, checkOwners, checkSyncs } from '#projection';
export { DEFAULT_RETRY_POLICY, type RetryPolicy, type TrackingOptions } from '../tracking-options.ts';
export { Idempotent, Ids, RequestIds } from '#idempotency';
export { Periodic } from '#schedule';
export { Retention, type RetentionReport } from '#retention';
export {
  type Circuit,
  CircuitBreakers,
  type CircuitName,
  delayAfter,
  DuplicateItemError,
  InterruptedError,
  NoSyncRecord,
  NotTrackedYetError,
  SyncHistoryService,
  SyncSweeper,
  SyncTracker,
  TrackSync,
} from '#tracking';
export { besideSyncTrail } from './own-tables.ts';
export {
  binder,
  type FacetValue,
  type HistoryExport,
  type HistoryFilter,
  type HistoryPage,
  InvalidFilterError,
  NoContentError,
  type PageRequest,
  resolveFilter,
  SyncFilterDto,
  SyncHistoryExport,
  SyncHistoryQueries,
  whereSql,
  type CoveredInterval,
  CoveredIntervalDto,
} from '#history';
export { checkPositions, EventStreams } from '#events';
export { trackingEntities, TrackingModule } from './tracking.module.ts';
export {
  DEFAULT_MODEL,
  type DefinitionChange,
  type ExportContent,
  type ExportedItem,
  type ExportProblem,
  type Impact,
  type ItemRef,
  type FinalStatus,
  type Outcome,
  Platform,
  type PlatformAdapter,
  PlatformError,
  type PlatformFailure,
  type PlatformModel,
  type RecordedCall,
  type RecordedItem,
  PlatformRegistry,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncCall,
  type SyncContext,
  type Trigger,
} from '#platform';
export { assertMayLeave } from './permit.ts';
export { type CoveredInterval as Window, CoveredIntervalDto as WindowDto } from '#history';
