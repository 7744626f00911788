import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { DatabaseMetrics } from './database.metrics.ts';
import { MetricsRegistry } from './metrics.registry.ts';

@ApiTags('health')
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(
    private readonly registry: MetricsRegistry,
    private readonly database: DatabaseMetrics,
  ) {}

  /** Lists the metrics of this process in the format of Prometheus. */
  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async metrics(): Promise<string> {
    await this.database.look();
    return this.registry.metrics();
  }
}
