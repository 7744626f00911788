import { applyDecorators } from '@nestjs/common';
import {
  Allow,
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsUUID,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import { ByPrincipal, OnBehalf } from '#access';
import { isJsonObject } from '#json';
import { type FinalStatus, FINAL_STATUSES, type Trigger, TRIGGERS } from '#platform';
import { type Direction, DIRECTIONS, type SyncStatus } from '#recording';
import { ForeignText, MayBeLeftOut, MayBeNull, Name, Nested, ReadBy, Timestamp, VisibleForeignText } from '#validation';

/** Bytes of JSON that metadata may have. */
const METADATA_LIMIT = 65_536;

const Metadata = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'metadata',
      validator: {
        validate: (value) => isJsonObject(value) && Buffer.byteLength(JSON.stringify(value)) <= METADATA_LIMIT,
      },
    },
    { message: `$property must be an object of at most ${METADATA_LIMIT} bytes of JSON` },
  );

/** From a second to a day. */
const ExpiresInMs = (): PropertyDecorator => applyDecorators(IsInt(), Min(1_000), Max(24 * 60 * 60 * 1000));

/** Why a sync did not succeed. */
export class SyncErrorDto {
  /**
   * Stable code of your own for the error. A code over 100 characters is cut.
   * @example 'RATE_LIMITED'
   */
  @ForeignText()
  code: string;

  /**
   * Description of the error. A text over 10,000 characters is cut.
   * @example 'The platform takes 10 requests a minute.'
   */
  @ForeignText()
  message: string;
}

/** What came of a sync. */
export class SyncResultDto {
  /**
   * Final status; `PARTIAL` when the platform applied some parts and refused others.
   * @example 'SUCCESS'
   */
  @IsIn(FINAL_STATUSES)
  status: FinalStatus;

  /** Error of a sync that did not succeed. */
  @MayBeNull()
  @IsObject()
  @Nested(() => SyncErrorDto)
  error?: SyncErrorDto | null;

  /**
   * HTTP status code of the platform's answer.
   * @example 200
   */
  @MayBeNull()
  @IsInt()
  @Min(100)
  @Max(599)
  statusCode?: number | null;

  /** Id that the platform gave to the request. An id over 200 characters is cut. */
  @MayBeNull()
  @ForeignText()
  requestId?: string | null;

  /**
   * Answer of the platform: any JSON, kept without changes. An answer over 10,000,000 bytes is not kept; the metadata
   * of the sync then has `responseNotKept`. Halves of characters are replaced; the metadata then has
   * `responseChanged`.
   */
  @Allow()
  response?: unknown;

  /** Number of attempts after the first one. */
  @MayBeNull()
  @IsInt()
  @Min(0)
  @Max(32_767)
  retryCount?: number | null;

  /**
   * Duration of the whole call in milliseconds, waits included. A fraction is rounded. By default, the time since the
   * sync was recorded; null when the sync has expired.
   * @example 840
   */
  @MayBeNull()
  @ReadBy((value) => (typeof value === 'number' && value >= 0 ? Math.round(value) : value))
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  durationMs?: number | null;

  /**
   * Time when the sync ended, for a result that is recorded later. By default, now, or the start and the duration.
   * @example '2026-01-31T03:00:00.840Z'
   */
  @MayBeNull()
  @Timestamp()
  completedAt?: Date | null;

  /** Hash of the version that was sent or read, when the sync has none yet. The history must have this version. */
  @MayBeNull()
  @Name()
  versionHash?: string | null;

  /**
   * Free data to keep with the sync: an object. Its members replace those of the same name in the metadata of the sync.
   */
  @MayBeNull()
  @Metadata()
  metadata?: Record<string, unknown> | null;
}

/** Says that a sync is still under way. */
export class SyncExtensionDto {
  /** Always `IN_PROGRESS`: the sync is still running. */
  @Equals('IN_PROGRESS')
  status: 'IN_PROGRESS';

  /** Milliseconds from now until the sync expires, from one second to one day. */
  @ExpiresInMs()
  expiresInMs: number;
}

/** A sync of a platform whose adapter is not ours. */
export class RecordSyncDto {
  /**
   * Name of the platform. It need not be installed here.
   * @example 'contentful'
   */
  @Name()
  platform: string;

  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Name()
  environment: string = 'default';

  /**
   * `PUSH` for content that is sent, `PULL` for content that is read.
   * @example 'PUSH'
   */
  @IsIn(DIRECTIONS)
  direction: Direction;

  /**
   * True for a push that deletes the item on the platform. It must have no `data` and no `versionHash`. After its success,
   * the item is absent in the live state.
   */
  @MayBeLeftOut()
  @IsBoolean()
  removal: boolean = false;

  /**
   * Key of the content type.
   * @example 'Article'
   */
  @Name()
  typeKey: string;

  /** Kind of the item that the key names, such as `contentType`. */
  @MayBeLeftOut()
  @Name(100)
  kind: string = 'contentType';

