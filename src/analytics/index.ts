export { AnalyticsModule } from './analytics.module.ts';
export {
  type AnalyticsScope,
  type Bucket,
  BUCKETS,
  type Period,
  type Place,
  type SlowType,
  type SyncNumbers,
  type TimedNumbers,
} from './sync-numbers.ts';
