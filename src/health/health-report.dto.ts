import { applyDecorators } from '@nestjs/common';
import { IsBoolean, IsIn, IsUUID, MaxDate } from 'class-validator';
import { PageDto, PageQuery } from '#http';
import { SyncNumbersDto } from '#statistics';
import { MayBeLeftOut, Moment, Text } from '#validation';
import type { Health } from './health.ts';

export const REPORT_FORMATS = ['json', 'markdown', 'html'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Which report is meant. */
export class ReportParams {
  /**
   * The id of the report, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  reportId: string;
}

export class ReportFormatQuery {
  /** JSON, Markdown, or a page to be printed; by `Accept` unless said. */
  @MayBeLeftOut()
  @IsIn(REPORT_FORMATS)
  format?: ReportFormat;
}

export class LatestReportQuery extends ReportFormatQuery {
  /**
   * The platform.
   * @example 'optimizely'
   */
  @Text()
  platform: string;

  /**
   * The instance of the platform.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';
}

export class ReportPageQuery extends PageQuery {
  /**
   * The platform.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;

  /**
   * The instance of the platform.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  override limit: number = 20;
}

/** An end of a window. */
const EndOfWindow = (): PropertyDecorator =>
  applyDecorators(
    Moment(),
    MaxDate(() => new Date(), { message: '$property must not be in the future' }),
  );

/** Of what time and place a report is wanted. */
export class ReportRequestDto {
  /**
   * The platform.
   * @example 'optimizely'
   */
  @Text()
  platform: string;

  /**
   * The instance of the platform.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';

  /**
   * At or after this moment.
   * @example '2026-01-01T00:00:00Z'
   */
  @EndOfWindow()
  startDate: Date;

  /**
   * Before this moment, at most 366 days later.
   * @example '2026-01-02T00:00:00Z'
   */
  @EndOfWindow()
  endDate: Date;

  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;

  /** Look again, and make another revision, even when there is a report of this window. */
  @MayBeLeftOut()
  @IsBoolean()
  fresh: boolean = false;
}

export class ReportWindowDto {
  /** At or after. */
  from: Date;
  /** Before. */
  to: Date;
}

export class RecentFailureDto {
  /** The sync. */
  syncId: string;
  /** The key of the content type. */
  typeKey: string;
  /** Stable code of the error. */
  errorCode: string | null;
  /** What happened, and the way out. */
  errorMessage: string | null;
  /** When it started. */
  at: Date;
}

export class CommonErrorDto {
  /** 16 hexadecimal digits. */
  fingerprint: string;
  /** Stable code of the error. */
  errorCode: string;
  /** What went wrong; `…` stands for what differs from sync to sync. */
  message: string;
  /** How often. */
  count: number;
  /** Of all failures of the time, 0 to 1. */
  share: number;
  /** `new`, `ongoing`, `resolved` or `recurring`. */
  state: string;
  /** The content types it came with. */
  typeKeys: string[];
  /** Ids of its newest syncs. */
  evidence: string[];
}

export class ReportedPatternDto {
  /** What it looks like. */
  shape: string;
  /** In a sentence. */
  summary: string;
  /** Its syncs. */
  count: number;
  /** The content types concerned. */
  typeKeys: string[];
  /** When its first sync started. */
  firstSeen: Date;
  /** When its last sync started. */
  lastSeen: Date;
  /** Ids of its syncs, at most 10. */
  evidence: string[];
}

export class RecommendationDto {
  /** Stable name of the rule that gave it. */
  rule: string;
  /** What to do. */
  action: string;
  /** Ids of syncs that show it, at most 10. */
  evidence: string[];
}

export class EvidenceDto {
  /** How many. */
  count: number;
  /** Since when. */
  since: Date | null;
  /** Ids of the newest, at most 10. */
  syncIds: string[];
}

/** The health of an environment of a platform over a time. */
export class HealthReportDto {
  /** A UUIDv7. */
  id: string;
  /** Counts the reports of one window. */
  revision: number;
  /** `hourly` or `daily` for one of the schedule; null for one that somebody asked for. */
  slot: string | null;
  /** Who asked for it. */
  actor: string;
  /** When it was made. */
  createdAt: Date;
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** The time that it covers. */
  window: ReportWindowDto;
  /** The condition at the end of the window. */
  health: Health;
  /** Why, in a sentence. */
  cause: string;
  /** Successful among the settled, 0 to 1; null when nothing was settled. */
  successRate: number | null;
  /** Milliseconds, of settled syncs; null when there were none. */
  averageDuration: number | null;
  /** All numbers of the window. */
  numbers: SyncNumbersDto;
  /** Those of the same time before. */
  before: SyncNumbersDto;
  /** The newest failures, at most 10. */
  recentFailures: RecentFailureDto[];
  /** The most frequent errors, at most 10. */
  commonErrors: CommonErrorDto[];
  /** What the failures have in common. */
  patterns: ReportedPatternDto[];
  /** Pushes of which nobody knows whether they were applied. */
  inDoubt: EvidenceDto;
  /** Content types that a pull found to be other than what was sent last. */
  differences: EvidenceDto;
  /** When the newest sync started. */
  lastSyncAt: Date | null;
  /** What to do. */
  recommendations: RecommendationDto[];
}

export class HealthReportPageDto extends PageDto {
  /** Newest window first. */
  items: HealthReportDto[];
}
