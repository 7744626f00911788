import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.ts';
import { FacetReader } from './facet.reader.ts';
import { StatsProjector } from './stats.projector.ts';
import { StatsReader } from './stats.reader.ts';
import { StatsRebuilder } from './stats.rebuilder.ts';
import { SyncAnalyticsService } from './sync-analytics.service.ts';

/** Counts, rates and durations. Needs TrackingModule, and the migrations of the service. */
@Module({
  controllers: [AnalyticsController],
  providers: [FacetReader, StatsProjector, StatsReader, StatsRebuilder, SyncAnalyticsService],
  exports: [StatsProjector, StatsRebuilder, SyncAnalyticsService],
})
export class StatisticsModule {}
