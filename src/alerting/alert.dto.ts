import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { Text } from '../text.decorator.ts';
import type { ALERT_STATUSES, AlertType } from './alerts.ts';

export class AlertPageQuery {
  /** How many at the most. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 50;

  /** `next` of the page before. */
  @IsOptional()
  @IsUUID(undefined, { message: '$property is none of ours: leave it out to begin at the newest' })
  cursor?: string;
}

/** Who wants to see whether an alert arrives. */
export class AlertTestDto {
  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;
}

/** Something that somebody is told, and how far that is. */
export class AlertDto {
  /** A UUIDv7; the receiver knows the alert by it, however often it arrives. */
  id: string;
  /** That a place is unwell, that it is well again, or a test. */
  type: AlertType;
  /** What is sent. */
  payload: object;
  /** Whether it has arrived; FAILED after all attempts. */
  status: (typeof ALERT_STATUSES)[number];
  /** How often it was sent. */
  attempts: number;
  /** HTTP status of the last answer. */
  statusCode: number | null;
  /** Why the last attempt failed. */
  error: string | null;
  /** When it was noted. */
  createdAt: Date;
  /** When it arrived. */
  deliveredAt: Date | null;
}

export class AlertPageDto {
  /** Newest first. */
  items: AlertDto[];
  /** Cursor of the next page; null at the end. */
  next: string | null;
}

export class AlertTestedDto {
  /** The alert, to be looked for in the list. */
  id: string;
}
