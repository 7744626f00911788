import { ArrayUnique, IsIn, Max, Min } from 'class-validator';
import { SyncFilterDto, CoveredIntervalDto } from '#history';
import { MayBeLeftOut, OneOrMany, WholeNumber } from '#validation';
import { type Bucket, BUCKETS, type Group, GROUPS } from './sync-numbers.ts';

/** Which syncs are counted, and when they started; everything given must hold. The last 24 hours by default. */
export class AnalyticsQuery extends SyncFilterDto {}

export class NumbersQuery extends AnalyticsQuery {
  /** Number of slowest content types to list. */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(0)
  @Max(100)
  slowest: number = 10;
}

export class GroupsQuery extends AnalyticsQuery {
  /**
   * Field that forms the groups. Repeat it for several fields.
   * @example ['platform', 'environment']
   */
  @OneOrMany(GROUPS.length)
  @ArrayUnique()
  @IsIn(GROUPS, { each: true })
  by: Group[] = ['platform', 'environment'];
}

export class TimeseriesQuery extends AnalyticsQuery {
  /** Length of a bucket, in `timeZone`: `hour`, `day` or `week`. Weeks begin on Monday. */
  @MayBeLeftOut()
  @IsIn(BUCKETS)
  bucket: Bucket = 'day';
}

/** Syncs by their status now. */
export class StatusCountsDto {
  /** Number of syncs that started in the interval. */
  total: number;
  /** Number of syncs that have not ended. */
  inProgress: number;
  /** Number of syncs that the platform applied. */
  success: number;
  /** Number of syncs that failed. */
  failed: number;
  /** Number of syncs of which the platform applied some parts and refused others. */
  partial: number;
}

/** Pushes with a final status by what is known of their effect now. A pull has no outcome. */
export class OutcomeCountsDto {
  /** Number of pushes that the platform has applied, as far as the record shows. */
  applied: number;
  /** Number of pushes that the platform has not applied, or that were never sent. */
  notApplied: number;
  /** Number of pushes of which the platform has applied some parts. */
  partlyApplied: number;
  /** Number of pushes that the platform may or may not have applied. */
  unknown: number;
}

/** Bounds of a rate, 0 to 1. */
export class IntervalDto {
  /** Lower bound of the confidence interval. */
  low: number;
  /** Upper bound of the confidence interval. */
  high: number;
}

/** How long settled syncs took, in milliseconds; null where none is settled. */
export class DurationsDto {
  /** Mean duration in milliseconds; null when no sync ended. */
  mean: number | null;
  /** Median duration in milliseconds, by nearest rank, with an error of at most 5 %. */
  p50: number | null;
  /** Duration in milliseconds that 95 % of the syncs do not exceed, with an error of at most 5 %. */
  p95: number | null;
  /** Duration in milliseconds that 99 % of the syncs do not exceed, with an error of at most 5 %. */
  p99: number | null;
}

/** What syncs were like. Rates are 0 to 1, and null where nothing is settled. */
export class SyncNumbersDto {
  /** Number of syncs by status. */
  counts: StatusCountsDto;
  /** Number of pushes by outcome. The filter `outcome` of the history finds them. */
  outcomes: OutcomeCountsDto;
  /** Share of successful syncs in all syncs that ended, 0 to 1; null when none ended. */
  successRate: number | null;
  /** Confidence interval of the success rate at 95 % (Wilson). It is wide when few syncs ended. */
  successRateInterval: IntervalDto | null;
  /** Share of syncs that succeeded at the first attempt in all syncs that ended, 0 to 1. */
  firstAttemptSuccessRate: number | null;
  /** Number of attempts of the syncs that ended. */
  attempts: number;
  /** Number of attempts after the first of each sync. */
  retries: number;
  /** Average number of retries for each sync that ended. */
  retryBurden: number | null;
  /** Duration of the syncs that ended. */
  duration: DurationsDto;
}

/** How numbers differ from those before; null where one of the two is not known. */
export class ChangeDto {
  /** Relative change of the number of syncs: 0.5 is 50 % more. */
  total: number | null;
  /** Success rate minus the success rate of the previous interval. */
  successRate: number | null;
  /** Relative change of the mean duration: 0.5 is 50 % longer. */
  duration: number | null;
}

/** The same time before. */
export class IntervalBeforeDto extends SyncNumbersDto {
  /** Start of the previous interval (inclusive). */
  from: Date;
  /** End of the previous interval (exclusive). */
  to: Date;
}

/** A content type by the time its syncs take, in milliseconds. */
export class SlowTypeDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Number of syncs that ended. */
  count: number;
  /** Mean duration of its syncs, in milliseconds. */
  mean: number;
  /** Duration in milliseconds that 95 % of its syncs do not exceed. */
  p95: number;
}

/** What the syncs of a time were like, and those of the same time before. */
export class AnalyticsNumbersDto extends SyncNumbersDto {
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
  /** The same numbers for the previous interval of the same length. */
  before: IntervalBeforeDto;
  /** Change of the numbers from the previous interval. */
  change: ChangeDto;
  /** Content types with the longest durations, the slowest first. */
  slowestTypes: SlowTypeDto[];
}

/** The numbers of one bucket. */
export class TimedNumbersDto extends SyncNumbersDto {
  /** Start of the bucket, or of the covered interval if that is later. */
  from: Date;
  /** End of the bucket, or of the covered interval if that is earlier. */
  to: Date;
}

export class TimeseriesDto {
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
  /** Length of a bucket: `hour`, `day` or `week`. */
  bucket: Bucket;
  /** Time zone in which the buckets begin. */
  timeZone: string;
  /** Numbers of each bucket in order, including empty buckets. */
  items: TimedNumbersDto[];
}

/** What the syncs of a group have in common, as far as it was asked for. */
export class GroupDto {
  /** Name of the platform, such as `optimizely`. */
  platform?: string;
  /** Environment of the platform, such as `production`. */
  environment?: string;
  /** `PUSH` for content that is sent, `PULL` for content that is read. */
  direction?: string;
  /** Trigger of the syncs, such as `API` or `DEPLOYMENT`. */
  trigger?: string;
}

/** The numbers of one group. */
export class GroupedNumbersDto extends SyncNumbersDto {
  /** Field values that the syncs of the group share. */
  group: GroupDto;
}

export class GroupsDto {
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
  /** Groups that have syncs, the largest first. */
  items: GroupedNumbersDto[];
}
