import { Module } from '@nestjs/common';
import { DatabaseMetrics } from './database.metrics.ts';
import { MetricsController } from './metrics.controller.ts';
import { MetricsRegistry } from './metrics.registry.ts';
import { ReadinessController } from './readiness.controller.ts';
import { ServiceMetrics } from './service.metrics.ts';
import { SyncMetrics } from './sync.metrics.ts';

/** Metrics for Prometheus, and the probes. Needs TrackingModule. */
@Module({
  controllers: [ReadinessController, MetricsController],
  providers: [DatabaseMetrics, MetricsRegistry, ServiceMetrics, SyncMetrics],
})
export class MonitoringModule {}
