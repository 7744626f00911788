import { IntersectionType } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsUUID, Matches, MaxDate } from 'class-validator';
import { ByPrincipal } from '#access';
import { PageDto, PageQuery, RequesterDto, TargetDto, TargetRequestDto } from '#http';
import { MayBeLeftOut, Name, Nested, Text, Timestamp } from '#validation';
import { DeploymentRef } from './deployment-number.ts';
import type { PlanAction } from './plan.ts';
import { type Approval, APPROVALS } from './plans.ts';

/** Which plan is meant. */
export class PlanParams {
  /**
   * Id of the plan, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** One content type to be sent. */
export class ItemRequestDto {
  /**
   * Key of the content type.
   * @example 'Article'
   */
  @Name()
  typeKey: string;

  /**
   * Kind of the item that the key names; `contentType` by default.
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind?: string;

  /** Hash of the version to send. By default, the latest version, or the version of the source. */
  @MayBeLeftOut()
  @Text()
  versionHash?: string;
}

/** What a target is to have, where, and why. */
export class PlanRequestDto extends IntersectionType(TargetRequestDto, RequesterDto) {
  /**
   * Free text shown with the plan and its deployment, 1 to 2,000 characters.
   * @example 'Spring menu'
   */
  @MayBeLeftOut()
  @Text(2_000)
  reason?: string;

  /** Allows changes that lose data, and needs a `reason`. A plan with such changes cannot be deployed without it. */
  @MayBeLeftOut()
  @IsBoolean()
  force?: boolean;

  /**
   * Content types of the plan. By default, everything that the source has.
   * @example [{ "typeKey": "Article" }]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => ItemRequestDto)
  items?: ItemRequestDto[];

  /** Root hash of the catalogue that is meant. The request is refused if the catalogue has another root now. */
  @MayBeLeftOut()
  @Matches(/^[0-9a-f]{64}$/, { message: '$property must be a root hash, 64 hexadecimal digits' })
  root?: string;

  /** Id or number of an earlier deployment, to send again what it sent. */
  @MayBeLeftOut()
  @DeploymentRef()
  deployment?: string;

  /** Id or number of an earlier deployment of the same target, to restore what stood there before. */
  @MayBeLeftOut()
  @DeploymentRef()
  rollbackOf?: string;

  /** Another environment of the platform, to send what it has: a promotion. */
  @MayBeLeftOut()
  @Text()
  fromEnvironment?: string;

  /** Time in the past, to send what `fromEnvironment`, or the target itself, had then. */
  @MayBeLeftOut()
  @Timestamp()
  @MaxDate(() => new Date(), { message: '$property must be in the past' })
  at?: Date;

  /**
   * Deletes what the target has and the source does not; in a rollback, what the deployment created. Only for platforms that
   * can delete.
   */
  @MayBeLeftOut()
  @IsBoolean()
  deletes?: boolean;
}

/** Who approves or refuses a plan, and why. */
export class DecisionDto extends RequesterDto {
  /**
   * Free text shown with the plan, 1 to 2,000 characters.
   * @example 'Reviewed with the shop team'
   */
  @Text(2_000)
  reason: string;

  /**
   * User or system that decides, 1 to 255 characters. Another one than the author approves.
   * @example 'tom@example.com'
   */
  @ByPrincipal()
  @Text()
  override actor: string;
}

/** Which plans are listed; everything given must hold. */
export class PlanPageQuery extends PageQuery {
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

  /** Lists only plans in this state of approval. */
  @MayBeLeftOut()
  @IsIn(APPROVALS)
  approval?: Approval;
}

/** A content type by its key. */
export class ItemRefDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
}

/** What stood at the target when the plan was made. */
export class SeenStateDto {
  /** `PRESENT`, `ABSENT`, or `UNKNOWN`. */
  state: 'PRESENT' | 'ABSENT' | 'UNKNOWN';
  /** Hash of the version that stood there; null when there was none, or it is not known. */
  versionHash: string | null;
  /** Id of the sync that shows it; null when the record knows nothing of the item. */
  syncId: string | null;
}

/** A change that somebody made at the target, beside the deployments. */
export class PlannedDriftDto {
  /** Hash of the version that was put there last. */
  expectedHash: string;
  /** User who made the change; null when the platform does not tell. */
  changedBy: string | null;
  /** Time of the change, as the platform tells it; null when it does not. */
  changedAt: string | null;
}

/** What stands at the target in place of what the deployment put there. */
export class NewerStateDto extends ItemRefDto {
  /** State of the item at the target: `PRESENT`, `ABSENT`, or `UNKNOWN`. */
  state: 'PRESENT' | 'ABSENT' | 'UNKNOWN';
  /** Hash of the version that stands there now; null when there is none, or it is not known. */
  versionHash: string | null;
  /** True when somebody changed it on the platform itself. */
  drift: boolean;
  /** Id of the newer deployment; null when no deployment made the change. */
  deploymentId: string | null;
  /** Id of the sync that made the change, or that saw it on the platform. */
  syncId: string;
  /** User or system that made the change; null when the platform does not tell. */
  changedBy: string | null;
  /** Time of the change, or when it was first seen. */
  changedAt: Date;
}

