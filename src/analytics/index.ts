export { AnalyticsModule, type AnalyticsOptions } from './analytics.module.ts';
export {
  ReportNotFoundError,
  TooManyBucketsError,
  UnknownFingerprintError,
  UnknownTimeZoneError,
} from './analytics.errors.ts';
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
export { HealthService, type PlaceHealth } from './health.service.ts';
export { type Health, HEALTHS, type HealthThresholds } from './health.ts';
export { HealthReportService, type ReportRequest, type StoredReport } from './health-report.service.ts';
export { ReportScheduler, type ReportSchedule } from './report.scheduler.ts';
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
