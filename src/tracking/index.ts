/** The recorded call: record, attempt, judge, settle; refuses a call that nobody recorded. */
export { DuplicateItemError, InterruptedError, NotTrackedYetError } from './tracking.errors.ts';
export { NoSyncRecord, TrackSync } from './track-sync.decorator.ts';
export { PushTurns } from './push-turns.ts';
export { ReadBack } from './read-back.ts';
export { SyncExplorer } from './sync.explorer.ts';
export { SyncHistoryService } from './sync-history.service.ts';
export { SyncSweeper } from './sync.sweeper.ts';
export { SyncTracker } from './sync.tracker.ts';
export { OpenOutcomes } from './open-outcomes.ts';
export { PendingSyncs } from './pending-syncs.ts';
export { delayAfter } from './backoff.ts';
export { type Circuit, CircuitBreakers, type CircuitName } from './circuit-breakers.ts';
export { isOwnFault } from './own-fault.ts';
export { type Reading, TargetReader } from './target-reader.ts';
