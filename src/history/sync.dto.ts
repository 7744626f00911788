import { ArrayMaxSize, IsArray, IsIn, IsUUID } from 'class-validator';
import { PageDto } from '#http';
import type { Json, JsonObject } from '#json';
import type { Trigger } from '#platform';
import {
  type Direction,
  shownSync,
  type SyncEvent,
  type SyncEventType,
  type SyncRecord,
  type SyncStatus,
} from '#recording';
import { MayBeLeftOut, ReadBy, Text } from '#validation';

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
  /** The same for errors that differ only in ids, numbers and names; null for a success. */
  errorFingerprint: string | null;
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

export const INCLUDES = ['events', 'version', 'deployment', 'replays'] as const;
export type SyncInclude = (typeof INCLUDES)[number];
/** Each may be named more than once. */
const MAX_INCLUDES = 20;

export class SyncDetailQuery {
  /**
   * The parts to show besides the record: repeated, or with commas between them.
   * @example ['events', 'version']
   */
  @MayBeLeftOut()
  @ReadBy((value) => (typeof value === 'string' ? value.split(',') : value))
  @IsArray()
  @ArrayMaxSize(MAX_INCLUDES)
  @IsIn(INCLUDES, { each: true })
  include: SyncInclude[] = ['events'];
}

export class KindQuery {
  /**
   * What the key names.
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind: string = 'contentType';
}

/** The version that a sync carried, and what it changed. */
export class SyncVersionDto {
  /** Counts the versions of the content type. */
  number: number;
  /** The hash of the version. */
  versionHash: string;
  /** Who made it. */
  author: string;
  /** Why it was made. */
  message: string | null;
  /** When it was made. */
  createdAt: Date;
  /** The worst impact of its changes against the version before. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none';
  /** What it changed, by path. */
  changes: object[];
  /** How many changes are left out because the answer would be too large; the diff of the versions has them as a file. */
  omitted: number;
}

/** How far the syncs of a deployment are. */
export class DeploymentSyncsDto {
  /** The deployment. */
  id: string;
  /** Its syncs. */
  total: number;
  /** Those that are settled. */
  settled: number;
  /** Those that succeeded. */
  succeeded: number;
  /** Settled syncs in percent of all, rounded down. */
  percent: number;
}

/** A sync with the parts that were asked for. */
export class SyncDetailDto extends SyncDto {
  /** The first 100 events of its timeline, oldest first (`include=events`); `GET /sync/:syncId/events` has all. */
  events?: SyncEventDto[];
  /** The version that it carried (`include=version`); null where we know none. */
  version?: SyncVersionDto | null;
  /** The deployment that it was part of (`include=deployment`). */
  deployment?: DeploymentSyncsDto | null;
  /** The syncs that sent its content again (`include=replays`), oldest first. */
  replays?: SyncDto[];
}

/** Which version of a content type is live at one place. */
export class LiveVersionDto {
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** The hash of what is there. */
  versionHash: string;
  /** The newest version with this hash; null for content that is no version of ours. */
  number: number | null;
  /** When it was first seen there, without another in between. */
  since: Date;
  /** The sync that told so last. */
  syncId: string;
  /** Whether that sync sent or received. */
  direction: Direction;
}

export class LiveVersionsDto {
  /** By platform and environment, at most 200. */
  items: LiveVersionDto[];
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

export class SyncEventPageDto extends PageDto {
  /** Oldest first. */
  items: SyncEventDto[];
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
  /** How far its deployment is; null when it is part of none. */
  deployment: DeploymentSyncsDto | null;
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
  @MayBeLeftOut()
  @Text()
  against: string = 'previous';

  /**
   * `changes` by path, as many as an answer shows; or all of them as a file: JSON lines (`ndjson`), a JSON Patch (`patch`),
   * or `text`. By default what `Accept` asks for.
   */
  @MayBeLeftOut()
  @IsIn(['changes', 'ndjson', 'patch', 'text'])
  format?: 'changes' | 'ndjson' | 'patch' | 'text';
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
  /** How many changes are left out because the answer would be too large; a file (`format`) has them all. */
  omitted: number;
}

export function syncDto(sync: SyncRecord): SyncDto {
  return shownSync(sync);
}

export function eventDto({ id, type, data, createdAt }: SyncEvent): SyncEventDto {
  return { id, type, data, createdAt };
}
