import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '#access';
import { BY_ID, pageOf, PageQuery } from '#http';
import { Refuses } from '#problems';
import { type AlertDto, AlertPageDto, AlertTestDto, AlertTestedDto } from './alert.dto.ts';
import { NoAlertTargetError } from './alert.errors.ts';
import { ALERTING_OPTIONS, type AlertingOptions } from './alerting.options.ts';
import { type Alert, Alerts } from './alerts.ts';

@ApiTags('alerts')
@Needs('read')
@Controller('alerts')
export class AlertController {
  constructor(
    private readonly alerts: Alerts,
    @Inject(ALERTING_OPTIONS) private readonly options: AlertingOptions,
  ) {}

  /** Lists the alerts with the status of their delivery, newest first. */
  @Get()
  async listAlerts(@Query() query: PageQuery): Promise<AlertPageDto> {
    const page = await pageOf<Alert>(query, { ...BY_ID, find: (start, count) => this.alerts.list(count, start) });
    return { ...page, items: page.items.map(alertDto) };
  }

  /** Sends a test alert to the configured webhook. */
  @Post('test')
  @Needs('admin')
  @HttpCode(202)
  @Refuses('NO_ALERT_TARGET')
  async sendTestAlert(@Body() { actor }: AlertTestDto): Promise<AlertTestedDto> {
    if (!this.options.target) throw new NoAlertTargetError();
    return { id: await this.alerts.test(actor) };
  }
}

function alertDto({ createdMs, deliveredMs, payload, ...alert }: Alert): AlertDto {
  return {
    ...alert,
    payload: JSON.parse(payload) as object,
    createdAt: new Date(createdMs),
    deliveredAt: deliveredMs === null ? null : new Date(deliveredMs),
  };
}
