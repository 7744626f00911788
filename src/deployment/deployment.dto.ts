import { ApiProperty, PickType } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsUUID } from 'class-validator';
import { PageDto, PageQuery, RequesterDto, TargetDto } from '#http';
import { DeploymentRef, ItemRequestDto, SeenStateDto } from '#plan';
import type { Outcome } from '#platform';
import { IsLabels, type Labels, LabelTexts, MayBeLeftOut, Nested, Text, TrueOrFalse } from '#validation';
import {
  DEPLOYMENT_STATUSES,
  type DeploymentStatus,
  type ItemStatus,
  ON_DRIFT,
  type OnDrift,
  type Verification,
} from './deployment.entity.ts';

/** Which deployment is meant. */
export class DeploymentParams {
  /**
   * Id of the deployment, a UUIDv7, or its short number, such as `D-1043`.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @DeploymentRef()
  id: string;
}

/** Who cancels a deployment, and why. */
export class CancelRequestDto extends RequesterDto {
  /**
   * Free text shown with the deployment, 1 to 2,000 characters.
   * @example 'The wrong branch'
   */
  @Text(2_000)
  reason: string;
}

/** What is to be sent where: a plan, or content types without one. */
export class DeploymentRequestDto extends RequesterDto {
  /** Id of the plan to deploy. The plan has the target, the content types and `force`, so the request must not. */
  @MayBeLeftOut()
  @IsUUID()
  planId?: string;

  /**
   * Deployment of a plan: what happens when content types have changed at the target since the plan was made. `stop` refuses
   * the deployment (`PLAN_STALE`), `overwrite` sends them, `skip` leaves them out.
   */
  @MayBeLeftOut()
  @IsIn(ON_DRIFT)
  onDrift?: OnDrift;

  /** Plan of a rollback: undoes also the work of newer deployments, and changes that somebody made on the platform. */
  @MayBeLeftOut()
  @IsBoolean()
  includeNewer?: boolean;

  /**
   * Name of the platform, such as `optimizely`. Needed without a plan.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;

  /**
   * Environment of the platform, such as `production`; `default` by default.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  /**
   * Free text shown in the history, 1 to 2,000 characters. The reason of the plan by default.
   * @example 'First deployment of the content model'
   */
  @MayBeLeftOut()
  @Text(2_000)
  reason?: string;

  /** Allows the platform to apply changes that lose data, and needs a `reason`. */
  @MayBeLeftOut()
  @IsBoolean()
  force?: boolean;

  /**
   * Content types to send. By default, the latest version of every content type in the catalogue.
   * @example [{ "typeKey": "Article" }]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => ItemRequestDto)
  items?: ItemRequestDto[];

  /**
   * Origin of the deployment, as names and values: `commit`, `branch`, `build`, `ticket`, or names of your own. At most 20;
   * names have up to 63 characters, values up to 500.
   * @example { "commit": "4f2a9c1", "branch": "main" }
   */
  @MayBeLeftOut()
  @IsLabels()
  labels?: Labels;
}

export class DryRunQuery {
  /** Returns the plan and sends nothing. */
  @MayBeLeftOut()
  @TrueOrFalse({ flag: true })
  dryRun: boolean = false;
}

/** One content type that is meant. */
export class ItemRefRequestDto extends PickType(ItemRequestDto, ['typeKey', 'kind']) {}

/** Why a deployment is undone. */
export class RollbackRequestDto extends RequesterDto {
  /**
   * Free text shown in the history, 1 to 2,000 characters.
   * @example 'The new heading broke the start page'
   */
  @Text(2_000)
  reason: string;

  /** Allows the platform to apply changes that lose data. The removal of added properties needs it. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;

  /** Undoes also the work of newer deployments, and changes that somebody made on the platform. */
  @MayBeLeftOut()
  @IsBoolean()
  includeNewer: boolean = false;

  /**
   * Content types to roll back. By default, all that the deployment applied.
   * @example [{ "typeKey": "Article" }]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => ItemRefRequestDto)
  items?: ItemRefRequestDto[];

  /** Deletes the content types that the deployment created, if it was made from a plan and the platform can delete. */
  @MayBeLeftOut()
  @IsBoolean()
  deletes?: boolean;

  /**
   * Origin of the rollback, as names and values.
   * @example { "ticket": "SHOP-1043" }
   */
  @MayBeLeftOut()
  @IsLabels()
  labels?: Labels;
}

/** What the plan of a rollback shows. */
export class RollbackPlanQuery {
  /** True to plan also the deletion of content types that the deployment created. */
  @MayBeLeftOut()
  @TrueOrFalse()
  deletes: boolean = false;
}

/** Which deployments are listed; everything given must hold. */
export class DeploymentPageQuery extends PageQuery {
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

  /** Current status of the deployment. */
  @MayBeLeftOut()
  @IsIn(DEPLOYMENT_STATUSES)
  status?: DeploymentStatus;

