import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { IsIn, IsUUID, Matches } from 'class-validator';
import { EXPORT_FORMATS, type ExportFormat } from '#export';
import { PageDto, PageQuery } from '#http';
import { type Outcome, OUTCOMES, type Trigger, TRIGGERS } from '#platform';
import {
  type Direction,
  DIRECTIONS,
  type Evidence,
  EVIDENCES,
  FINGERPRINT,
  SYNC_STATUSES,
  type SyncStatus,
} from '#recording';
import {
  type DateOrDay,
  Documented,
  LabelTexts,
  MayBeLeftOut,
  OneOrMany,
  Text,
  TimestampOrDay,
  TrueOrFalse,
} from '#validation';
import { DateRange, FromTo } from './date-range.ts';
import { type Sort, SORTS } from './sync-history.cursor.ts';
import { DATE_FIELDS, type DateField, STATUS_CLASSES, type StatusClass } from './history-filter.ts';
import { SyncDto } from './sync.dto.ts';

/** What a history is asked for; everything given must hold. A parameter that is repeated asks for one of its values. */
export class SyncFilterDto {
  /** Key of the content type, such as `Article`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  typeKey?: string[];

  /** Kind of the item that the key names, such as `contentType`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(100, { each: true })
  kind?: string[];

  /**
   * Name of the platform, such as `optimizely`.
   * @example ['optimizely']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  platform?: string[];

  /** Environment of the platform, such as `production`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  environment?: string[];

  /** Status of the sync. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(SYNC_STATUSES, { each: true })
  status?: SyncStatus[];

  /** `PUSH` for content that is sent, `PULL` for content that is read. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(DIRECTIONS, { each: true })
  direction?: Direction[];

  /** Known effect of a push on the platform, such as `APPLIED`. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(OUTCOMES, { each: true })
  outcome?: Outcome[];

  /** Evidence for the outcome or the content: `OBSERVED`, `ANSWERED` or `REPORTED`. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(EVIDENCES, { each: true })
  evidence?: Evidence[];

  /** Trigger of the sync, such as `API` or `DEPLOYMENT`. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(TRIGGERS, { each: true })
  trigger?: Trigger[];

  /** Id of the deployment that the sync belongs to. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsUUID(undefined, { each: true })
  deploymentId?: string[];

  /** Hash of the version that was sent or read. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  versionHash?: string[];

  /** User or system that made the request, such as `jane@example.com`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  actor?: string[];

  /** Principal behind the actor, such as `key:019a5f0e-7c11-7aaa-8000-000000000000`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(300, { each: true })
  principal?: string[];

  /** User or system that the actor acted for, as it said. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  onBehalfOf?: string[];

  /** Program of the caller, as it said: `ui`, `cli`, or a name of its own. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  client?: string[];

  /** Stable code of the error of the sync, such as `RATE_LIMITED`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  errorCode?: string[];

  /**
   * Fingerprint of the error of the sync: 16 hexadecimal digits, equal for errors that differ only in ids, numbers and names.
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Documented({ pattern: FINGERPRINT.source })
  @Matches(FINGERPRINT, { each: true, message: 'each value in $property must be 16 hexadecimal digits' })
  errorFingerprint?: string[];

  /** Id of the call that the sync belongs to. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsUUID(undefined, { each: true })
  callId?: string[];

  /** Class of the HTTP status code of the platform's answer, such as `4xx`. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(STATUS_CLASSES, { each: true })
  statusClass?: StatusClass[];

  /**
   * Name and value of a label of the deployment, such as `commit=4f2a9c1`. Give it several times for deployments that have all
   * of them.
   */
  @LabelTexts()
  label?: string[];

  /** True when the caller allowed changes that lose data. */
  @MayBeLeftOut()
  @TrueOrFalse()
  forced?: boolean;

  /** True for syncs that were recorded after the fact, false for all others. */
  @MayBeLeftOut()
  @TrueOrFalse()
  backfilled?: boolean;

