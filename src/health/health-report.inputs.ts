import type { SyncNumbers } from '#statistics';
import type { HealthInputs, HealthThresholds } from './health.ts';

export interface RecentFailure {
  syncId: string;
  typeKey: string;
  errorCode: string | null;
  errorMessage: string | null;
  at: string;
}

export interface CommonError {
  fingerprint: string;
  errorCode: string;
  message: string;
  count: number;
  share: number;
  state: string;
  typeKeys: string[];
  evidence: string[];
}

export interface ReportedPattern {
  shape: string;
  summary: string;
  count: number;
  typeKeys: string[];
  firstSeen: string;
  lastSeen: string;
  evidence: string[];
}

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