  /** Name and value of a label, such as `commit=4f2a9c1`. Give it several times for deployments that have all of them. */
  @LabelTexts()
  label?: string[];
}

/** A content type that a deployment leaves out. */
export class SkippedItemDto {
  /** Kind of the item that is left out. */
  kind: string;
  /** Key of the content type that is left out. */
  typeKey: string;
  /** Stable code of the reason to leave it out: `BUILT_IN_TYPE`, because it belongs to the platform itself. */
  code: 'BUILT_IN_TYPE';
}

/** A set of content types pushed together. */
export class DeploymentDto extends TargetDto {
  /** Id of the deployment, a UUIDv7. */
  id: string;
  /**
   * Short number of the deployment, for people; every address takes it in place of the id.
   * @example 'D-1043'
   */
  number: string;
  /**
   * Status of the deployment: `QUEUED` while another deployment of the same target runs, `IN_PROGRESS`, or what its items came
   * to: `SUCCESS` when all succeeded, `FAILED` when none succeeded, `CANCELLED` when some were not sent, else `PARTIAL`.
   */
  status: DeploymentStatus;
  /** User or system that made the request. */
  actor: string;
  /** Principal behind the actor, as `key:019a5f0e-…`; null where nobody was authenticated, and the actor is a claim. */
  principal: string | null;
  /** User or system that the actor acts for, as it said; null when it named none. */
  onBehalfOf: string | null;
  /** Program of the caller, as it said: `ui`, `cli`, or a name of its own; null when it named none. */
  client: string | null;
  /** Free text that the caller gave as the reason; null when there is none. */
  reason: string | null;
  /** True when the caller allowed changes that lose data. */
  forced: boolean;
  /** Id of the deployment that this one undoes; null when it is no rollback. */
  rollbackOf: string | null;
  /** Environment whose content types are sent; null when it is no promotion. */
  promotedFrom: string | null;
  /** Id of the plan; null for a deployment without one. */
  planId: string | null;
  /** What happens to content types that have changed at the target since the plan was made. */
  onDrift: OnDrift;
  /**
   * Origin of the deployment, as names and values.
   * @example { "commit": "4f2a9c1", "branch": "main" }
   */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels: Labels;
  /** SHA-256 over what was known of the target and what is sent. */
  planDigest: string;
  /** Content types that are left out, and not sent. */
  skipped: SkippedItemDto[];
  /** Stable code of the error that ended the whole deployment. */
  errorCode: string | null;
  /** Description of the error, and of the way to solve it. */
  errorMessage: string | null;
  /** Time when the deployment was recorded. */
  createdAt: Date;
  /** Time when the deployment began to run; null before that. */
  startedAt: Date | null;
  /** Time when the final status was recorded; null before that. */
  completedAt: Date | null;
  /** Time when the target was read back after the deployment; null when it was not. */
  verifiedAt: Date | null;
  /** Time when somebody cancelled the deployment; null when nobody did. */
  cancelledAt: Date | null;
  /** User or system that cancelled the deployment; null when nobody did. */
  cancelledBy: string | null;
  /** Free text that the caller gave as the reason to cancel; null when nobody did. */
  cancelReason: string | null;
}

/** One content type of a deployment. */
export class DeploymentItemDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** What the deployment does with the item; null for deployments from before there were plans. */
  action: 'CREATE' | 'UPDATE' | 'DELETE' | 'UNCHANGED' | null;
  /** Hash of the version that the deployment sends; null for an item that it deletes. */
  versionHash: string | null;
  /** Hash of the version that was live before, as far as the record shows. */
  previousHash: string | null;
  /** State of the item at the target before the deployment; null when the record knew nothing of it. */
  before: SeenStateDto | null;
  /** Id of the sync that sends the item. */
  syncId: string | null;
  /**
   * Status of the item: `IN_PROGRESS` until it is known, `NOT_SENT` when the deployment was cancelled before, or the item has
   * changed at the target, `UNCHANGED` when it stood there already.
   */
  status: ItemStatus;
  /** Known effect of the push on the platform, such as `APPLIED`; null while it is not sent or not settled. */
  outcome: Outcome | null;
  /** Stable code of the error, for programs. */
  errorCode: string | null;
  /** Description of the error, often in the words of the platform; null when there is none. */
  errorMessage: string | null;
  /**
   * What the target held after the deployment: `VERIFIED` for what was sent, `DIVERGED` for something else, `UNVERIFIABLE` when
   * it could not be read. Null when nobody looked.
   */
  verification: Verification | null;
  /** Hash of the version that the target held after the deployment; null when there was none, or nobody looked. */
  heldHash: string | null;
}

/** How far a deployment is. */
export class ProgressDto {
  /** Number of items in the deployment. */
  total: number;
  /** Number of items that have a final status. */
  settled: number;
  /** Number of items that succeeded. */
  succeeded: number;
  /** Percentage of items that have a final status, rounded down. */
  percent: number;
  /** Number of the current or last attempt; 0 before the first. */
  attempt: number;
  /** Time of the attempt after the last failed one; null while none has failed, and when all items are settled. */
  nextAttemptAt: Date | null;
}

/** A rollback of a deployment. */
export class RolledBackByDto {
  /** Id of the deployment that undoes this one. */
  id: string;
  /** User or system that asked for the rollback. */
  actor: string;
  /** Free text that the caller gave as the reason of the rollback. */
  reason: string | null;
  /** Time when the rollback was recorded. */
  createdAt: Date;
  /** Status of the rollback. */
  status: DeploymentStatus;
}

export class DeploymentDetailDto extends DeploymentDto {
  /** Number of deployments of the same target that run or wait before this one; null unless it is `QUEUED`. */
  place: number | null;
  /** End of the freeze that keeps the deployment waiting; null when there is none, or it does not wait. */
  frozenUntil: Date | null;
  /** Rollbacks of this deployment, oldest first. */
  rolledBackBy: RolledBackByDto[];

  /** Progress of the deployment, in items. */
  progress: ProgressDto;
  /** Items of the deployment, sorted by kind and key. */
  items: DeploymentItemDto[];
}

export class ListedDeploymentDto extends DeploymentDto {
  /** Number of items in the deployment. */
  total: number;
  /** Number of items that succeeded. */
  succeeded: number;
}

export class DeploymentPageDto extends PageDto {
  /** Deployments of the page, newest first. */
  items: ListedDeploymentDto[];
}
