export { AnalyticsModule } from './analytics.module.ts';
export { TooManyBucketsError, UnknownTimeZoneError } from './analytics.errors.ts';
export { type AnalyticsFilter, resolveWindow } from './analytics.window.ts';
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
