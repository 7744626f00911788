import type { SyncNumbers } from '#statistics';
import type { CommonErrorDto, RecentFailureDto, ReportedPatternDto } from './health-report.dto.ts';
import type { HealthInputs, HealthThresholds } from './health.ts';

/** A part of an answer as it is kept: times are ISO 8601 texts. */
type Kept<Dto> = { [Member in keyof Dto]: Dto[Member] extends Date ? string : Dto[Member] };

export type RecentFailure = Kept<RecentFailureDto>;
export type CommonError = Kept<CommonErrorDto>;
export type ReportedPattern = Kept<ReportedPatternDto>;

/** All that a report is made of, as it was when it was made: it is kept with the report. */
export interface ReportInputs {
  platform: string;
  environment: string;
  from: string;
  to: string;
  health: HealthInputs;
  thresholds: HealthThresholds;
  before: SyncNumbers;
  recentFailures: RecentFailure[];
  commonErrors: CommonError[];
  patterns: ReportedPattern[];
}