  /** Text to find in the type key or the error message, in upper or lower case. No character has a special meaning. */
  @MayBeLeftOut()
  @Text(200)
  q?: string;

  /** Time of the sync that the interval applies to: its start or its completion. */
  @MayBeLeftOut()
  @IsIn(DATE_FIELDS)
  dateField?: DateField;

  /**
   * Start of the interval (inclusive): a time with its offset, such as `2026-01-01T00:00:00Z`, or a date, which begins in
   * `timeZone`.
   */
  @MayBeLeftOut()
  @TimestampOrDay()
  @ApiProperty({ type: String })
  startDate?: DateOrDay;

  /**
   * End of the interval (exclusive): a time with its offset, such as `2027-01-01T00:00:00Z`, or a date, which begins in
   * `timeZone`.
   */
  @MayBeLeftOut()
  @TimestampOrDay()
  @ApiProperty({ type: String })
  endDate?: DateOrDay;

  /**
   * Time zone in which days begin: a name from the IANA database.
   * @example 'Europe/Berlin'
   */
  @MayBeLeftOut()
  @Text(100)
  timeZone: string = 'UTC';

  /**
   * Interval that ends now, in minutes, hours or days, such as `24h`. It replaces the dates.
   * @example '7d'
   */
  @MayBeLeftOut()
  @Matches(/^\d{1,6}[mhd]$/, { message: '$property must be like 90m, 24h or 7d' })
  last?: string;

  /** Another name of `platform`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  targetPlatform?: string[];

  /** Another name of `status`. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(SYNC_STATUSES, { each: true })
  syncStatus?: SyncStatus[];

  /**
   * Interval as `from/to`, such as `2026-01-01/2026-02-01`, instead of `startDate` and `endDate`. One of them may be empty.
   */
  @MayBeLeftOut()
  @FromTo()
  @ApiProperty({ type: String })
  dateRange?: DateRange;
}

export class SyncListQuery extends IntersectionType(SyncFilterDto, PageQuery) {
  /** Sort order; `-` puts the largest value first. */
  @MayBeLeftOut()
  @IsIn(SORTS)
  sort: Sort = '-startedAt';
}

/** The time that an answer covers. */
export class CoveredIntervalDto {
  /** Start of the interval (inclusive); null when it has none. */
  from: Date | null;
  /** End of the interval (exclusive); null when it has none. */
  to: Date | null;
  /** True when the service chose the interval because the request names none. */
  default: boolean;
}

export class SyncPageDto extends PageDto {
  /** Syncs of the page, in the requested order. */
  items: SyncDto[];
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
}

export class SyncCountDto {
  /** Number of syncs that match the filter. */
  count: number;
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
}

export class FacetValueDto {
  /** Value of the field; null for syncs without a value. */
  value: string | null;
  /** Number of syncs with this value. */
  count: number;
}

export class FacetsDto {
  /** Number of syncs for each status. */
  status: FacetValueDto[];
  /** Number of syncs for each platform. */
  platform: FacetValueDto[];
  /** Number of syncs for each environment. */
  environment: FacetValueDto[];
  /** Number of syncs for each direction. */
  direction: FacetValueDto[];
  /** Number of syncs for each trigger. */
  trigger: FacetValueDto[];
  /** Number of pushes for each known effect. */
  outcome: FacetValueDto[];
  /** Number of syncs for each kind of evidence. */
  evidence: FacetValueDto[];
  /** Number of syncs for each error code. */
  errorCode: FacetValueDto[];
}

export class SyncFacetsDto {
  /** Total number of syncs that match the filter. */
  total: number;
  /** Values of each field with their number of syncs, the most frequent first, at most 100 for each field. */
  facets: FacetsDto;
  /** Interval that the answer covers. */
  window: CoveredIntervalDto;
}

export class SyncExportQuery extends SyncFilterDto {
  /** Format of the file: CSV (RFC 4180, with formulas made harmless) or one JSON object on each line. */
  @MayBeLeftOut()
  @IsIn(EXPORT_FORMATS)
  format: ExportFormat = 'csv';
}
