import { PageDto } from '#http';
import { Text } from '#validation';
import type { ALERT_STATUSES, AlertType } from './alerts.ts';

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

export class AlertPageDto extends PageDto {
  /** Newest first. */
  items: AlertDto[];
}

export class AlertTestedDto {
  /** The alert, to be looked for in the list. */
  id: string;
}
