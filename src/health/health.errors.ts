import { DomainError } from '../domain-error.ts';

/** A report that was never made. */
export class ReportNotFoundError extends DomainError {
  readonly code = 'HEALTH_REPORT_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(which: string) {
    super(`There is no health report ${which}. POST /api/v1/sync/health-reports creates one.`, { report: which });
  }
}
