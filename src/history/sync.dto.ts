import { ArrayMaxSize, IsArray, IsIn, IsUUID } from 'class-validator';
import { PageDto } from '#http';
import type { Json, JsonObject } from '#json';
import type { Outcome, Trigger } from '#platform';
import {
  type Evidence,
  type Direction,
  shownSync,
  type SyncEvent,
  type SyncEventType,
  type SyncRecord,
  type SyncStatus,
} from '#recording';
import { Documented, MayBeLeftOut, Name, ReadBy, Text } from '#validation';

/** Which sync is meant. */
export class SyncParams {
  /**
   * Id of the sync, a UUIDv7.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  syncId: string;
}

export class TypeKeyParams {
  /**
   * Key of the content type.
   * @example 'Article'
   */
  @Name()
  typeKey: string;
}

/** Place of one secret that the record does not have. */
export class LocatedMarkDto {
  /** JSON Pointer (RFC 6901) of the text that has the mark. */
  pointer: string;
  /** Number of characters of the secret. */
  length: number;
  /** Keyed hash of the secret, 12 hexadecimal digits. The same secret has the same hash. */
  hash: string;
}

/** Secrets that the record has only as marks. */
export class RedactionsDto {
  /** Number of secrets that were left out. */
  count: number;
  /** Places of the first 20 of them. */
  marks: LocatedMarkDto[];
}

/** One content type, one direction, one platform and environment, one call. */
export class SyncDto {
  /** Id of the sync, a UUIDv7. Ids sort by time. */
  id: string;
  /** Id of the call. All syncs of one call share it. */
  callId: string;
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type; `*` for a pull of all content types. */
  typeKey: string;
  /** Hash of the version that was sent or read; null when it is unknown. */
  versionHash: string | null;
  /** Name of the platform, such as `optimizely`. */
  platform: string;
  /** Environment of the platform, such as `production`. */
  environment: string;
  /** `PUSH` for content that is sent, `PULL` for content that is read. */
  direction: Direction;
  /** True when the sync deletes the item on the platform: it sends no content and has no version. Null for all others. */
  removal: boolean | null;
  /** Status of the sync; `PARTIAL` when the platform applied some parts of this item and refused others. */
  status: SyncStatus;
  /**
   * Known effect of a push on the platform: `APPLIED`, `NOT_APPLIED`, `PARTLY_APPLIED` or `UNKNOWN`; null for a pull and
   * for a push without a final status. An unknown effect may become known later.
   */
  outcome: Outcome | null;
  /**
   * Evidence for the outcome or the content: `OBSERVED` (read from the platform), `ANSWERED` (the answer of the platform
   * proves it) or `REPORTED` (another system reported it); null when there is none.
   */
  evidence: Evidence | null;
  /** Address of the target when the sync was recorded; null where the platform does not tell it, and for external syncs. */
  targetAddress: string | null;
  /** Account or client id that the service used there when the sync was recorded; null as for the address. */
  targetAccount: string | null;
  /** Digest of the content that was sent. */
  pushedDigest: string | null;
  /**
   * Secrets of the content that was sent. The platform got them as they were; the record has a mark in their place. Null
   * when there are none.
   */
  pushedRedactions: RedactionsDto | null;
  /** Digest of the content that the platform returned. */
  responseDigest: string | null;
  /** Secrets of the content that the platform returned, in whose place the record has a mark. Null when there are none. */
  responseRedactions: RedactionsDto | null;
  /** HTTP status code of the platform's answer. */
  statusCode: number | null;
  /** Id that the platform gave to the request. */
  requestId: string | null;
  /** Stable code of the error, for programs. */
  errorCode: string | null;
  /** Description of the error, and of the way to solve it. */
  errorMessage: string | null;
  /** Fingerprint of the error. Errors that differ only in ids, numbers and names share it. Null for a success. */
  errorFingerprint: string | null;
  /** User who last changed the content that was read, as far as the platform says. */
  changedBy: string | null;
  /** Time of that change, as far as the platform says. */
  changedAt: Date | null;
  /** Number of attempts after the first one. */
  retryCount: number;
  /** Free data from the caller and the adapter, such as the duration of each HTTP call. */
  metadata: JsonObject | null;
  /** Id of the deployment that the sync belongs to; null for a sync without a deployment. */
  deploymentId: string | null;
  /** Id of the original sync of this replay; null for a sync that is no replay. */
  replayOf: string | null;
  /** User or system that made the request. */
  actor: string;
  /** Principal behind the actor, as `key:019a5f0e-…`; null where nobody was authenticated, and the actor is a claim. */
  principal: string | null;
  /** User or system that the actor acted for, as it said; null when it named none. */
  onBehalfOf: string | null;
  /** Program of the caller, as it said: `ui`, `cli`, or a name of its own; null when it named none. */
  client: string | null;
  /** Trigger of the sync: `API`, `CLI`, `SCHEDULE`, `DEPLOYMENT`, `ROLLBACK` or `REPLAY`. */
  trigger: Trigger;
  /** Free text that the caller gave as the reason; null when there is none. */
  reason: string | null;
  /** True when the caller allowed changes that lose data. */
  forced: boolean;
  /** True when another system recorded the sync after the fact, with its start. */
  backfilled: boolean;
  /** Time when the sync was recorded, before the call left; of a backfilled sync, its start. */
  startedAt: Date;
  /** Time when the final status was recorded, or that of the end of a backfilled sync; null before that. */
  completedAt: Date | null;
  /** Duration of the whole call in milliseconds, waits included. */
  durationMs: number | null;
}

export const INCLUDES = ['events', 'version', 'deployment', 'replays'] as const;
export type SyncInclude = (typeof INCLUDES)[number];
/** Each may be named more than once. */
const MAX_INCLUDES = 20;

