import { IntersectionType } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsUUID } from 'class-validator';
import { PageDto, PageQuery, RequesterDto, TargetDto, TargetRequestDto } from '#http';
import { SYNC_STATUSES, type SyncStatus } from '#recording';
import { MayBeLeftOut, Name, Nested, Text, TrueOrFalse } from '#validation';

/** Which deployment is meant. */
export class DeploymentParams {
  /**
   * Id of the deployment, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** One content type to be sent. */
export class DeploymentItemRequestDto {
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

  /** Hash of the version to send. By default, the latest version. */
  @MayBeLeftOut()
  @Text()
  versionHash?: string;
}

/** What is to be sent where. */
export class DeploymentRequestDto extends IntersectionType(TargetRequestDto, RequesterDto) {
  /**
   * Free text shown in the history, 1 to 2,000 characters.
   * @example 'First deployment of the content model'
   */
  @MayBeLeftOut()
  @Text(2_000)
  reason?: string;

  /** Allows the platform to apply changes that lose data, and needs a `reason`. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;

  /**
   * Content types to send. By default, the latest version of every content type in the catalogue.
   * @example [{ "typeKey": "Article" }]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => DeploymentItemRequestDto)
  items?: DeploymentItemRequestDto[];
}

export class DryRunQuery {
  /** Returns the plan and sends nothing. */
  @MayBeLeftOut()
  @TrueOrFalse({ flag: true })
  dryRun: boolean = false;
}

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
  @IsIn(SYNC_STATUSES)
  status?: SyncStatus;
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
   * Status of the deployment, from its items: `SUCCESS` when all succeeded, `FAILED` when none succeeded, else
   * `PARTIAL`.
   */
  status: SyncStatus;
  /** User or system that made the request. */
  actor: string;
  /** Free text that the caller gave as the reason; null when there is none. */
  reason: string | null;
  /** True when the caller allowed changes that lose data. */
  forced: boolean;
  /** Id of the deployment that this one undoes; null when it is no rollback. */
  rollbackOf: string | null;
  /** SHA-256 over the target and the versions that are sent. */
  planDigest: string;
  /** Content types that are left out, and not sent. */
  skipped: SkippedItemDto[];
  /** Stable code of the error that ended the whole deployment. */
  errorCode: string | null;
  /** Description of the error, and of the way to solve it. */
  errorMessage: string | null;
  /** Time when the deployment was recorded. */
  createdAt: Date;
  /** Time when the final status was recorded; null before that. */
  completedAt: Date | null;
}

/** One content type of a deployment. */
export class DeploymentItemDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Hash of the version that the deployment sends. */
  versionHash: string;
  /** Hash of the version that was live before, as far as the record shows. */
  previousHash: string | null;
  /** Id of the sync that sends the item. */
  syncId: string | null;
  /** Current status of the item. */
  status: SyncStatus;
  /** Stable code of the error, for programs. */
  errorCode: string | null;
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
  /** Status of the rollback, from its items. */
  status: SyncStatus;
}

export class DeploymentDetailDto extends DeploymentDto {
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

/** What a deployment would send for one content type. */
export class PlannedItemDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Hash of the version that the deployment would send. */
  versionHash: string;
  /** Hash of the version that is live, as far as the record shows. */
  previousHash: string | null;
  /** Impact of the change on existing content; null when the live content is no version in the catalogue. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none' | null;
  /** Number of changed values; null when the live content is no version in the catalogue. */
  changes: number | null;
  /**
   * Fields of the version to send that the model of the platform does not know, as JSON Pointers (RFC 6901), at most 20. The
   * platform may ignore them.
   */
  unknownFields: string[];
  /** Number of further unknown fields of the version to send that the list leaves out. */
  moreUnknownFields: number;
}

export class DeploymentPlanDto extends TargetDto {
  /** SHA-256 over the target and the versions that are sent. */
  planDigest: string;
  /** Content types that are left out, and not sent. */
  skipped: SkippedItemDto[];
  /** Items of the plan, sorted by kind and key. */
  items: PlannedItemDto[];
}

/** What stands at the target in place of what the deployment put there. */
export class NewerStateDto {
  /** Kind of the item that changed, such as `contentType`. */
  kind: string;
  /** Key of the content type that changed. */
  typeKey: string;
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

export class RollbackItemDto extends PlannedItemDto {
  /** Newer state that the rollback would undo too; null when there is none. A rollback then needs `includeNewer`. */
  newer: NewerStateDto | null;
}

export class RollbackPlanDto extends TargetDto {
  /** SHA-256 over the target and the versions that are restored. */
  planDigest: string;
  /** Content types that are left out, and not sent. */
  skipped: SkippedItemDto[];
  /** Items that the rollback sends, sorted by kind and key. */
  items: RollbackItemDto[];
}
