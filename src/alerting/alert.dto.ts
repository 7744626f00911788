import { PageDto, RequesterDto } from '#http';
import type { ALERT_STATUSES, AlertType } from './alerts.ts';

/** Who wants to see whether an alert arrives. */
export class AlertTestDto extends RequesterDto {}

/** Something that somebody is told, and how far that is. */
export class AlertDto {
  /** Id of the alert, a UUIDv7. Every delivery of the alert has the same id. */
  id: string;
  /** Type of the alert: a target became unhealthy, a target recovered, or a test. */
  type: AlertType;
  /** JSON body that the receiver gets. */
  payload: object;
  /** Status of the delivery; `FAILED` after the last attempt failed. */
  status: (typeof ALERT_STATUSES)[number];
  /** Number of delivery attempts so far. */
  attempts: number;
  /** HTTP status code of the receiver's last answer. */
  statusCode: number | null;
  /** Error of the last attempt; null when it succeeded. */
  error: string | null;
  /** Time when the alert was recorded. */
  createdAt: Date;
  /** Time when the receiver accepted the alert; null before that. */
  deliveredAt: Date | null;
}

export class AlertPageDto extends PageDto {
  /** Alerts of the page, newest first. */
  items: AlertDto[];
}

export class AlertTestedDto {
  /** Id of the test alert. The list of alerts shows its delivery. */
  id: string;
}
