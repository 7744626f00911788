import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsUUID, Matches } from 'class-validator';
import { PageDto, PageQuery } from '#http';
import { type Trigger, TRIGGERS } from '#platform';
import { type Direction, DIRECTIONS, SYNC_STATUSES, type SyncStatus } from '#recording';
import { MayBeLeftOut, Moment, OneOrMany, Text, TrueOrFalse } from '#validation';
import { type Sort, SORTS } from './sync-history.cursor.ts';
import { DATE_FIELDS, type DateField, STATUS_CLASSES, type StatusClass } from './sync-history.filter.ts';
import { SyncDto } from './sync.dto.ts';

/** What a history is asked for; everything given must hold. A parameter that is repeated asks for one of its values. */
export class SyncFilterDto {
  /**
   * The key of the content type.
   * @example ['Article']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  typeKey?: string[];

  /**
   * What the key names.
   * @example ['contentType']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(100, { each: true })
  kind?: string[];

  /**
   * The platform.
   * @example ['optimizely']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  platform?: string[];

  /**
   * The instance of the platform.
   * @example ['default']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  environment?: string[];

  /** What came of it. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(SYNC_STATUSES, { each: true })
  status?: SyncStatus[];

  /** Sent or received. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(DIRECTIONS, { each: true })
  direction?: Direction[];

  /** How it came about. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(TRIGGERS, { each: true })
  trigger?: Trigger[];

  /** The deployment that the sync was part of. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsUUID(undefined, { each: true })
  deploymentId?: string[];

  /** The version that was sent or received. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  versionHash?: string[];

  /**
   * Who asked.
   * @example ['jane@example.com']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  actor?: string[];

  /**
   * The code of the error.
   * @example ['RATE_LIMITED']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  errorCode?: string[];

  /** The call that the sync was part of. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsUUID(undefined, { each: true })
  callId?: string[];

  /** HTTP status of the platform's answer, by its class. */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(STATUS_CLASSES, { each: true })
  statusClass?: StatusClass[];

  /** Whether changes that lose data were asked to be applied. */
  @MayBeLeftOut()
  @TrueOrFalse()
  forced?: boolean;

  /**
   * Text that occurs in type key or error message, whatever the case; no character has a special meaning.
   * @example 'reserved'
   */
  @MayBeLeftOut()
  @Text(200)
  q?: string;

  /** Which moment the dates are about. */
  @MayBeLeftOut()
  @IsIn(DATE_FIELDS)
  dateField?: DateField;

  /**
   * At or after this moment.
   * @example '2026-01-01T00:00:00Z'
   */
  @MayBeLeftOut()
  @Moment()
  startDate?: Date;

  /**
   * Before this moment.
   * @example '2027-01-01T00:00:00Z'
   */
  @MayBeLeftOut()
  @Moment()
  endDate?: Date;

  /**
   * The time until now, instead of dates, in minutes, hours or days.
   * @example '7d'
   */
  @MayBeLeftOut()
  @Matches(/^\d{1,6}[mhd]$/, { message: '$property must be like 90m, 24h or 7d' })
  last?: string;
}

export class SyncListQuery extends IntersectionType(SyncFilterDto, PageQuery) {
  /** The order; `-` puts the largest first. */
  @MayBeLeftOut()
  @IsIn(SORTS)
  sort: Sort = '-startedAt';
}

/** The time that an answer covers. */
export class WindowDto {
  /** At or after; null is the beginning. */
  from: Date | null;
  /** Before; null is now. */
  to: Date | null;
  /**
   * Whether we chose where it begins: a search, and facets, cover 30 days unless they name a time, a deployment or a
   * call.
   */
  default: boolean;
}

export class SyncPageDto extends PageDto {
  /** In the order asked for. */
  items: SyncDto[];
  /** The time that is covered. */
  window: WindowDto;
}

export class SyncCountDto {
  /** How many syncs there are. */
  count: number;
  /** The time that is covered. */
  window: WindowDto;
}

export class FacetValueDto {
  /** The value; null where a sync has none. */
  value: string | null;
  /** How many syncs have it. */
  count: number;
}

export class FacetsDto {
  /** By what came of it. */
  status: FacetValueDto[];
  /** By platform. */
  platform: FacetValueDto[];
  /** By instance of the platform. */
  environment: FacetValueDto[];
  /** By direction. */
  direction: FacetValueDto[];
  /** By how it came about. */
  trigger: FacetValueDto[];
  /** By code of the error. */
  errorCode: FacetValueDto[];
}

export class SyncFacetsDto {
  /** How many syncs there are. */
  total: number;
  /** The values of each field with their counts, most first, at most 100 each. */
  facets: FacetsDto;
  /** The time that is covered. */
  window: WindowDto;
}

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export class SyncExportQuery extends SyncFilterDto {
  /** CSV (RFC 4180, formulas made harmless) or one JSON object a line. */
  @MayBeLeftOut()
  @IsIn(EXPORT_FORMATS)
  format: ExportFormat = 'csv';
}
