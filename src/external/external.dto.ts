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
import { isJsonObject } from '#json';
import { type Outcome, OUTCOMES } from '#platform';
import { type Direction, DIRECTIONS, type SyncStatus } from '#recording';
import { MayBeLeftOut, MayBeNull, Nested, Text } from '#validation';

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
   * A stable code of your own.
   * @example 'RATE_LIMITED'
   */
  @Text(100)
  code: string;

  /**
   * What happened.
   * @example 'The platform takes 10 requests a minute.'
   */
  @Text(10_000)
  message: string;
}

/** What came of a sync. */
export class SyncResultDto {
  /**
   * What came of it; PARTIAL when the platform applied some parts and refused others.
   * @example 'SUCCESS'
   */
  @IsIn(OUTCOMES)
  status: Outcome;

  /** Why it did not succeed. */
  @MayBeNull()
  @IsObject()
  @Nested(() => SyncErrorDto)
  error?: SyncErrorDto | null;

  /**
   * HTTP status of the platform's answer.
   * @example 200
   */
  @MayBeNull()
  @IsInt()
  @Min(100)
  @Max(599)
  statusCode?: number | null;

  /** The platform's own name for the request. */
  @MayBeNull()
  @Text(200)
  requestId?: string | null;

  /**
   * What came back: any JSON, kept as it is. Beyond 10,000,000 bytes it is not, and `responseNotKept` in the metadata
   * says so.
   */
  @Allow()
  response?: unknown;

  /** Attempts beyond the first. */
  @MayBeNull()
  @IsInt()
  @Min(0)
  @Max(32_767)
  retryCount?: number | null;

  /**
   * Milliseconds of the whole call, waits included; the time since it was recorded unless said.
   * @example 840
   */
  @MayBeNull()
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  durationMs?: number | null;

  /** The version that was sent or received, when it was not known before. */
  @MayBeNull()
  @Text()
  versionHash?: string | null;

  /** What should be remembered: an object, merged over the metadata that the sync has. */
  @MayBeNull()
  @Metadata()
  metadata?: Record<string, unknown> | null;
}

/** Says that a sync is still under way. */
export class SyncExtensionDto {
  /** Still under way. */
  @Equals('IN_PROGRESS')
  status: 'IN_PROGRESS';

  /** Milliseconds from now until it counts as abandoned. */
  @ExpiresInMs()
  expiresInMs: number;
}

/** A sync of a platform whose adapter is not ours. */
export class RecordSyncDto {
  /**
   * The platform, by any name.
   * @example 'contentful'
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
   * Sent or received.
   * @example 'PUSH'
   */
  @IsIn(DIRECTIONS)
  direction: Direction;

  /**
   * The key of the content type.
   * @example 'Article'
   */
  @Text()
  typeKey: string;

  /** What the key names. */
  @MayBeLeftOut()
  @Text(100)
  kind: string = 'contentType';

  /**
   * What is sent (PUSH) or was received (PULL): any JSON, kept as it is. An object that is sent becomes a version,
   * unless its hash is known already.
   * @example { "key": "Article", "displayName": "Article" }
   */
  @Allow()
  data?: unknown;

  /** The version that `data` is; the SHA-256 of its canonical JSON (RFC 8785) unless said. */
  @MayBeNull()
  @Text()
  versionHash?: string | null;

  /** The deployment that it is part of. */
  @MayBeNull()
  @IsUUID()
  deploymentId?: string | null;

  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;

  /**
   * Why.
   * @example 'Nightly synchronisation'
   */
  @MayBeNull()
  @Text(2_000)
  reason?: string | null;

  /** What should be remembered: an object of at most 65,536 bytes. */
  @MayBeNull()
  @Metadata()
  metadata?: Record<string, unknown> | null;

  /** Whether changes that lose data are applied. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;

  /**
   * Milliseconds, from a second to a day, until it counts as abandoned: then it ends as FAILED with the code
   * INTERRUPTED, unless its result or an extension came before.
   */
  @MayBeLeftOut()
  @ExpiresInMs()
  expiresInMs: number = 900_000;

  /** What came of it, for a sync that is over already. */
  @MayBeNull()
  @IsObject()
  @Nested(() => SyncResultDto)
  result?: SyncResultDto | null;
}

/** Many syncs, recorded all or none. */
export class RecordSyncsDto {
  /**
   * From 1 to 1,000.
   * @example [{ "platform": "contentful", "direction": "PUSH", "typeKey": "Article", "actor": "jane@example.com", "result": { "status": "SUCCESS" } }]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => RecordSyncDto)
  syncs: RecordSyncDto[];
}

/** Which version a sync carried. */
export class VersionLinkDto {
  /**
   * Its hash.
   * @example '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
   */
  @Text()
  versionHash: string;
}

/** A sync that was recorded. */
export class RecordedSyncDto {
  /** A UUIDv7: ids sort by time. */
  id: string;
  /** Shared by the syncs of one call. */
  callId: string;
  /** What the key names. */
  kind: string;
  /** The key of the content type. */
  typeKey: string;
  /** The version that was sent or received; null where it is not known. */
  versionHash: string | null;
  /** What came of it so far. */
  status: SyncStatus;
}

export class RecordedSyncsDto {
  /** Of each sync, in the order of the request. */
  ids: string[];
}

/** Where a sync that was recorded from outside stands. */
export class OutsideSyncDto {
  /** The sync. */
  id: string;
  /** What came of it so far. */
  status: SyncStatus;
  /** The version that was sent or received; null where it is not known. */
  versionHash: string | null;
  /** When it counts, or would have counted, as abandoned. */
  expiresAt: Date;
  /** When it was settled. */
  completedAt: Date | null;
}
