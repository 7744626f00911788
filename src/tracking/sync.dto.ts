import { Type } from 'class-transformer';
import { IsDate, IsIn, IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import type { Trigger } from '#platform';
import type { Json, JsonObject } from '#snapshot';
import { Text } from '../text.decorator.ts';
import { DIRECTIONS, type Direction, SYNC_STATUSES, type SyncEventType, type SyncStatus } from './sync.ts';

/** Which sync is meant. */
export class SyncParams {
  /**
   * The id of the sync, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  syncId: string;
}

export class TypeKeyParams {
  /**
   * The key of the content type.
   * @example 'Article'
   */
  @Text()
  typeKey: string;
}

/** A page of a list. */
export class PageQuery {
  /** How many at the most. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 50;

  /** `next` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  cursor?: string;
}

/** What a history is asked for; everything given must hold. */
export class TypeHistoryQuery extends PageQuery {
  /**
   * What the key names.
   * @example 'contentType'
   */
  @IsOptional()
  @Text(100)
  kind?: string;

  /**
   * The platform.
   * @example 'optimizely'
   */
  @IsOptional()
  @Text()
  platform?: string;

  /**
   * The instance of the platform.
   * @example 'default'
   */
  @IsOptional()
  @Text()
  environment?: string;

  /** What came of it. */
  @IsOptional()
  @IsIn(SYNC_STATUSES)
  status?: SyncStatus;

  /** Sent or received. */
  @IsOptional()
  @IsIn(DIRECTIONS)
  direction?: Direction;

  /** The deployment that the sync was part of. */
  @IsOptional()
  @IsUUID()
  deploymentId?: string;

  /** The version that was sent or received. */
  @IsOptional()
  @Text()
  versionHash?: string;

  /**
   * Who asked.
   * @example 'jane@example.com'
   */
  @IsOptional()
  @Text()
  actor?: string;

  /** The code of the error, such as `RATE_LIMITED`. */
  @IsOptional()
  @Text()
  errorCode?: string;

  /**
   * Started at or after this moment.
   * @example '2026-01-01T00:00:00Z'
   */
  @IsOptional()
  @Type(() => Date)
  @IsDate({ message: '$property must be a date and time in ISO 8601' })
  startDate?: Date;

  /**
   * Started before this moment.
   * @example '2100-01-01T00:00:00Z'
   */
  @IsOptional()
  @Type(() => Date)
  @IsDate({ message: '$property must be a date and time in ISO 8601' })
  endDate?: Date;
}

export class HistoryQuery extends TypeHistoryQuery {
  /**
   * The key of the content type.
   * @example 'Article'
   */
  @IsOptional()
  @Text()
  typeKey?: string;
}

/** One content type, one direction, one platform and environment, one call. */
export class SyncDto {
  /** A UUIDv7: ids sort by time. */
  id: string;
  /** Shared by the syncs of one call. */
  callId: string;
  /** What the key names. */
  kind: string;
  /** The key of the content type; `*` for a pull of everything. */
  typeKey: string;
  /** The version that was sent or received; null where it is not known. */
  versionHash: string | null;
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** Sent or received. */
  direction: Direction;
  /** What came of it; PARTIAL when the platform applied some parts of this item and refused others. */
  status: SyncStatus;
  /** Digest of what was sent. */
  pushedDigest: string | null;
  /** Digest of what came back. */
  responseDigest: string | null;
  /** HTTP status of the platform's answer. */
  statusCode: number | null;
  /** The platform's own name for the request. */
  requestId: string | null;
  /** Stable code of the error. */
  errorCode: string | null;
  /** What happened, and the way out. */
  errorMessage: string | null;
  /** Attempts beyond the first. */
  retryCount: number;
  /** What the caller and the adapter wanted remembered, such as the timing of each HTTP call. */
  metadata: JsonObject | null;
  /** The deployment that it was part of. */
  deploymentId: string | null;
  /** The sync whose content it sent again. */
  replayOf: string | null;
  /** Who asked. */
  actor: string;
  /** How: by API, CLI, SCHEDULE, DEPLOYMENT, ROLLBACK or REPLAY. */
  trigger: Trigger;
  /** Why. */
  reason: string | null;
  /** Whether changes that lose data were asked to be applied. */
  forced: boolean;
  /** When it was recorded, before the call left. */
  startedAt: Date;
  /** When it was settled. */
  completedAt: Date | null;
  /** Milliseconds of the whole call, waits included. */
  durationMs: number | null;
}

export class SyncPageDto {
  /** Newest first. */
  items: SyncDto[];
  /** Cursor of the next page; null at the end. */
  next: string | null;
  /** Always null: this list is read forwards. */
  prev: string | null;
}

/** A sync with its timeline. */
export class SyncDetailDto extends SyncDto {
  /** Oldest first. */
  events: SyncEventDto[];
}

/** An immutable fact about a sync. */
export class SyncEventDto {
  /** A UUIDv7. */
  id: string;
  /** What happened. */
  type: SyncEventType;
  /** The particulars. */
  data: JsonObject;
  /** When it was written. */
  createdAt: Date;
}

/** Small, for polling. */
export class SyncStatusDto {
  /** The sync. */
  id: string;
  /** What came of it so far. */
  status: SyncStatus;
  /** The attempt that is under way, or was the last. */
  attempt: number;
  /** When the next attempt is due, after one that failed. */
  nextAttemptAt: Date | null;
  /** Stable code of the error. */
  errorCode: string | null;
  /** When it was settled. */
  completedAt: Date | null;
}

/** Content as it was sent or received. */
export class SnapshotDto {
  /** SHA-256 of its canonical JSON. */
  digest: string;
  /** The content. */
  content: Json;
}

export class SyncSnapshotDto {
  /** What was sent; null for a pull. */
  sent: SnapshotDto | null;
  /** What came back; null while nothing has. */
  received: SnapshotDto | null;
}

export class SyncDiffQuery {
  /**
   * `previous` (the sync before of this type, direction, platform and environment), the id of another sync, or a
   * version hash.
   * @example 'previous'
   */
  @IsOptional()
  @Text()
  against: string = 'previous';
}

export class PathValueDto {
  /** Where, as JSON Pointer (RFC 6901); elements of lists go by their name. */
  path: string;
  /** What is there. */
  value: unknown;
}

export class PathChangeDto {
  /** Where, as JSON Pointer (RFC 6901); elements of lists go by their name. */
  path: string;
  /** What was there. */
  before: unknown;
  /** What is there. */
  after: unknown;
}

export class SyncDiffDto {
  /** The sync that is compared. */
  syncId: string;
  /** What it is compared with: a sync, a version, or null where there is none before it. */
  against: string | null;
  /** What only this sync has. */
  added: PathValueDto[];
  /** What differs. */
  modified: PathChangeDto[];
  /** What only the other has. */
  removed: PathValueDto[];
  /** How many values are the same. */
  unchanged: number;
}
