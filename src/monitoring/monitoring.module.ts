import { Module } from '@nestjs/common';
import { ClosingConnections } from './closing-connections.ts';
import { DatabaseMetrics } from './database.metrics.ts';
import { MetricsController } from './metrics.controller.ts';
import { MetricsRegistry } from './metrics.registry.ts';
import { ReadinessController } from './readiness.controller.ts';
import { ServiceMetrics } from './service.metrics.ts';
import { SyncMetrics } from './sync.metrics.ts';

/** Metrics for Prometheus, the probes, and the last answers before a stop. Needs TrackingModule. */
@Module({
  controllers: [ReadinessController, MetricsController],
  providers: [ClosingConnections, DatabaseMetrics, MetricsRegistry, ServiceMetrics, SyncMetrics],
})
export class MonitoringModule {}
