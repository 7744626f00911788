/** The condition of each target, and reports about it; refuses conclusions from too few syncs. */
export { HealthModule, type HealthOptions } from './health.module.ts';
export { HealthReportService, type ReportRequest, type StoredReport } from './health-report.service.ts';
export { HealthService, type TargetHealth } from './health.service.ts';
export { ReportNotFoundError } from './health.errors.ts';
export { type Health, HEALTHS, type HealthThresholds } from './health.ts';
export { type ReportSchedule, ReportScheduler } from './report.scheduler.ts';
