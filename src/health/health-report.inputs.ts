import type { SyncNumbers } from '#statistics';
import type { CommonErrorDto, RecentFailureDto, ReportedPatternDto } from './health-report.dto.ts';
import {
  type Evidence,
  type HealthInputs,
  type HealthThresholds,
  NONE_UNMET,
  type OutOfSyncCounts,
  type UnmetExpectations,
} from './health.ts';

/** A part of an answer as it is kept: times are ISO 8601 texts. */
type Kept<Dto> = { [Member in keyof Dto]: Dto[Member] extends Date ? string : Dto[Member] };

export type RecentFailure = Kept<RecentFailureDto>;
export type CommonError = Kept<CommonErrorDto>;
export type ReportedPattern = Kept<ReportedPatternDto>;

/** Numbers as they are kept: those of a report from before outcomes were counted have none. */
export type KeptNumbers = Omit<SyncNumbers, 'outcomes'> & { outcomes: SyncNumbers['outcomes'] | null };

/** All that a report is made of, as it was when it was made: it is kept with the report. */
export interface ReportInputs {
  platform: string;
  environment: string;
  from: string;
  to: string;
  health: HealthInputs<KeptNumbers>;
  thresholds: HealthThresholds;
  before: KeptNumbers;
  recentFailures: RecentFailure[];
  commonErrors: CommonError[];
  patterns: ReportedPattern[];
}

type StoredNumbers = Omit<KeptNumbers, 'outcomes'> & Partial<KeptNumbers>;

/** What earlier reports lack, and what they have in its place: counts of syncs. */
interface StoredHealth
  extends Omit<HealthInputs<StoredNumbers>, keyof OutOfSyncCounts | 'unmet'>, Partial<OutOfSyncCounts> {
  unmet?: UnmetExpectations;
  inDoubt?: Evidence;
  differences?: Evidence;
}

interface StoredInputs extends Omit<ReportInputs, 'health' | 'before'> {
  health: StoredHealth;
  before: StoredNumbers;
}

/** The inputs of a stored report, in the form of today. */
export function readInputs(text: string): ReportInputs {
  const { health: stored, before, ...inputs } = JSON.parse(text) as StoredInputs;
  const { inDoubt = null, differences = null, ...health } = stored;
  const {
    drift = differences,
    absent = null,
    unknown = inDoubt,
    observedAt = null,
    numbers,
    unmet = NONE_UNMET,
  } = health;
  return {
    ...inputs,
    health: { ...health, ...{ drift, absent, unknown, observedAt, unmet }, numbers: readNumbers(numbers) },
    before: readNumbers(before),
  };
}

function readNumbers({ outcomes = null, ...numbers }: StoredNumbers): KeptNumbers {
  return { ...numbers, outcomes };
}
