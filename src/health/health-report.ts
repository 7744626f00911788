import { recommend, type Recommendation } from './health-report.rules.ts';
import type { CommonError, KeptNumbers, RecentFailure, ReportedPattern, ReportInputs } from './health-report.inputs.ts';
import { evaluateHealth, type Health, type OutOfSyncCounts } from './health.ts';

/** The longest interval of a report, in milliseconds: 366 days. */
export const MAX_REPORT_MS = 366 * 24 * 3_600_000;

export interface HealthReport extends OutOfSyncCounts {
  platform: string;
  environment: string;
  window: { from: string; to: string };
  health: Health;
  cause: string;
  /** 0 to 1; null when nothing was settled. */
  successRate: number | null;
  /** Milliseconds; null when nothing was settled. */
  averageDuration: number | null;
  numbers: KeptNumbers;
  before: KeptNumbers;
  recentFailures: RecentFailure[];
  commonErrors: CommonError[];
  patterns: ReportedPattern[];
  lastSyncAt: string | null;
  recommendations: Recommendation[];
}

/** What follows from the inputs; it is kept with them, so that other rules later do not change what was said. */
export type ReportConclusion = Pick<HealthReport, 'health' | 'cause' | 'recommendations'>;

/** A pure function: the same inputs give the same conclusion. */
export function conclude(inputs: ReportInputs): ReportConclusion {
  const windowHours = Math.round((Date.parse(inputs.to) - Date.parse(inputs.from)) / 360_000) / 10;
  const judgement = evaluateHealth(inputs.health, { ...inputs.thresholds, windowHours });
  const { health, cause } = judgement;
  return { health, cause, recommendations: recommend(inputs, judgement) };
}

export function reportOf(inputs: ReportInputs, conclusion: ReportConclusion): HealthReport {
  const { platform, environment, from, to, health, before, recentFailures, commonErrors, patterns } = inputs;
  const { drift, absent, unknown, observedAt, lastSyncAt } = health;
  return {
    ...{ platform, environment, window: { from, to } },
    ...conclusion,
    successRate: health.numbers.successRate,
    averageDuration: health.numbers.duration.mean,
    ...{ numbers: health.numbers, before, recentFailures, commonErrors, patterns },
    ...{ drift, absent, unknown, observedAt, lastSyncAt },
  };
}
