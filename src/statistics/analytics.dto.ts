import { PickType } from '@nestjs/swagger';
import { ArrayUnique, IsIn, Max, Min } from 'class-validator';
import { SyncFilterDto, WindowDto } from '#history';
import { MayBeLeftOut, OneOrMany, Text, WholeNumber } from '#validation';
import { type Bucket, BUCKETS, type Group, GROUPS } from './sync-numbers.ts';

/** Which syncs are counted, and when they started; everything given must hold. The last 24 hours unless said. */
export class AnalyticsQuery extends PickType(SyncFilterDto, [
  'platform',
  'environment',
  'typeKey',
  'kind',
  'direction',
  'trigger',
  'startDate',
  'endDate',
  'last',
] as const) {}

export class NumbersQuery extends AnalyticsQuery {
  /** How many of the slowest content types are listed. */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(0)
  @Max(100)
  slowest: number = 10;
}

export class GroupsQuery extends AnalyticsQuery {
  /**
   * What the syncs of a group have in common; it may be repeated.
   * @example ['platform', 'environment']
   */
  @OneOrMany(GROUPS.length)
  @ArrayUnique()
  @IsIn(GROUPS, { each: true })
  by: Group[] = ['platform', 'environment'];
}

export class TimeseriesQuery extends AnalyticsQuery {
  /** How much time a bucket covers; weeks begin on Monday. */
  @MayBeLeftOut()
  @IsIn(BUCKETS)
  bucket: Bucket = 'day';

  /**
   * By whose clocks hours, days and weeks begin: a zone of the IANA database.
   * @example 'Europe/Berlin'
   */
  @MayBeLeftOut()
  @Text(100)
  timeZone: string = 'UTC';
}

/** Syncs by their status now. */
export class StatusCountsDto {
  /** All that started in the time. */
  total: number;
  /** Those that are not settled yet. */
  inProgress: number;
  /** Those that the platform applied. */
  success: number;
  /** Those that it did not apply. */
  failed: number;
  /** Those of which it applied some parts and refused others. */
  partial: number;
}

/** Bounds of a rate, 0 to 1. */
export class IntervalDto {
  /** The rate is hardly lower. */
  low: number;
  /** The rate is hardly higher. */
  high: number;
}

/** How long settled syncs took, in milliseconds; null where none is settled. */
export class DurationsDto {
  /** The mean. */
  mean: number | null;
  /** Half of the syncs took no longer; within 5 %, by nearest rank, like the others. */
  p50: number | null;
  /** 95 % of the syncs took no longer. */
  p95: number | null;
  /** 99 % of the syncs took no longer. */
  p99: number | null;
}

/** What syncs were like. Rates are 0 to 1, and null where nothing is settled. */
export class SyncNumbersDto {
  /** How many there are. */
  counts: StatusCountsDto;
  /** Successful among the settled. */
  successRate: number | null;
  /** Where the true rate lies with a certainty of 95 % (Wilson): wide as long as few are settled. */
  successRateInterval: IntervalDto | null;
  /** Successful without a retry among the settled. */
  firstAttemptSuccessRate: number | null;
  /** Tries that the settled syncs took. */
  attempts: number;
  /** Tries after the first. */
  retries: number;
  /** Retries for each settled sync, on average. */
  retryBurden: number | null;
  /** How long they took. */
  duration: DurationsDto;
}

/** How numbers differ from those before; null where one of the two is not known. */
export class ChangeDto {
  /** Syncs, as a share of those before: 0.5 is half as many again. */
  total: number | null;
  /** The success rate less the one before. */
  successRate: number | null;
  /** The mean duration, as a share of the one before. */
  duration: number | null;
}

/** The same time before. */
export class PeriodBeforeDto extends SyncNumbersDto {
  /** At or after. */
  from: Date;
  /** Before. */
  to: Date;
}

/** A content type by the time its syncs take, in milliseconds. */
export class SlowTypeDto {
  /** What the key names. */
  kind: string;
  /** The key of the content type. */
  typeKey: string;
  /** Settled syncs. */
  count: number;
  /** Their mean. */
  mean: number;
  /** 95 % of them took no longer. */
  p95: number;
}

/** What the syncs of a time were like, and those of the same time before. */
export class AnalyticsDto extends SyncNumbersDto {
  /** The time that is covered. */
  window: WindowDto;
  /** The same numbers of the time before, as long as this one. */
  before: PeriodBeforeDto;
  /** How the numbers have changed. */
  change: ChangeDto;
  /** The slowest content types first. */
  slowestTypes: SlowTypeDto[];
}

/** The numbers of one bucket. */
export class TimedNumbersDto extends SyncNumbersDto {
  /** When it begins, or the time that is covered does. */
  from: Date;
  /** When it ends. */
  to: Date;
}

export class TimeseriesDto {
  /** The time that is covered. */
  window: WindowDto;
  /** How much time a bucket covers. */
  bucket: Bucket;
  /** By whose clocks buckets begin. */
  timeZone: string;
  /** One for each bucket, in order, also where nothing happened. */
  items: TimedNumbersDto[];
}

/** What the syncs of a group have in common, as far as it was asked for. */
export class GroupDto {
  /** The platform. */
  platform?: string;
  /** The instance of the platform. */
  environment?: string;
  /** Sent or received. */
  direction?: string;
  /** How they came about. */
  trigger?: string;
}

/** The numbers of one group. */
export class GroupedNumbersDto extends SyncNumbersDto {
  /** What its syncs have in common. */
  group: GroupDto;
}

export class GroupsDto {
  /** The time that is covered. */
  window: WindowDto;
  /** Groups in which there are syncs, most syncs first. */
  items: GroupedNumbersDto[];
}
