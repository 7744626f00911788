/** The record itself: writes and reads syncs and their events; refuses work that it cannot record. */
export {
  type FacetField,
  fieldsWith,
  FINISH_COLUMNS,
  type FilteredField,
  recordedName,
  SHOWN_FIELDS,
  shownSync,
  SYNC_FIELDS,
} from './sync-columns.ts';
export type { EventRow, SettledSync, StartRow, SyncState } from './sync-rows.ts';
export { Admission } from './admission.ts';
export {
  ClockSkewError,
  InvalidDurationError,
  InvalidNameError,
  InvalidTimeError,
  RecordingUnavailableError,
  RemovedVersionError,
  ShuttingDownError,
  SyncNotFoundError,
  SyncOwnedError,
  SyncSettledError,
} from './recording.errors.ts';
export { FACTS_SINCE, LINKS_SINCE, PAYLOADS_SINCE, POSITIONS_SINCE } from './forgotten.ts';
export type { CarriedSnapshot, CarriedVersion, SyncStep } from './sync.steps.ts';
export { Heartbeat } from './heartbeat.ts';
export { newId } from '#journal';
export { SYNC_COLUMNS, SyncRecord, typeOf } from './sync-record.entity.ts';
export { SHOWN_COLUMNS, type SyncText, syncText } from './sync-text.ts';
export { SyncEvent } from './sync-event.entity.ts';
export { isOfDeployment, newestOfDeployment, SyncReader } from './sync.reader.ts';
export { type Adoption, type LearnedOutcome, outcomeOf, SyncWriter } from './sync.writer.ts';
export { errorFingerprint, FINGERPRINT, maskedMessage } from './error-fingerprint.ts';
export { storableText } from '../storable-text.ts';
export {
  type Direction,
  DIRECTIONS,
  type Evidence,
  EVIDENCES,
  EVERYTHING,
  MAX_LATE_RESULTS,
  type FailedAttempt,
  type NewSync,
  type Observation,
  OUTCOME_OF,
  type RecordedSync,
  type Resolution,
  SYNC_STATUSES,
  type SyncEventType,
  type SyncResult,
  type SyncStatus,
} from './sync.ts';
export { type RecorderObserver, SyncRecorder } from './sync.recorder.ts';
