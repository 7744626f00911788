import { IsUUID, MinDate } from 'class-validator';
import { IntersectionType } from '@nestjs/swagger';
import { MeantTargetDto, PageDto, PageQuery, RequesterDto, TargetDto } from '#http';
import { MayBeLeftOut, Text, Timestamp, TrueOrFalse } from '#validation';

/** Which freeze is meant. */
export class FreezeParams {
  /**
   * Id of the freeze, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** Which freezes are listed; everything given must hold. */
export class FreezePageQuery extends PageQuery {
  /**
   * Name of the platform, such as `optimizely`.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;

  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  /** Lists only freezes that have not ended, also those that have not begun (true), or only the others (false). */
  @MayBeLeftOut()
  @TrueOrFalse()
  open?: boolean;
}

/** When nothing may be sent to a target, and why. */
export class FreezeRequestDto extends IntersectionType(MeantTargetDto, RequesterDto) {
  /**
   * Begin of the freeze; now by default.
   * @example '2089-12-20T00:00:00Z'
   */
  @MayBeLeftOut()
  @Timestamp()
  from?: Date;

  /**
   * End of the freeze; it must be in the future, and after the begin.
   * @example '2090-01-06T00:00:00Z'
   */
  @Timestamp()
  @MinDate(() => new Date(), { message: '$property must be in the future' })
  until: Date;

  /**
   * Free text about the reason for the freeze, 1 to 2,000 characters.
   * @example 'Christmas trade'
   */
  @Text(2_000)
  reason: string;
}

/** Why a freeze ends before its time. */
export class FreezeEndDto extends RequesterDto {
  /**
   * Free text about the reason for the end, 1 to 2,000 characters.
   * @example 'A mistake in the shop must be mended'
   */
  @Text(2_000)
  reason: string;
}

/** An interval in which nothing is sent to a target. */
export class FreezeDto extends TargetDto {
  /** Id of the freeze, a UUIDv7. */
  id: string;
  /** Begin of the freeze. */
  from: Date;
  /** End of the freeze, unless somebody ends it before. */
  until: Date;
  /** Free text about the reason for the freeze. */
  reason: string;
  /** User or system that created the freeze. */
  actor: string;
  /** Time when the freeze was created. */
  createdAt: Date;
  /** Time when somebody ended the freeze before its time; null when nobody did. */
  endedAt: Date | null;
  /** User or system that ended the freeze; null when nobody did. */
  endedBy: string | null;
  /** Free text about the reason for the end; null when nobody ended the freeze. */
  endReason: string | null;
}

export class FreezePageDto extends PageDto {
  /** Freezes of the page, newest first. */
  items: FreezeDto[];
}