export class SyncDetailQuery {
  /**
   * Parts to show besides the record. Repeat the parameter, or separate the parts with commas.
   * @example ['events', 'version']
   */
  @MayBeLeftOut()
  @ReadBy((value) => (typeof value === 'string' ? value.split(',') : value))
  @IsArray()
  @ArrayMaxSize(MAX_INCLUDES)
  @Documented({ maxItems: MAX_INCLUDES })
  @IsIn(INCLUDES, { each: true })
  include: SyncInclude[] = ['events'];
}

/** The version that a sync carried, and what it changed. */
export class SyncVersionDto {
  /** Number of the version within its content type. */
  number: number;
  /** Hash of the version of the sync. */
  versionHash: string;
  /** User or system that created the version. */
  author: string;
  /** Free text about the reason for this version. */
  message: string | null;
  /** Time when the version was created. */
  createdAt: Date;
  /** Worst impact of its changes compared with the previous version. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none';
  /** Changes from the previous version, sorted by path. */
  changes: object[];
  /**
   * Number of changes left out because the answer would be too large. The diff of the versions has all of them as a
   * file.
   */
  omitted: number;
}

/** How far the syncs of a deployment are. */
export class DeploymentSyncsDto {
  /** Id of the deployment of the sync. */
  id: string;
  /** Number of syncs in the deployment. */
  total: number;
  /** Number of its syncs that have a final status. */
  settled: number;
  /** Number of its syncs that succeeded. */
  succeeded: number;
  /** Percentage of its syncs that have a final status, rounded down. */
  percent: number;
}

/** A sync with the parts that were asked for. */
export class SyncDetailDto extends SyncDto {
  /** First 100 events of the sync, oldest first (`include=events`). `GET /sync/:syncId/events` lists all events. */
  events?: SyncEventDto[];
  /** Version that the sync carried (`include=version`); null when it is unknown. */
  version?: SyncVersionDto | null;
  /** Progress of the deployment that the sync belongs to (`include=deployment`). */
  deployment?: DeploymentSyncsDto | null;
  /** Syncs that replay this one (`include=replays`), oldest first. */
  replays?: SyncDto[];
}

/** Which version of a content type is live at one place. */
/** An immutable fact about a sync. */
export class SyncEventDto {
  /** Id of the event, a UUIDv7. */
  id: string;
  /** Type of the event, such as `sync.recorded`. */
  type: SyncEventType;
  /** Details of the event; their fields depend on its type. */
  data: JsonObject;
  /** Time when the event was written. */
  createdAt: Date;
}

export class SyncEventPageDto extends PageDto {
  /** Events of the page, oldest first. */
  items: SyncEventDto[];
}

/** Small, for polling. */
export class SyncStatusDto {
  /** Id of the sync. */
  id: string;
  /** Current status of the sync. */
  status: SyncStatus;
  /** Number of the current or last attempt. */
  attempt: number;
  /** Time of the next attempt after a failed one; null when none is planned. */
  nextAttemptAt: Date | null;
  /** Stable code of the error, for programs. */
  errorCode: string | null;
  /** Time when the final status was recorded; null before that. */
  completedAt: Date | null;
  /** Progress of the deployment that the sync belongs to; null when it belongs to none. */
  deployment: DeploymentSyncsDto | null;
}

/** Content as it was sent or received. */
export class SnapshotDto {
  /** SHA-256 of the canonical JSON of the content. */
  digest: string;
  /** Content as it was sent or received. */
  content: Json;
}

export class SyncSnapshotDto {
  /** Content that was sent; null for a pull. */
  sent: SnapshotDto | null;
  /** Content that the platform returned; null before its answer. */
  received: SnapshotDto | null;
}

export class SyncDiffQuery {
  /**
   * Content to compare with: `previous` (the previous sync of the same content type, direction, platform and
   * environment), the id of another sync, or a version hash.
   * @example 'previous'
   */
  @MayBeLeftOut()
  @Text()
  against: string = 'previous';

  /**
   * `changes` for the changes that fit into one answer, or a file with all changes: JSON lines (`ndjson`), a JSON Patch
   * (`patch`) or `text`. By default, the `Accept` header decides.
   */
  @MayBeLeftOut()
  @IsIn(['changes', 'ndjson', 'patch', 'text'])
  format?: 'changes' | 'ndjson' | 'patch' | 'text';
}

export class PathValueDto {
  /** Path of the value, as JSON Pointer (RFC 6901). A list element that has a name appears under its name. */
  path: string;
  /** Value at this path. */
  value: unknown;
}

export class PathChangeDto {
  /** Path of the value, as JSON Pointer (RFC 6901). A list element that has a name appears under its name. */
  path: string;
  /** Value at this path in the compared content. */
  before: unknown;
  /** Value at this path in this sync. */
  after: unknown;
}

export class SyncDiffDto {
  /** Id of the sync that is compared. */
  syncId: string;
  /** Sync or version to compare with; null when there is no earlier sync. */
  against: string | null;
  /** Values that only this sync has. */
  added: PathValueDto[];
  /** Values that differ between the two contents. */
  modified: PathChangeDto[];
  /** Values that only the compared content has. */
  removed: PathValueDto[];
  /** Number of values that are the same. */
  unchanged: number;
  /** Number of changes left out because the answer would be too large. A file (`format`) has all changes. */
  omitted: number;
}

export function syncDto(sync: SyncRecord): SyncDto {
  return shownSync(sync);
}

export function eventDto({ id, type, data, createdAt }: SyncEvent): SyncEventDto {
  return { id, type, data, createdAt };
}
