import { Injectable } from '@nestjs/common';
import { type Interval, SyncAnalyticsService, type SyncNumbers } from '#statistics';
import { conclude } from './health-report.ts';
import { HealthReportReader, recentFailure, type ReportedTargets } from './health-report.reader.ts';
import { HealthReader } from './health.reader.ts';
import type { PlatformRecommendationDto, PlatformReportDto } from './health.dto.ts';

/** Environments for which a report recommends: those with the newest syncs. */
const MAX_ENVIRONMENTS = 10;

/** Makes the health report of a platform, of what its targets are like now; it is not kept. */
@Injectable()
export class PlatformReportService {
  constructor(
    private readonly health: HealthReader,
    private readonly reader: HealthReportReader,
    private readonly analytics: SyncAnalyticsService,
  ) {}

  /** `numbers` are those of the targets and the interval; null for an interval that has not begun. */
  async report(
    targets: ReportedTargets,
    { from, to }: Interval,
    numbers: SyncNumbers,
  ): Promise<PlatformReportDto | null> {
    const now = await this.health.now();
    if (from >= now) return null;
    // The condition of a target in the future is not known.
    const interval = { from, to: to < now ? to : now };
    const [failed, commonErrors, recommendations] = await Promise.all([
      this.reader.failedSyncs(targets, interval),
      this.reader.commonErrors(targets, interval),
      this.recommendations(targets, interval),
    ]);
    return {
      platform: targets.platform,
      successRate: numbers.successRate,
      averageDuration: numbers.duration.mean,
      recentFailures: failed.map((sync) => {
        return { environment: sync.environment, ...recentFailure(sync), at: sync.startedAt };
      }),
      commonErrors,
      recommendations,
    };
  }

  private async recommendations(targets: ReportedTargets, interval: Interval): Promise<PlatformRecommendationDto[]> {
    const found: PlatformRecommendationDto[] = [];
    for (const environment of await this.environments(targets)) {
      const inputs = await this.reader.inputs({ platform: targets.platform, environment }, interval);
      found.push(...conclude(inputs).recommendations.map((one) => ({ environment, ...one })));
    }
    return found;
  }

  private async environments({ platform, environment }: ReportedTargets): Promise<string[]> {
    const named = environment === undefined ? undefined : [environment].flat();
    return (await this.analytics.targets())
      .filter((target) => target.platform === platform && (named?.includes(target.environment) ?? true))
      .sort((a, b) => b.lastSyncAt.getTime() - a.lastSyncAt.getTime())
      .slice(0, MAX_ENVIRONMENTS)
      .map((target) => target.environment);
  }
}
