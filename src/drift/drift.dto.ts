import { ArrayMaxSize, ArrayMinSize, IsArray, IsUUID, Matches, MaxLength, MinDate } from 'class-validator';
import { IntersectionType } from '@nestjs/swagger';
import { MeantTargetDto, PageDto, PageQuery, PlatformQuery, RequesterDto, TargetDto } from '#http';
import { MayBeLeftOut, Text, Timestamp, TrueOrFalse } from '#validation';

const JSON_POINTER = /^(?:\/(?:[^~/\p{Cc}\p{Cs}]|~[01])*)*$/u;
const MAX_POINTER = 1_000;

/** Which rule is meant. */
export class DriftRuleParams {
  /**
   * Id of the rule, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** Which rules are listed. */
export class DriftRulesQuery extends IntersectionType(PlatformQuery, PageQuery) {
  /** Lists only rules of this environment. */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  /** Lists only rules that are in force now (true), or only rules that have ended (false). */
  @MayBeLeftOut()
  @TrueOrFalse()
  inForce?: boolean;
}

/** Which changes on a platform are expected, until when and why. */
export class DriftRuleRequestDto extends IntersectionType(MeantTargetDto, RequesterDto) {
  /**
   * Kind of the item that the key names: `contentType`, or another kind of the platform.
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind: string = 'contentType';

  /**
   * Key of the content type. Without it, the rule is for every item of the kind.
   * @example 'Article'
   */
  @MayBeLeftOut()
  @Text()
  typeKey?: string;

  /**
   * JSON Pointers (RFC 6901) of the values that somebody may change on the platform, with everything below them. `""` stands
   * for the whole item, its deletion included.
   * @example ['/displayName']
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @Matches(JSON_POINTER, {
    each: true,
    message: 'each value in $property must be a JSON Pointer, such as /displayName',
  })
  @MaxLength(MAX_POINTER, { each: true })
  ignore: string[];

  /**
   * End of the rule; it must be in the future.
   * @example '2090-01-01T00:00:00Z'
   */
  @Timestamp()
  @MinDate(() => new Date(), { message: '$property must be in the future' })
  until: Date;

  /**
   * Free text about the reason for the rule, 1 to 2,000 characters.
   * @example 'Marketing tries another name until the relaunch'
   */
  @Text(2_000)
  reason: string;
}

/** Why a rule ends before its time. */
export class DriftRuleEndDto extends RequesterDto {
  /**
   * Free text about the reason for the end, 1 to 2,000 characters.
   * @example 'The relaunch is done'
   */
  @Text(2_000)
  reason: string;
}

/** A rule by which drift at a target is expected. */
export class DriftRuleDto extends TargetDto {
  /** Id of the rule, a UUIDv7. */
  id: string;
  /** Kind of the items of the rule. */
  kind: string;
  /** Key of the content type; null for a rule for every item of the kind. */
  typeKey: string | null;
  /** JSON Pointers of the values that somebody may change on the platform. */
  ignore: string[];
  /** Time until which the rule is in force, unless somebody ends it before. */
  until: Date;
  /** Free text about the reason for the rule. */
  reason: string;
  /** User or system that created the rule. */
  actor: string;
  /** Time when the rule was created. */
  createdAt: Date;
  /** Time when somebody ended the rule before its time; null when nobody did. */
  endedAt: Date | null;
  /** User or system that ended the rule; null when nobody did. */
  endedBy: string | null;
  /** Free text about the reason for the end; null when nobody ended the rule. */
  endReason: string | null;
}

export class DriftRulePageDto extends PageDto {
  /** Rules of the page, newest first. */
  items: DriftRuleDto[];
}