/** What a deployment of the plan does with one content type. */
export class PlannedItemDto extends ItemRefDto {
  /**
   * `CREATE`, `UPDATE` and `DELETE` are sent. `UNCHANGED` stands there already. The target keeps what is `RETIRED` in the
   * catalogue, what only the target has (`KEPT`), and what belongs to the platform itself (`BUILT_IN`).
   */
  action: PlanAction;
  /** Hash of the version to send; null when none is sent. */
  versionHash: string | null;
  /** Hash of the version that stands at the target; null when there is none, or it is not known. */
  previousHash: string | null;
  /** What was seen at the target. */
  seen: SeenStateDto;
  /** Impact of the change on existing content; null when the content at the target is no version that the service knows. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none' | null;
  /** Number of changed values; null when the content at the target is no version that the service knows. */
  changes: number | null;
  /** Change that somebody made at the target beside the deployments; null when there is none. */
  drift: PlannedDriftDto | null;
  /**
   * Fields of the version to send that the model of the platform does not know, as JSON Pointers (RFC 6901), at most 20. The
   * platform may ignore them.
   */
  unknownFields: string[];
  /** Number of further unknown fields of the version to send that the list leaves out. */
  moreUnknownFields: number;
  /** References to content types that the target does not have and the plan does not send. */
  missingReferences: ItemRefDto[];
  /** True when content types of the plan refer to each other in a circle, and this is one of them. */
  inCircle: boolean;
  /** Newer state that a rollback would undo too; null when there is none. The rollback then needs `includeNewer`. */
  newer: NewerStateDto | null;
}

/** Number of items of a plan for each action. */
export class PlanCountsDto {
  /** Items that the target does not have. */
  create: number;
  /** Items that the target has in another version. */
  update: number;
  /** Items that are deleted. */
  delete: number;
  /** Items that stand at the target already. */
  unchanged: number;
  /** Items that are retired in the catalogue and stay at the target. */
  retired: number;
  /** Items that only the target has, and keeps. */
  kept: number;
  /** Items that belong to the platform itself. */
  builtIn: number;
  /** Items whose change may lose data. */
  breaking: number;
  /** Items that somebody changed at the target. */
  drift: number;
}

/** Where the versions of a plan come from; a member that was not given is null. */
export class PlanSourceDto {
  /** Root hash of the catalogue. */
  root: string | null;
  /** Earlier deployment that is sent again. */
  deployment: string | null;
  /** Earlier deployment that is undone. */
  rollbackOf: string | null;
  /** Environment that is promoted. */
  fromEnvironment: string | null;
  /** Time of the state that is sent. */
  at: string | null;
  /** True when the plan deletes what the source does not have. */
  deletes: boolean;
}

/** A stored plan without its items. */
export class PlanDto extends TargetDto {
  /** Id of the plan, a UUIDv7. */
  id: string;
  /** Source of the versions. */
  source: PlanSourceDto;
  /** User or system that made the plan. */
  actor: string;
  /** Principal that made the plan, such as `user:` or `key:` with its id; null while access was open. */
  principal: string | null;
  /** Free text that the caller gave as the reason; null when there is none. */
  reason: string | null;
  /** True when the caller allowed changes that lose data. */
  forced: boolean;
  /** SHA-256 over what was seen at the target and what is to be sent. */
  planDigest: string;
  /** Id of the recorded call that read the target. */
  readCallId: string;
  /** `PENDING` until a second person decides; `NOT_NEEDED` where the target or the changes need none. */
  approval: Approval;
  /** Time when the plan was made. */
  createdAt: Date;
  /** Time until which the plan can be approved and deployed. */
  expiresAt: Date;
  /** True when that time is over. */
  expired: boolean;
  /** Time when somebody approved or refused the plan; null before that. */
  decidedAt: Date | null;
  /** User or system that approved or refused the plan; null before that. */
  decidedBy: string | null;
  /** Principal that approved or refused the plan; null before that, and while access was open. */
  decidedPrincipal: string | null;
  /** Free text that the caller gave as the reason of the decision; null before that. */
  decisionReason: string | null;
  /** Id of the deployment of the plan; null before there is one. */
  deploymentId: string | null;
}

export class PlanDetailDto extends PlanDto {
  /** Number of items for each action. */
  counts: PlanCountsDto;
  /** Items of the plan, sorted by kind and key. */
  items: PlannedItemDto[];
}

export class PlanPageDto extends PageDto {
  /** Plans of the page, newest first. */
  items: PlanDto[];
}

/** A plan that is not stored: what a deployment would send as far as the record knows. */
export class DraftDto extends TargetDto {
  /** SHA-256 over what the record knows of the target and what is to be sent. */
  planDigest: string;
  /** Number of items for each action. */
  counts: PlanCountsDto;
  /** Items of the plan, sorted by kind and key. */
  items: PlannedItemDto[];
}
