export { AnalyticsModule } from './analytics.module.ts';
export { TooManyBucketsError, UnknownFingerprintError, UnknownTimeZoneError } from './analytics.errors.ts';
export { type AnalyticsFilter, resolveWindow } from './analytics.window.ts';
export { detectFailures } from './detect-failures.ts';
export {
  type ErrorFingerprint,
  FailurePatternService,
  FINGERPRINT_STATES,
  type FingerprintState,
} from './failure-pattern.service.ts';
export {
  type FailurePattern,
  type FailurePlace,
  type FailureShape,
  type SettledSync,
  SHAPES,
} from './failure-patterns.ts';
export type { Suspect } from './suspects.ts';
export { checkStats } from './stats.check.ts';
export { StatsProjector } from './stats.projector.ts';
export { StatsRebuilder, type Rebuilt } from './stats.rebuilder.ts';
export { SyncAnalyticsService } from './sync-analytics.service.ts';
export {
  type AnalyticsScope,
  type Bucket,
  BUCKETS,
  type Group,
  type GroupedNumbers,
  GROUPS,
  type Period,
  type Place,
  type SlowType,
  type SyncNumbers,
  type TimedNumbers,
} from './sync-numbers.ts';
