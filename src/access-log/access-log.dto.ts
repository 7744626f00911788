import { IntersectionType } from '@nestjs/swagger';
import { IsIn, Max, Min } from 'class-validator';
import { EXPORT_FORMATS, type ExportFormat } from '#export';
import { PageDto, PageQuery } from '#http';
import { MayBeLeftOut, OneOrMany, Text, Timestamp, WholeNumber } from '#validation';
import { type AccessAction, ACTIONS } from './access-event.ts';

/** Which events are wanted; everything given must hold. A parameter that is repeated asks for one of its values. */
export class AccessFilterDto {
  /**
   * Kind of event, such as `payload.read`.
   * @example ['payload.read']
   */
  @MayBeLeftOut()
  @OneOrMany()
  @IsIn(ACTIONS, { each: true })
  action?: AccessAction[];

  /** Principal who made the request, such as `key:019a5f0e-7c11-7aaa-8000-000000000000`. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(300, { each: true })
  principal?: string[];

  /** Name of the principal; while access is open, what the caller sent. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  actor?: string[];

  /** Address that the request came from. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(100, { each: true })
  address?: string[];

  /** Platform that the request concerned. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  platform?: string[];

  /** Environment that the request concerned. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  environment?: string[];

  /** Id of the sync, key, plan or error that the request concerned. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  subject?: string[];

  /** Code of a refusal, such as `FORBIDDEN`, or `BROKEN_OFF` for an export that did not arrive. */
  @MayBeLeftOut()
  @OneOrMany()
  @Text(255, { each: true })
  code?: string[];

  /** Lists only events at or after this time. */
  @MayBeLeftOut()
  @Timestamp()
  from?: Date;

  /** Lists only events before this time. */
  @MayBeLeftOut()
  @Timestamp()
  to?: Date;
}

/** Which events, and which part of them. */
export class AccessLogQuery extends IntersectionType(AccessFilterDto, PageQuery) {
  /**
   * Lists only events after this position, oldest first: the position of the last event that you have, or 0 for all events.
   * Newest first by default.
   */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;
}

/** Which events, and as what. */
export class AccessExportQuery extends AccessFilterDto {
  /** Format of the file: CSV (RFC 4180, with formulas made harmless) or one JSON object on each line. */
  @MayBeLeftOut()
  @IsIn(EXPORT_FORMATS)
  format: ExportFormat = 'csv';
}

/** One event of the access log. */
export class AccessEventDto {
  /** Position of the event in the order of commits, without gaps. */
  position: number;
  /** Id of the event, a UUIDv7. */
  id: string;
  /** Time when the event was written, by the clock of the database. It rises with the position. */
  createdAt: Date;
  /** Kind of event, such as `payload.read`. */
  action: AccessAction;
  /** Principal who made the request; null where nobody was authenticated. */
  principal: string | null;
  /** Name of the principal; while access is open, what the caller sent. */
  actor: string | null;
  /** User or system that the actor acted for, as it said. */
  onBehalfOf: string | null;
  /** Program of the caller, as it said: `ui`, `cli`, or a name of its own. */
  client: string | null;
  /** Address that the request came from. */
  address: string | null;
  /** Id of the operation in the API; null for what is no operation, such as the command line. */
  operation: string | null;
  /** Platform that the request concerned; null where that is not one. */
  platform: string | null;
  /** Environment that the request concerned; null where that is not one. */
  environment: string | null;
  /** Id of the sync, key, plan or error that the request concerned. */
  subject: string | null;
  /** Parameters or fields of the request, without secrets, at most 4,000 characters. */
  filter: Record<string, unknown> | null;
  /** Number of rows or items that left or were changed; null where it is not known. */
  rows: number | null;
  /** HTTP status of a refusal. */
  status: number | null;
  /** Code of a refusal, or `BROKEN_OFF` for an export that did not arrive. */
  code: string | null;
  /** Number of requests that the event stands for. */
  count: number;
}

export class AccessLogPageDto extends PageDto {
  /** Events of the page. */
  items: AccessEventDto[];
}
