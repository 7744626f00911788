import { RequesterDto, TargetDto } from '#http';
import { Matches, MinDate } from 'class-validator';
import { PickType } from '@nestjs/swagger';
import { CoveredIntervalDto } from '#history';
import { FINGERPRINT } from '#recording';
import { AnalyticsQuery } from '#statistics';
import { Documented, Text, Timestamp } from '#validation';
import { FILTER_NAMES } from './failures-filter.ts';

/** What failures look like together; a failure belongs to one pattern at the most. */
export const SHAPES = [
  'outage',
  'always-failing',
  'burst',
  'rate-limiting',
  'authentication',
  'data-loss',
  'timeouts',
  'slowness',
  'flapping',
  'retry-decay',
] as const;
export type FailureShape = (typeof SHAPES)[number];

export const FINGERPRINT_STATES = ['new', 'ongoing', 'resolved', 'recurring'] as const;
/**
 * `resolved`: every affected type succeeded after it; else `new`: it was never seen before the interval; `recurring`: it was,
 * but then not for as long as the interval is; `ongoing`: all others.
 */
export type FingerprintState = (typeof FINGERPRINT_STATES)[number];

/** Among which syncs failures are looked for, and when they started. The last 24 hours by default. */
export class FailuresQuery extends PickType(AnalyticsQuery, [
  ...FILTER_NAMES,
  ...(['targetPlatform', 'startDate', 'endDate', 'last', 'dateRange', 'timeZone'] as const),
] as const) {}

/** Which error is meant. */
export class FingerprintParams {
  /**
   * Fingerprint of the error: 16 hexadecimal digits.
   * @example '18ed84029078e4bb'
   */
  @Documented({ pattern: FINGERPRINT.source })
  @Matches(FINGERPRINT, { message: '$property must be 16 hexadecimal digits' })
  fingerprint: string;
}

/** For how long an error raises no pattern, and why. */
export class MuteRequestDto extends RequesterDto {
  /**
   * End of the mute; it must be in the future.
   * @example '2090-01-01T00:00:00Z'
   */
  @Timestamp()
  @MinDate(() => new Date(), { message: '$property must be in the future' })
  until: Date;

  /**
   * Free text about the reason for the mute, 1 to 2,000 characters.
   * @example 'The vendor knows; ticket 4711'
   */
  @Text(2_000)
  reason: string;
}

/** An error that is known and raises no pattern for a time. */
export class MuteDto {
  /** Time when the mute ends. */
  until: Date;
  /** Free text about the reason for the mute. */
  reason: string;
  /** User or system that muted the error. */
  actor: string;
}

export class TrendDto {
  /** Number of syncs with this error in the previous interval of the same length. */
  before: number;
  /** Relative change from the previous interval: 0.5 is 50 % more. Null when the error did not occur before. */
  change: number | null;
}

/** Something that changed between the last success of a type and its first failure with an error. */
export class SuspectDto {
  /** Key of the content type that changed. */
  typeKey: string;
  /** Type of the change: version, configuration, force, trigger or actor. */
  what: 'version' | 'configuration' | 'forced' | 'trigger' | 'actor';
  /**
   * Path of the change in the definition or the metadata, as JSON Pointer (RFC 6901); null for a change without a path.
   */
  path: string | null;
  /** Value before the change; null when there was none, or when it is too long. */
  before: unknown;
  /** Value after the change; null when there is none, or when it is too long. */
  after: unknown;
  /** True when the error message names the change. */
  isNamed: boolean;
  /** Id of the last sync that succeeded before the error. */
  lastSuccess: string;
  /** Id of the first sync that failed with the error. */
  firstFailure: string;
}

/** Failures that differ only in ids, numbers and names. */
export class ErrorFingerprintDto {
  /** Fingerprint of the error: 16 hexadecimal digits. */
  fingerprint: string;
  /** Stable code of the error; `UNKNOWN` when the syncs have none. */
  errorCode: string;
  /** HTTP status code of the platform's answer. */
  statusCode: number | null;
  /** Message of the error; `…` replaces the parts that differ between syncs. */
  message: string;
  /** Time of the first sync with this error in the whole history. */
  firstSeen: Date;
  /** Time of the last sync with this error. */
  lastSeen: Date;
  /** Number of syncs with this error. */
  count: number;
  /** Share of this error in all failures of the interval, 0 to 1. */
  share: number;
  /** Keys of the content types that had this error. */
  typeKeys: string[];
  /** Environments that had this error. */
  environments: string[];
  /** Comparison with the previous interval of the same length. */
  trend: TrendDto;
  /**
   * State of the error: `new` (first seen in this interval), `ongoing`, `recurring` (seen long ago and again now), or
   * `resolved` (all its content types have succeeded since).
   */
  state: FingerprintState;
  /** Mute of the error; null when the error is not muted. */
  muted: MuteDto | null;
  /** Ids of the newest syncs with this error, at most 10. */
  evidence: string[];
  /**
   * Changes shortly before the first failure, the most likely first, at most 10. Only the most frequent new errors have
   * them.
   */
  suspects: SuspectDto[];
}

/** Something that happened to the syncs of one target, told once. */
export class FailurePatternDto extends TargetDto {
  /** Shape of the pattern, such as `outage` or `burst`. */
  shape: FailureShape;
  /** Keys of the content types in the pattern. */
  typeKeys: string[];
  /** Code of most errors in the pattern; null when no code is the most common. */
  errorCode: string | null;
  /** Fingerprint of most errors in the pattern; null when no fingerprint is the most common. */
  fingerprint: string | null;
  /** Start of the first sync of the pattern. */
  firstSeen: Date;
  /** Start of the last sync of the pattern. */
  lastSeen: Date;
  /** Number of syncs in the pattern. */
  count: number;
  /** Ids of at most 10 syncs, spread over the pattern. */
  evidence: string[];
  /** Summary of the pattern in one sentence. */
  summary: string;
}

export class FailuresDto {
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
  /** Errors, the most frequent first, at most 200. */
  fingerprints: ErrorFingerprintDto[];
  /** Patterns among the failures of each target, sorted by their start. */
  patterns: FailurePatternDto[];
}