  /**
   * Content that is sent (`PUSH`) or was read (`PULL`): any JSON, kept without changes. An object that is sent becomes
   * a version, unless a version with its hash exists.
   * @example { "key": "Article", "displayName": "Article" }
   */
  @Allow()
  data?: unknown;

  /**
   * Hash of the version that is sent or was read: that of `data`, or of a version in the history. By default, the SHA-256
   * of the canonical JSON (RFC 8785) of `data`.
   */
  @MayBeNull()
  @Name()
  versionHash?: string | null;

  /**
   * Id of the deployment that the sync belongs to, in an application with deployments of its own. A deployment of the
   * service is refused, because the service runs all its syncs.
   */
  @MayBeNull()
  @IsUUID()
  deploymentId?: string | null;

  /**
   * User or system that ran the sync. A name over 255 characters is cut.
   * @example 'jane@example.com'
   */
  @ByPrincipal()
  @VisibleForeignText()
  actor: string;

  /** User or system that the actor acted for, as it says. A name over 255 characters is cut. */
  @OnBehalf()
  @MayBeNull()
  @VisibleForeignText()
  onBehalfOf?: string | null;

  /**
   * Free text shown in the history. A text over 2,000 characters is cut.
   * @example 'Nightly synchronisation'
   */
  @MayBeNull()
  @ForeignText()
  reason?: string | null;

  /** Id of the call that the sync belongs to: a UUID of your own. By default, a new one, or that of the batch. */
  @MayBeNull()
  @IsUUID()
  callId?: string | null;

  /** Trigger of the sync, such as `SCHEDULE`. */
  @MayBeLeftOut()
  @IsIn(TRIGGERS)
  trigger: Trigger = 'API';

  /**
   * Time when the sync started, for a sync that is recorded later. The sync is then `backfilled`: it counts at this
   * time, and its id sorts by it. The oldest time is the start of the month 120 months ago, or of the oldest month that
   * retention keeps.
   */
  @MayBeNull()
  @Timestamp()
  startedAt?: Date | null;

  /** Free data to keep with the sync: an object of at most 65,536 bytes of JSON. */
  @MayBeNull()
  @Metadata()
  metadata?: Record<string, unknown> | null;

  /** True when the caller allows changes that lose data. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;

  /**
   * Milliseconds until the sync expires, from one second to one day. A sync that expires without a result or an
   * extension ends as `FAILED` with the code `INTERRUPTED`.
   */
  @MayBeLeftOut()
  @ExpiresInMs()
  expiresInMs: number = 900_000;

  /** Result of the sync, when it has already ended. */
  @MayBeNull()
  @IsObject()
  @Nested(() => SyncResultDto)
  result?: SyncResultDto | null;
}

/** Many syncs, recorded all or none. */
export class RecordSyncsDto {
  /**
   * Syncs to record, 1 to 1,000.
   * @example [{ "platform": "contentful", "direction": "PUSH", "typeKey": "Article", "actor": "jane@example.com", "result": { "status": "SUCCESS", "statusCode": 200, "durationMs": 840 } }, { "platform": "contentful", "direction": "PUSH", "typeKey": "Author", "actor": "jane@example.com", "result": { "status": "FAILED", "statusCode": 429, "error": { "code": "RATE_LIMITED", "message": "The platform takes 10 requests a minute." } } }]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => RecordSyncDto)
  syncs: RecordSyncDto[];

  /** Id of the call that made all these syncs: a UUID of your own. By default, a new one. */
  @MayBeNull()
  @IsUUID()
  callId?: string | null;
}

/** Which version a sync carried. */
export class VersionLinkDto {
  /**
   * Hash of the version that the sync carried. The history must have this version.
   * @example 'fef67d9bd9f52b31019e4fc70acdfc56f64200243ffaa7ada0411aba32641c1b'
   */
  @Name()
  versionHash: string;
}

/** A sync that was recorded. */
export class RecordedSyncDto {
  /** Id of the recorded sync, a UUIDv7. Ids sort by time. */
  id: string;
  /** Id of the call. All syncs of one call share it. */
  callId: string;
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Hash of the version that was sent or read; null when it is unknown. */
  versionHash: string | null;
  /** Current status of the sync. */
  status: SyncStatus;
}

export class RecordedSyncsDto {
  /** Ids of the syncs, in the order of the request. */
  ids: string[];
  /** Id of the call that the syncs of the batch share, except those with a `callId` of their own. */
  callId: string;
}

/** State of an external sync. */
export class ExternalSyncDto {
  /** Id of the sync. */
  id: string;
  /** Current status of the sync. */
  status: SyncStatus;
  /** Hash of the version that was sent or read; null when it is unknown. */
  versionHash: string | null;
  /** Time when the sync expires, or would have expired. */
  expiresAt: Date;
  /** Time when the final status was recorded; null before that. */
  completedAt: Date | null;
}
