import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsUUID } from 'class-validator';
import { PageDto, PageQuery } from '#http';
import { SYNC_STATUSES, type SyncStatus } from '#recording';
import { MayBeLeftOut, Nested, Text, TrueOrFalse } from '#validation';

/** Which deployment is meant. */
export class DeploymentParams {
  /**
   * The id of the deployment, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** One content type to be sent. */
export class DeploymentItemRequestDto {
  /**
   * The key of the content type.
   * @example 'Article'
   */
  @Text()
  typeKey: string;

  /**
   * What the key names; `contentType` unless said.
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind?: string;

  /** The version to send; the latest unless said. */
  @MayBeLeftOut()
  @Text()
  versionHash?: string;
}

/** What is to be sent where. */
export class DeploymentRequestDto {
  /**
   * The platform.
   * @example 'optimizely'
   */
  @Text()
  platform: string;

  /**
   * The instance of the platform.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';

  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;

  /**
   * Why.
   * @example 'First deployment of the content model'
   */
  @MayBeLeftOut()
  @Text(2_000)
  reason?: string;

  /** Apply changes that lose data. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;

  /**
   * What to send; the latest version of everything in the catalogue unless said.
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
  /** Only tell what would be sent. */
  @MayBeLeftOut()
  @TrueOrFalse({ flag: true })
  dryRun: boolean = false;
}

/** Why a deployment is undone. */
export class RollbackRequestDto {
  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;

  /**
   * Why.
   * @example 'The new heading broke the start page'
   */
  @Text(2_000)
  reason: string;

  /** Apply changes that lose data: what a deployment added can only be taken back by force. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;
}

/** Which deployments are listed; everything given must hold. */
export class DeploymentPageQuery extends PageQuery {
  /**
   * The platform.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;

  /**
   * The instance of the platform.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment?: string;

  /** What came of it so far. */
  @MayBeLeftOut()
  @IsIn(SYNC_STATUSES)
  status?: SyncStatus;
}

/** A set of content types pushed together. */
export class DeploymentDto {
  /** A UUIDv7: ids sort by time. */
  id: string;
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** From its items: SUCCESS when all succeeded, FAILED when none did, else PARTIAL. */
  status: SyncStatus;
  /** Who asked. */
  actor: string;
  /** Why. */
  reason: string | null;
  /** Whether changes that lose data were asked to be applied. */
  forced: boolean;
  /** The deployment that this one undoes. */
  rollbackOf: string | null;
  /** SHA-256 over what is sent where. */
  planDigest: string;
  /** Stable code of the error that ended the whole call. */
  errorCode: string | null;
  /** What happened, and the way out. */
  errorMessage: string | null;
  /** When it was recorded. */
  createdAt: Date;
  /** When it was settled. */
  completedAt: Date | null;
}

/** One content type of a deployment. */
export class DeploymentItemDto {
  /** What the key names. */
  kind: string;
  /** The key of the content type. */
  typeKey: string;
  /** The version that is sent. */
  versionHash: string;
  /** The version that was live before, as far as we know. */
  previousHash: string | null;
  /** Its sync. */
  syncId: string | null;
  /** What came of it so far. */
  status: SyncStatus;
  /** Stable code of the error. */
  errorCode: string | null;
}

/** How far a deployment is. */
export class ProgressDto {
  /** Items in all. */
  total: number;
  /** Items that are settled. */
  settled: number;
  /** Items that succeeded. */
  succeeded: number;
  /** Settled items in percent of all, rounded down. */
  percent: number;
  /** The attempt that is under way, or was the last; 0 before the first. */
  attempt: number;
}

export class DeploymentDetailDto extends DeploymentDto {
  /** How far it is. */
  progress: ProgressDto;
  /** By kind and key. */
  items: DeploymentItemDto[];
}

export class ListedDeploymentDto extends DeploymentDto {
  /** Items in all. */
  total: number;
  /** Items that succeeded so far. */
  succeeded: number;
}

export class DeploymentPageDto extends PageDto {
  /** Newest first. */
  items: ListedDeploymentDto[];
}

/** What a deployment would send for one content type. */
export class PlannedItemDto {
  /** What the key names. */
  kind: string;
  /** The key of the content type. */
  typeKey: string;
  /** The version that would be sent. */
  versionHash: string;
  /** The version that is live, as far as we know. */
  previousHash: string | null;
  /** What the change means to content that exists; null when what is live is no version of ours. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none' | null;
  /** How many places change; null when what is live is no version of ours. */
  changes: number | null;
}

export class DeploymentPlanDto {
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** SHA-256 over what would be sent where. */
  planDigest: string;
  /** By kind and key. */
  items: PlannedItemDto[];
}
