import { evaluateHealth, type Health, type HealthInputs, type HealthThresholds } from './health.ts';
import { recommend, type Recommendation } from './health-report.rules.ts';
import type { SyncNumbers } from './sync-numbers.ts';

/** Counts up whenever the same inputs would give another report. */
export const ALGORITHM = 1;

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
  algorithm: number;
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

export interface HealthReport {
  platform: string;
  environment: string;
  window: { from: string; to: string };
  health: Health;
  cause: string;
  /** 0 to 1; null when nothing was settled. */
  successRate: number | null;
  /** Milliseconds; null when nothing was settled. */
  averageDuration: number | null;
  numbers: SyncNumbers;
  before: SyncNumbers;
  recentFailures: RecentFailure[];
  commonErrors: CommonError[];
  patterns: ReportedPattern[];
  inDoubt: HealthInputs['inDoubt'];
  differences: HealthInputs['differences'];
  lastSyncAt: string | null;
  recommendations: Recommendation[];
}

/** A pure function of its inputs: whoever reads a report again reads the same. */
export function reportOf(inputs: ReportInputs): HealthReport {
  const { platform, environment, from, to, health, before, recentFailures, commonErrors, patterns } = inputs;
  const windowHours = Math.round((Date.parse(to) - Date.parse(from)) / 360_000) / 10;
  const judgement = evaluateHealth(health, { ...inputs.thresholds, windowHours });
  return {
    ...{ platform, environment, window: { from, to } },
    health: judgement.health,
    cause: judgement.cause,
    successRate: health.numbers.successRate,
    averageDuration: health.numbers.duration.mean,
    ...{ numbers: health.numbers, before, recentFailures, commonErrors, patterns },
    ...{ inDoubt: health.inDoubt, differences: health.differences, lastSyncAt: health.lastSyncAt },
    recommendations: recommend(inputs, judgement),
  };
}
