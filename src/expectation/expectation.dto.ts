import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { IntersectionType } from '@nestjs/swagger';
import { ByPrincipal } from '#access';
import { MeantTargetDto, PageDto, PageQuery, PlatformQuery, RequesterDto, TargetDto } from '#http';
import { type Trigger, TRIGGERS } from '#platform';
import { type Direction, DIRECTIONS } from '#recording';
import { MayBeLeftOut, Text, TrueOrFalse } from '#validation';
import type { CheckOutcome } from './expectation-checks.ts';

/** 31 days. */
const MAX_WITHIN_MS = 31 * 24 * 3_600_000;

/** Which expectation is meant. */
export class ExpectationParams {
  /**
   * Id of the expectation, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** Which expectations are listed. */
export class ExpectationsQuery extends IntersectionType(PlatformQuery, PageQuery) {
  /** Lists only expectations of this environment. */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  /** Lists only expectations that are in force (true), or only expectations that have ended (false). */
  @MayBeLeftOut()
  @TrueOrFalse()
  inForce?: boolean;
}

/** Which syncs have to succeed at a target, by when, and why. */
export class ExpectationRequestDto extends MeantTargetDto {
  /**
   * Name that health and alerts show, 1 to 100 characters. Expectations in force at a target have different names.
   * @example 'nightly'
   */
  @Text(100)
  name: string;

  /** Direction of the syncs that count: `PUSH` or `PULL`. */
  @MayBeLeftOut()
  @IsIn(DIRECTIONS)
  direction: Direction = 'PUSH';

  /**
   * Counts only syncs of this user or system.
   * @example 'nightly'
   */
  @MayBeLeftOut()
  @Text()
  actor?: string;

  /** Counts only syncs with this trigger. */
  @MayBeLeftOut()
  @IsIn(TRIGGERS)
  trigger?: Trigger;

  /** Counts only syncs of items of this kind, such as `contentType`. */
  @MayBeLeftOut()
  @Text(100)
  kind?: string;

  /** Counts only syncs of the content type with this key. */
  @MayBeLeftOut()
  @Text()
  typeKey?: string;

  /** Minimum number of syncs that have to succeed, 1 to 1,000,000. A call with 80 content types makes 80 syncs. */
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  atLeast: number = 1;

  /**
   * Times by which the syncs have to have succeeded: a cron expression of minute, hour, day of month, month and day of week.
   * @example '30 2 * * *'
   */
  @Text(100)
  by: string;

  /**
   * Time zone by whose clocks the syncs are due: a name from the IANA database.
   * @example 'Europe/Berlin'
   */
  @MayBeLeftOut()
  @Text(100)
  timeZone: string = 'UTC';

  /**
   * Milliseconds before each of these times in which syncs count, from a minute to 31 days.
   * @example 14400000
   */
  @IsInt()
  @Min(60_000)
  @Max(MAX_WITHIN_MS)
  withinMs: number;

  /**
   * Free text about the reason for the expectation, 1 to 2,000 characters.
   * @example 'The editors start at three with the types of the day'
   */
  @Text(2_000)
  reason: string;

  /**
   * User or system that creates the expectation, 1 to 255 characters.
   * @example 'jane@example.com'
   */
  @ByPrincipal()
  @Text()
  createdBy: string;
}

/** Why an expectation ends. */
export class ExpectationEndDto extends RequesterDto {
  /**
   * Free text about the reason to end the expectation, 1 to 2,000 characters.
   * @example 'The nightly job is gone'
   */
  @Text(2_000)
  reason: string;
}

/** What was found when an expectation was due. */
export class ExpectationCheckDto {
  /** Time at which the expectation was due (exclusive). */
  dueAt: Date;
  /** Time from which syncs counted for this check (inclusive). */
  countsFrom: Date;
  /** Time at which the expectation is due again; syncs that succeed before it can make the check `LATE`. */
  nextDueAt: Date;
  /**
   * Result of the check: `MET`, `MISSED` (no sync counted), `TOO_FEW` (fewer than expected), or `LATE` (one of these two, and
   * fulfilled afterwards, before it was due again).
   */
  outcome: CheckOutcome;
  /** Number of syncs that counted when the expectation was due. */
  counted: number;
  /** Id of the first sync that counted; null when none did. */
  firstSyncId: string | null;
  /** Id of the last sync that counted; null when none did. */
  lastSyncId: string | null;
  /** Time at which the service made the check. */
  checkedAt: Date;
  /** End of the sync that fulfilled the expectation afterwards; null except for `LATE`. */
  lateAt: Date | null;
  /** Id of the sync that fulfilled the expectation afterwards; null except for `LATE`. */
  lateSyncId: string | null;
}

/** Syncs that have to succeed at a target by a time, again and again. */
export class ExpectationDto extends TargetDto {
  /** Id of the expectation, a UUIDv7. */
  id: string;
  /** Name of the expectation, as health and alerts show it. */
  name: string;
  /** Direction of the syncs that count for the expectation. */
  direction: Direction;
  /** User or system whose syncs count; null for all. */
  actor: string | null;
  /** Trigger of the syncs that count; null for all. */
  trigger: Trigger | null;
  /** Kind of the items whose syncs count; null for all. */
  kind: string | null;
  /** Key of the content type whose syncs count; null for all. */
  typeKey: string | null;
  /** Minimum number of syncs that have to succeed. */
  atLeast: number;
  /** Cron expression that names the times at which the expectation is due. */
  by: string;
  /** Time zone by whose clocks the expectation is due. */
  timeZone: string;
  /** Milliseconds before the due time in which syncs count. */
  withinMs: number;
  /** Free text about the reason for the expectation. */
  reason: string;
  /** User or system that created the expectation. */
  createdBy: string;
  /** Time when the expectation was created. */
  createdAt: Date;
  /** Time when the expectation ended; null while it is in force. */
  endedAt: Date | null;
  /** User or system that ended the expectation; null while it is in force. */
  endedBy: string | null;
  /** Free text about the reason for the end of the expectation; null while it is in force. */
  endReason: string | null;
  /** Time of the next check; null after the end of the expectation. */
  nextAt: Date | null;
  /** Newest check; null before the first. */
  lastCheck: ExpectationCheckDto | null;
}

export class ExpectationPageDto extends PageDto {
  /** Expectations of the page, newest first. */
  items: ExpectationDto[];
}

export class ExpectationCheckPageDto extends PageDto {
  /** Checks of the page, newest first. */
  items: ExpectationCheckDto[];
}
