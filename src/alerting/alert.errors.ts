import { DomainError } from '../domain-error.ts';

/** Alerts are off. */
export class NoAlertTargetError extends DomainError {
  readonly code = 'NO_ALERT_TARGET';
  readonly httpStatus = 409;

  constructor() {
    super('Alerts have no webhook. Set ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET, and restart the service.');
  }
}
