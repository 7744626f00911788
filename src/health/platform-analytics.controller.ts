import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NeedsAtTarget } from '#access';
import type { FilterConditions } from '#history';
import { Refuses } from '#problems';
import { type Interval, lengthOf, resolveInterval, SyncAnalyticsService } from '#statistics';
import { MAX_REPORT_MS } from './health-report.ts';
import type { ReportedTargets } from './health-report.reader.ts';
import { AnalyticsDto, ReportedNumbersQuery } from './health.dto.ts';
import { PlatformReportService } from './platform-report.service.ts';

@ApiTags('analytics')
@NeedsAtTarget('read')
@Controller('sync/analytics')
export class PlatformAnalyticsController {
  constructor(
    private readonly analytics: SyncAnalyticsService,
    private readonly reports: PlatformReportService,
  ) {}

  /**
   * Shows the numbers of an interval: counts, rates, durations, the slowest content types, and the change. With one
   * platform, it has the health report of the platform as well.
   */
  @Get()
  @Refuses('INTERVAL_TOO_LONG', 'INVALID_FILTER', 'UNKNOWN_TIME_ZONE', 'LIVE_STATE_BEHIND')
  async getAnalytics(@Query() { slowest, report, ...filter }: ReportedNumbersQuery): Promise<AnalyticsDto> {
    const { scope, interval, window } = resolveInterval(filter);
    const targets = report ? reportedTargets(scope, interval) : null;
    const [numbers, slowestTypes] = await Promise.all([
      this.analytics.comparedNumbers(scope, interval),
      slowest > 0 ? this.analytics.slowestTypes(scope, interval, slowest) : [],
    ]);
    const made = targets ? await this.reports.report(targets, interval, numbers) : null;
    return { window, ...numbers, slowestTypes, report: made };
  }
}

/** Null where there is no report: under other conditions it would tell of other syncs than the numbers do. */
function reportedTargets(
  { platform, environment, ...others }: FilterConditions,
  interval: Interval,
): ReportedTargets | null {
  const [one, ...more] = new Set([platform ?? []].flat());
  const isNarrowed = Object.keys(others).some((name) => name !== 'dateField') || others.dateField === 'completed';
  if (one === undefined || more.length > 0 || isNarrowed || lengthOf(interval) > MAX_REPORT_MS) return null;
  return { platform: one, environment };
}
