import { IsUUID } from 'class-validator';
import { IntersectionType } from '@nestjs/swagger';
import { MeantTargetDto, PageDto, PageQuery, PlatformQuery, RequesterDto, TargetDto } from '#http';
import { MayBeLeftOut, Text, TrueOrFalse } from '#validation';
import type { Watch } from './watches.ts';

/** Which watch is meant. */
export class WatchParams {
  /**
   * Id of the watch, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** Which watches are listed. */
export class WatchesQuery extends IntersectionType(PlatformQuery, PageQuery) {
  /** Lists only watches of this environment. */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  /** Lists only watches that are in force (true), or only watches that have ended (false). */
  @MayBeLeftOut()
  @TrueOrFalse()
  inForce?: boolean;
}

/** Which target is pulled again and again, when and why. */
export class WatchRequestDto extends IntersectionType(MeantTargetDto, RequesterDto) {
  /**
   * Times of the pulls: a cron expression of minute, hour, day of month, month and day of week.
   * @example '0 3 * * *'
   */
  @Text(100)
  cron: string;

  /**
   * Time zone by whose clocks the pulls come: a name from the IANA database.
   * @example 'Europe/Berlin'
   */
  @MayBeLeftOut()
  @Text(100)
  timeZone: string = 'UTC';

  /**
   * Free text shown on each pull of the watch, 1 to 2,000 characters.
   * @example 'Find edits in the CMS before the morning'
   */
  @Text(2_000)
  reason: string;
}

/** Why a watch ends. */
export class WatchEndDto extends RequesterDto {
  /**
   * Free text about the reason to end the watch, 1 to 2,000 characters.
   * @example 'The environment is shut down'
   */
  @Text(2_000)
  reason: string;
}

export class WatchErrorDto {
  /** Stable code of the problem, for programs. */
  code: string;
  /** Description of the problem that ended the pull. */
  message: string;
}

/** One pull of a watch. */
export class WatchRunDto {
  /** Time at which the pull was due. A pull that was missed begins later. */
  dueAt: Date;
  /** Time at which the pull began. */
  startedAt: Date;
  /** Time at which the pull ended. */
  endedAt: Date;
  /** Id of the call; the history lists its syncs. A pull that was refused before its start has none there. */
  callId: string;
  /** Number of items that were not the same and that no drift rule expected; null when the pull failed. */
  differences: number | null;
  /** Number of items that were not the same, as drift rules expected; null when the pull failed. */
  accepted: number | null;
  /** Reason for which the pull failed; null when it succeeded. */
  error: WatchErrorDto | null;
}

/** A recurring pull of everything that a target has. */
export class WatchDto extends TargetDto {
  /** Id of the watch, a UUIDv7. */
  id: string;
  /** Cron expression that names the times of the pulls. */
  cron: string;
  /** Time zone by whose clocks the watch runs. */
  timeZone: string;
  /** Origin of the watch: a request (`API`), or the variable `WATCH` (`CONFIGURATION`). */
  source: Watch['source'];
  /** Free text about the reason for the watch. */
  reason: string;
  /** User or system that created the watch; its pulls have the same actor. */
  actor: string;
  /** Time when the watch was created. */
  createdAt: Date;
  /** Time when the watch ended; null while it is in force. */
  endedAt: Date | null;
  /** User or system that ended the watch; null while it is in force. */
  endedBy: string | null;
  /** Free text about the reason for the end of the watch; null while it is in force. */
  endReason: string | null;
  /** Time of the next pull; null after the end of the watch, and while a pull runs. */
  nextAt: Date | null;
  /** Time since when a pull of the watch runs; null when none does, and after the end of the watch. */
  runningSince: Date | null;
  /** Newest pull that ended; null before the first. */
  lastRun: WatchRunDto | null;
}

export class WatchPageDto extends PageDto {
  /** Watches of the page, newest first. */
  items: WatchDto[];
}
