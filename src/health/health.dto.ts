import { TargetDto } from '#http';
import { AnalyticsNumbersDto, NumbersQuery, SyncNumbersDto } from '#statistics';
import { MayBeLeftOut, TrueOrFalse } from '#validation';
import { CommonErrorDto, EvidenceDto, RecentFailureDto, RecommendationDto } from './health-report.dto.ts';
import type { Health } from './health.ts';

/** Items at a target, and where they are listed. */
export class ListedEvidenceDto extends EvidenceDto {
  /**
   * Address that lists these items.
   * @example '/api/v1/live?platform=optimizely&environment=production&drift=true'
   */
  href: string;
}

/** An expectation that is not met: the cause of a condition. */
export class UnmetExpectationDto {
  /** Id of the expectation that is not met. */
  id: string;
  /** Name of the expectation that is not met. */
  name: string;
  /**
   * Stable code of the cause: `EXPECTATION_MISSED` (no sync counted) or `EXPECTATION_TOO_FEW` (fewer than expected).
   */
  code: 'EXPECTATION_MISSED' | 'EXPECTATION_TOO_FEW';
  /** Sentence that names the expectation, its due time, and the missing syncs. */
  cause: string;
  /** Time at which the expectation was due and not met. */
  dueAt: Date;
}

export class UnmetExpectationsDto {
  /** Number of expectations that are not met. */
  count: number;
  /** Time at which the first of these expectations was due; null when there is none. */
  since: Date | null;
  /** Expectations that are not met, at most 10, in the order in which they were due. */
  items: UnmetExpectationDto[];
}

/** The condition of an environment of a platform. */
export class TargetHealthDto extends TargetDto {
  /** Condition of the target. */
  health: Health;
  /** Cause of the condition in plain words. */
  cause: string;
  /** Time since when the target has this condition; null when it is unknown. */
  since: Date | null;
  /** Ids of at most 10 syncs that show the problem. */
  evidence: string[];
  /** Numbers of the interval that decides the condition, 24 hours by default. */
  numbers: SyncNumbersDto;
  /**
   * Items that differ from what was last sent to the target; absent items are among them. Null while the service makes the
   * live state, such as after an update.
   */
  drift: ListedEvidenceDto | null;
  /** Items that were sent to the target and that it lacks now; null while the service makes the live state. */
  absent: ListedEvidenceDto | null;
  /** Items of which nobody knows what stands at the target; null while the service makes the live state. */
  unknown: ListedEvidenceDto | null;
  /** Expectations of the target that are not met. */
  unmet: UnmetExpectationsDto;
  /** End of the newest pull of all content types that succeeded; null when there is none. */
  observedAt: Date | null;
  /** Start of the newest sync; null when there is none. */
  lastSyncAt: Date | null;
  /** Start of the newest successful sync among the last 200; null when there is none. */
  lastSuccessAt: Date | null;
}

export class HealthListDto {
  /** The 200 targets with the most syncs, and those with an expectation that is not met, by platform and environment. */
  items: TargetHealthDto[];
}

export class ReportedNumbersQuery extends NumbersQuery {
  /** Includes the health report of the platform. Without it, the answer is faster. */
  @MayBeLeftOut()
  @TrueOrFalse()
  report: boolean = true;
}

export class PlatformFailureDto extends RecentFailureDto {
  /** Environment of the platform, such as `production`. */
  environment: string;
}

export class PlatformRecommendationDto extends RecommendationDto {
  /** Environment of the platform, such as `production`. */
  environment: string;
}

/** The health of a platform over an interval, in all its environments or in those that the request names. */
export class PlatformReportDto {
  /** Name of the platform, such as `optimizely`. */
  platform: string;
  /** Share of successful syncs in all syncs that ended, 0 to 1; null when none ended. */
  successRate: number | null;
  /** Average duration of the syncs that ended, in milliseconds; null when none ended. */
  averageDuration: number | null;
  /** Newest failures of the interval, at most 10. */
  recentFailures: PlatformFailureDto[];
  /** Most frequent errors of the interval, at most 10. */
  commonErrors: CommonErrorDto[];
  /** Recommended actions with their evidence, for the 10 environments with the newest syncs. */
  recommendations: PlatformRecommendationDto[];
}

/** What the syncs of a time were like, those of the same time before, and the health of the platform. */
export class AnalyticsDto extends AnalyticsNumbersDto {
  /**
   * Health report of the platform. Null when the filter names no platform or several, when it has another condition than
   * platform and environment, and for an interval that is in the future or longer than 366 days.
   */
  report: PlatformReportDto | null;
}
