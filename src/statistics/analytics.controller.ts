import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { EARLIEST } from '#validation';
import { resolveInterval } from './analytics-interval.ts';
import { AnalyticsDto, GroupsDto, GroupsQuery, NumbersQuery, TimeseriesDto, TimeseriesQuery } from './analytics.dto.ts';
import { SyncAnalyticsService } from './sync-analytics.service.ts';
import type { Interval, SyncNumbers } from './sync-numbers.ts';

@ApiTags('analytics')
@Controller('sync/analytics')
export class AnalyticsController {
  constructor(private readonly analytics: SyncAnalyticsService) {}

  /** Shows the numbers of an interval: counts, rates, durations, the slowest content types, and the change. */
  @Get()
  async numbers(@Query() { slowest, ...filter }: NumbersQuery): Promise<AnalyticsDto> {
    const { scope, interval, window } = resolveInterval(filter);
    const before = intervalBefore(interval);
    const [numbers, numbersBefore, slowestTypes] = await Promise.all([
      this.analytics.numbers(scope, interval),
      this.analytics.numbers(scope, before),
      slowest > 0 ? this.analytics.slowestTypes(scope, interval, slowest) : [],
    ]);
    return {
      window,
      ...numbers,
      before: { ...before, ...numbersBefore },
      change: change(numbers, numbersBefore),
      slowestTypes,
    };
  }

  /** Shows the numbers of an interval for each target, or grouped by other fields. */
  @Get('groups')
  async groups(@Query() { by, ...filter }: GroupsQuery): Promise<GroupsDto> {
    const { scope, interval, window } = resolveInterval(filter);
    return { window, items: await this.analytics.groupedNumbers(scope, interval, by) };
  }

  /** Shows the numbers of each hour, day or week of an interval, in a time zone. */
  @Get('timeseries')
  async timeseries(@Query() { bucket, ...filter }: TimeseriesQuery): Promise<TimeseriesDto> {
    const { scope, interval, window } = resolveInterval(filter);
    const { timeZone } = filter;
    return { window, bucket, timeZone, items: await this.analytics.timeseries(scope, interval, bucket, timeZone) };
  }
}

/** As long as this one, but not before our era. */
function intervalBefore({ from, to }: Interval): Interval {
  return {
    from: new Date(Math.max(2 * from.getTime() - to.getTime(), Math.min(EARLIEST.getTime(), from.getTime()))),
    to: from,
  };
}

function change(now: SyncNumbers, before: SyncNumbers): AnalyticsDto['change'] {
  const share = (a: number | null, b: number | null) => (a === null || !b ? null : a / b - 1);
  return {
    total: share(now.counts.total, before.counts.total),
    successRate: now.successRate === null || before.successRate === null ? null : now.successRate - before.successRate,
    duration: share(now.duration.mean, before.duration.mean),
  };
}
