import { type DynamicModule, Module } from '@nestjs/common';
import { StatisticsModule } from '#statistics';
import { ExpectationModule } from '#expectation';
import { FailuresModule } from '#failures';
import { HealthReportController } from './health-report.controller.ts';
import { HealthReportReader } from './health-report.reader.ts';
import { HealthReportService } from './health-report.service.ts';
import { TargetHealthController } from './health.controller.ts';
import { HealthReader } from './health.reader.ts';
import { HEALTH_THRESHOLDS, HealthService } from './health.service.ts';
import type { HealthThresholds } from './health.ts';
import { PlatformAnalyticsController } from './platform-analytics.controller.ts';
import { PlatformReportService } from './platform-report.service.ts';
import { REPORT_SCHEDULE, type ReportSchedule, ReportScheduler } from './report.scheduler.ts';

export interface HealthOptions {
  health: HealthThresholds;
  reports: ReportSchedule;
}

/** The condition of each target, and reports about it. Needs TrackingModule, and the migrations of the service. */
@Module({
  imports: [ExpectationModule, FailuresModule, StatisticsModule],
  controllers: [HealthReportController, PlatformAnalyticsController, TargetHealthController],
  providers: [
    HealthReader,
    HealthReportReader,
    HealthReportService,
    HealthService,
    PlatformReportService,
    ReportScheduler,
  ],
  exports: [HealthService],
})
export class HealthModule {
  static forRoot({ health, reports }: HealthOptions): DynamicModule {
    return {
      module: HealthModule,
      providers: [
        { provide: HEALTH_THRESHOLDS, useValue: health },
        { provide: REPORT_SCHEDULE, useValue: reports },
      ],
    };
  }
}
