import { Matches, MinDate } from 'class-validator';
import { WindowDto } from '#history';
import { Moment, Text } from '#validation';
import type { FingerprintState } from './failure-pattern.service.ts';
import type { FailureShape } from './failure-patterns.ts';

/** Which error is meant. */
export class FingerprintParams {
  /**
   * 16 hexadecimal digits.
   * @example '18ed84029078e4bb'
   */
  @Matches(/^[0-9a-f]{16}$/, { message: '$property must be 16 hexadecimal digits' })
  fingerprint: string;
}

/** For how long an error raises no pattern, and why. */
export class MuteRequestDto {
  /**
   * Until when; in the future.
   * @example '2090-01-01T00:00:00Z'
   */
  @Moment()
  @MinDate(() => new Date(), { message: '$property must be in the future' })
  until: Date;

  /**
   * Why.
   * @example 'The vendor knows; ticket 4711'
   */
  @Text(2_000)
  reason: string;

  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;
}

/** An error that is known and raises no pattern for a time. */
export class MuteDto {
  /** Until when. */
  until: Date;
  /** Why. */
  reason: string;
  /** Who said so. */
  actor: string;
}

export class TrendDto {
  /** How often it came in the time before, as long as this one. */
  before: number;
  /** The change as a share of that: 0.5 is half as often again; null where it did not come before. */
  change: number | null;
}

/** Something that changed between the last success of a type and its first failure with an error. */
export class SuspectDto {
  /** The content type. */
  typeKey: string;
  /** What changed. */
  what: 'version' | 'configuration' | 'forced' | 'trigger' | 'actor';
  /** Where in the definition, or in the metadata, as JSON Pointer (RFC 6901); null for what has no place. */
  path: string | null;
  /** What was there; null for nothing, and for what is too long. */
  before: unknown;
  /** What is there; null for nothing, and for what is too long. */
  after: unknown;
  /** Whether the message of the error names it. */
  isNamed: boolean;
  /** The last sync that succeeded. */
  lastSuccess: string;
  /** The first sync that failed. */
  firstFailure: string;
}

/** Failures that differ only in ids, numbers and names. */
export class ErrorFingerprintDto {
  /** 16 hexadecimal digits. */
  fingerprint: string;
  /** Stable code of the error; `UNKNOWN` where none was said. */
  errorCode: string;
  /** HTTP status of the platform's answer. */
  statusCode: number | null;
  /** What went wrong; `…` stands for what differs from sync to sync. */
  message: string;
  /** The first time ever, as far as the history goes. */
  firstSeen: Date;
  /** The last time. */
  lastSeen: Date;
  /** How often. */
  count: number;
  /** Of all failures of the time, 0 to 1. */
  share: number;
  /** The content types it came with. */
  typeKeys: string[];
  /** The environments it came with. */
  environments: string[];
  /** Compared with the time before. */
  trend: TrendDto;
  /** `resolved`: all its types succeeded since; `new`: never seen before; `recurring`: seen, but long ago; `ongoing`. */
  state: FingerprintState;
  /** Whether it raises no pattern, until when, and why. */
  muted: MuteDto | null;
  /** Ids of its newest syncs, at most 10. */
  evidence: string[];
  /** What changed before it first came, the likeliest first, at most 10; for the most frequent that were never seen before. */
  suspects: SuspectDto[];
}

/** Something that happened to the syncs of one place, told once. */
export class FailurePatternDto {
  /** What it looks like. */
  shape: FailureShape;
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** The content types concerned. */
  typeKeys: string[];
  /** The code of most of its errors; null where there is no one code. */
  errorCode: string | null;
  /** The fingerprint of most of its errors; null where there is no one. */
  fingerprint: string | null;
  /** When its first sync started. */
  firstSeen: Date;
  /** When its last sync started. */
  lastSeen: Date;
  /** Its syncs. */
  count: number;
  /** Ids of its syncs, at most 10, spread over it. */
  evidence: string[];
  /** In a sentence. */
  summary: string;
}

export class FailuresDto {
  /** The time that is covered. */
  window: WindowDto;
  /** The errors, the most frequent first, at most 200. */
  fingerprints: ErrorFingerprintDto[];
  /** What is wrong with each platform and environment, by its begin. */
  patterns: FailurePatternDto[];
}
