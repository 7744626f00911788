import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.ts';
import { FailureMutes } from './failure-mutes.ts';
import { FailurePatternService } from './failure-pattern.service.ts';
import { FailuresController } from './failures.controller.ts';
import { FingerprintReader } from './fingerprint.reader.ts';
import { SettledReader } from './settled.reader.ts';
import { StatsProjector } from './stats.projector.ts';
import { StatsReader } from './stats.reader.ts';
import { StatsRebuilder } from './stats.rebuilder.ts';
import { SuspectFinder } from './suspect.finder.ts';
import { SyncAnalyticsService } from './sync-analytics.service.ts';

/** What the history says: rates, patterns, health. Needs TrackingModule, and the migrations of the service. */
@Module({
  controllers: [AnalyticsController, FailuresController],
  providers: [
    FailureMutes,
    FailurePatternService,
    FingerprintReader,
    SettledReader,
    StatsProjector,
    StatsReader,
    StatsRebuilder,
    SuspectFinder,
    SyncAnalyticsService,
  ],
  exports: [FailurePatternService, StatsProjector, StatsRebuilder, SyncAnalyticsService],
})
export class AnalyticsModule {}
