import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NeedsAtTarget } from '#access';
import { Refuses } from '#problems';
import { resolveInterval } from './analytics-interval.ts';
import { GroupsDto, GroupsQuery, TimeseriesDto, TimeseriesQuery } from './analytics.dto.ts';
import { SyncAnalyticsService } from './sync-analytics.service.ts';

@ApiTags('analytics')
@NeedsAtTarget('read')
@Controller('sync/analytics')
export class AnalyticsController {
  constructor(private readonly analytics: SyncAnalyticsService) {}

  /** Shows the numbers of an interval for each target, or grouped by other fields. */
  @Get('groups')
  @Refuses('INTERVAL_TOO_LONG', 'INVALID_FILTER', 'UNKNOWN_TIME_ZONE')
  async getAnalyticsGroups(@Query() { by, ...filter }: GroupsQuery): Promise<GroupsDto> {
    const { scope, interval, window } = resolveInterval(filter);
    return { window, items: await this.analytics.groupedNumbers(scope, interval, by) };
  }

  /** Shows the numbers of each hour, day or week of an interval, in a time zone. */
  @Get('timeseries')
  @Refuses('INTERVAL_TOO_LONG', 'INVALID_FILTER', 'TOO_MANY_BUCKETS', 'UNKNOWN_TIME_ZONE')
  async getAnalyticsTimeseries(@Query() { bucket, ...filter }: TimeseriesQuery): Promise<TimeseriesDto> {
    const { scope, interval, window } = resolveInterval(filter);
    const { timeZone } = filter;
    return { window, bucket, timeZone, items: await this.analytics.timeseries(scope, interval, bucket, timeZone) };
  }
}
