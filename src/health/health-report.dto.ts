import { ApiProperty, IntersectionType, OmitType } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsUUID } from 'class-validator';
import { PageDto, PageQuery, RequesterDto, TargetRequestDto } from '#http';
import { OutcomeCountsDto, SyncNumbersDto } from '#statistics';
import { type DateOrDay, MayBeLeftOut, Text, TimestampOrDay } from '#validation';
import type { Health } from './health.ts';

export const REPORT_FORMATS = ['json', 'markdown', 'html'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Which report is meant. */
export class ReportParams {
  /**
   * Id of the report, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  reportId: string;
}

export class ReportFormatQuery {
  /** Format of the report: JSON, Markdown or printable HTML. By default, the `Accept` header decides. */
  @MayBeLeftOut()
  @IsIn(REPORT_FORMATS)
  format?: ReportFormat;
}

export class LatestReportQuery extends ReportFormatQuery {
  /**
   * Name of the platform, such as `optimizely`.
   * @example 'optimizely'
   */
  @Text()
  platform: string;

  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';
}

export class ReportPageQuery extends PageQuery {
  /**
   * Name of the platform, such as `optimizely`.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;

  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  override limit: number = 20;
}

/** Of what time and target a report is wanted. */
export class ReportRequestDto extends IntersectionType(TargetRequestDto, RequesterDto) {
  /**
   * Start of the interval (inclusive): a time with its offset, or a date, which begins in `timeZone`.
   * @example '2026-01-01T00:00:00Z'
   */
  @TimestampOrDay()
  @ApiProperty({ type: String })
  startDate: DateOrDay;

  /**
   * End of the interval (exclusive), at most 366 days after its start and not in the future: a time with its offset, or a
   * date, which begins in `timeZone`.
   * @example '2026-01-02T00:00:00Z'
   */
  @TimestampOrDay()
  @ApiProperty({ type: String })
  endDate: DateOrDay;

  /**
   * Time zone in which the days of the interval begin: a name from the IANA database.
   * @example 'Europe/Berlin'
   */
  @MayBeLeftOut()
  @Text(100)
  timeZone: string = 'UTC';

  /** Creates a new revision even when a report of this interval exists. */
  @MayBeLeftOut()
  @IsBoolean()
  fresh: boolean = false;
}

export class ReportIntervalDto {
  /** Start of the interval of the report (inclusive). */
  from: Date;
  /** End of the interval of the report (exclusive). */
  to: Date;
}

export class RecentFailureDto {
  /** Id of the sync that failed. */
  syncId: string;
  /** Key of the content type. */
  typeKey: string;
  /** Stable code of the error, for programs. */
  errorCode: string | null;
  /** Description of the error, and of the way to solve it. */
  errorMessage: string | null;
  /** Time when the sync started. */
  at: Date;
}

export class CommonErrorDto {
  /** Fingerprint of the error: 16 hexadecimal digits. */
  fingerprint: string;
  /** Stable code of the error, for programs. */
  errorCode: string;
  /** Message of the error; `…` replaces the parts that differ between syncs. */
  message: string;
  /** Number of syncs with this error. */
  count: number;
  /** Share of this error in all failures of the interval, 0 to 1. */
  share: number;
  /** State of the error: `new`, `ongoing`, `resolved` or `recurring`. */
  state: string;
  /** Keys of the content types that had this error. */
  typeKeys: string[];
  /** Ids of the newest syncs with this error. */
  evidence: string[];
}

export class ReportedPatternDto {
  /** Shape of the pattern, such as `outage` or `burst`. */
  shape: string;
  /** Summary of the pattern in one sentence. */
  summary: string;
  /** Number of syncs in the pattern. */
  count: number;
  /** Keys of the content types in the pattern. */
  typeKeys: string[];
  /** Start of the first sync of the pattern. */
  firstSeen: Date;
  /** Start of the last sync of the pattern. */
  lastSeen: Date;
  /** Ids of at most 10 syncs of the pattern. */
  evidence: string[];
}

export class RecommendationDto {
  /** Stable name of the rule that made the recommendation. */
  rule: string;
  /** Action that the rule recommends. */
  action: string;
  /** Ids of at most 10 syncs that show the problem. */
  evidence: string[];
}

/** Items at a target, and how the record knows of them. */
export class EvidenceDto {
  /** Number of items that were found. */
  count: number;
  /** Time since when the record shows the first of these items; null when there is none. */
  since: Date | null;
  /** Ids of the newest syncs that show these items, at most 10. */
  syncIds: string[];
}

/** What syncs were like, as a report keeps it. */
export class ReportedNumbersDto extends OmitType(SyncNumbersDto, ['outcomes']) {
  /** Number of pushes by outcome; null in a report that was made before SyncTrail counted outcomes. */
  outcomes: OutcomeCountsDto | null;
}

/** The health of an environment of a platform over a time. */
export class HealthReportDto {
  /** Id of the report, a UUIDv7. Ids sort by time. */
  id: string;
  /** Number of the report among the reports of the same interval, from 1. */
  revision: number;
  /** Schedule of the report: `hourly` or `daily`; null for a report that a user requested. */
  slot: string | null;
  /** User or system that requested the report. */
  actor: string;
  /** Time when the report was created. */
  createdAt: Date;
  /** Name of the platform, such as `optimizely`. */
  platform: string;
  /** Environment of the platform, such as `production`. */
  environment: string;
  /** Interval that the report covers. */
  window: ReportIntervalDto;
  /** Condition of the target at the end of the interval. */
  health: Health;
  /** Cause of the condition in plain words. */
  cause: string;
  /** Share of successful syncs in all syncs that ended, 0 to 1; null when none ended. */
  successRate: number | null;
  /** Average duration of the syncs that ended, in milliseconds; null when none ended. */
  averageDuration: number | null;
  /** Numbers of the interval of the report. */
  numbers: ReportedNumbersDto;
  /** Numbers of the previous interval of the same length. */
  before: ReportedNumbersDto;
  /** Newest failures of the interval, at most 10. */
  recentFailures: RecentFailureDto[];
  /** Most frequent errors of the interval, at most 10. */
  commonErrors: CommonErrorDto[];
  /** Patterns among the failures of the interval. */
  patterns: ReportedPatternDto[];
  /**
   * Items that differed, at the end of the interval, from what was last sent to the target; absent items are among them. Null
   * when the live state was not known when the report was made.
   */
  drift: EvidenceDto | null;
  /** Items that were sent to the target and that it lacked at the end of the interval; null when that is not known. */
  absent: EvidenceDto | null;
  /** Items of unknown state at the end of the interval; null when the report could not tell. */
  unknown: EvidenceDto | null;
  /** End of the newest successful pull of all content types up to then; null when there was none. */
  observedAt: Date | null;
  /** Start of the newest sync; null when there is none. */
  lastSyncAt: Date | null;
  /** Recommended actions with their evidence. */
  recommendations: RecommendationDto[];
}

export class HealthReportPageDto extends PageDto {
  /** Reports of the page, the newest interval first. */
  items: HealthReportDto[];
}
