import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Needs } from '#access';
import { Unlimited } from '#rate-limit';
import { DatabaseMetrics } from './database.metrics.ts';
import { MetricsRegistry } from './metrics.registry.ts';

@ApiTags('health')
@Needs('read')
@Unlimited()
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
  async getMetrics(): Promise<string> {
    await this.database.look();
    return this.registry.metrics();
  }
}
