/** Counts, rates, durations and time series; refuses more buckets than an answer shows. */
export {
  AnalyticsNumbersDto,
  AnalyticsQuery,
  NumbersQuery,
  OutcomeCountsDto,
  SyncNumbersDto,
} from './analytics.dto.ts';
export { StatisticsModule } from './statistics.module.ts';
export { StatsProjector } from './stats.projector.ts';
export { StatsReader } from './stats.reader.ts';
export { SyncAnalyticsService } from './sync-analytics.service.ts';
export { TooManyBucketsError } from './statistics.errors.ts';
export { bucketStarts } from './time-buckets.ts';
export { checkStats } from './stats.check.ts';
export { resolveInterval } from './analytics-interval.ts';
export {
  type Bucket,
  BUCKETS,
  type Group,
  type GroupedNumbers,
  GROUPS,
  intervalBefore,
  lengthOf,
  type Interval,
  type SlowType,
  type SyncNumbers,
  type TimedNumbers,
  wilsonInterval,
} from './sync-numbers.ts';
export { type Rebuilt, StatsRebuilder } from './stats.rebuilder.ts';
