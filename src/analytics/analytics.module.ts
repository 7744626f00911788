import { type DynamicModule, Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.ts';
import { FailureMutes } from './failure-mutes.ts';
import { FailurePatternService } from './failure-pattern.service.ts';
import { FailuresController } from './failures.controller.ts';
import { FingerprintReader } from './fingerprint.reader.ts';
import { HealthReader } from './health.reader.ts';
import { PlaceHealthController } from './health.controller.ts';
import { HEALTH_THRESHOLDS, HealthService } from './health.service.ts';
import type { HealthThresholds } from './health.ts';
import { HealthReportController } from './health-report.controller.ts';
import { HealthReportService } from './health-report.service.ts';
import { REPORT_SCHEDULE, ReportScheduler, type ReportSchedule } from './report.scheduler.ts';
import { SettledReader } from './settled.reader.ts';
import { StatsProjector } from './stats.projector.ts';
import { StatsReader } from './stats.reader.ts';
import { StatsRebuilder } from './stats.rebuilder.ts';
import { SuspectFinder } from './suspect.finder.ts';
import { SyncAnalyticsService } from './sync-analytics.service.ts';

export interface AnalyticsOptions {
  health: HealthThresholds;
  reports: ReportSchedule;
}

/** What the history says: rates, patterns, health. Needs TrackingModule, and the migrations of the service. */
@Module({
  controllers: [AnalyticsController, FailuresController, HealthReportController, PlaceHealthController],
  providers: [
    FailureMutes,
    FailurePatternService,
    FingerprintReader,
    HealthReader,
    HealthReportService,
    HealthService,
    ReportScheduler,
    SettledReader,
    StatsProjector,
    StatsReader,
    StatsRebuilder,
    SuspectFinder,
    SyncAnalyticsService,
  ],
  exports: [FailurePatternService, HealthService, StatsProjector, StatsRebuilder, SyncAnalyticsService],
})
export class AnalyticsModule {
  static forRoot({ health, reports }: AnalyticsOptions): DynamicModule {
    return {
      module: AnalyticsModule,
      providers: [
        { provide: HEALTH_THRESHOLDS, useValue: health },
        { provide: REPORT_SCHEDULE, useValue: reports },
      ],
    };
  }
}
