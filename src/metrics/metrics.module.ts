import { Module } from '@nestjs/common';
import { DatabaseMetrics } from './database.metrics.ts';
import { MetricsController } from './metrics.controller.ts';
import { MetricsRegistry } from './metrics.registry.ts';
import { ServiceMetrics } from './service.metrics.ts';
import { SyncMetrics } from './sync.metrics.ts';

/** What this process does, for Prometheus; needs TrackingModule. */
@Module({
  controllers: [MetricsController],
  providers: [DatabaseMetrics, MetricsRegistry, ServiceMetrics, SyncMetrics],
})
export class MetricsModule {}
