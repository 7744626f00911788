import { Inject, Injectable } from '@nestjs/common';
import { FailurePatternService } from '#failures';
import { SyncHistoryQueries } from '#history';
import type { Target } from '#platform';
import type { SyncRecord } from '#recording';
import { type Interval, intervalBefore, SyncAnalyticsService } from '#statistics';
import type { CommonError, RecentFailure, ReportInputs } from './health-report.inputs.ts';
import { HealthReader } from './health.reader.ts';
import { HEALTH_THRESHOLDS } from './health.service.ts';
import type { HealthThresholds } from './health.ts';

const MAX_FAILURES = 10;
const MAX_ERRORS = 10;

/** Where a report looks: a platform, in all its environments or in some. */
export interface ReportedTargets {
  platform: string;
  environment?: string | string[];
}

/** Reads what reports are made of. */
@Injectable()
export class HealthReportReader {
  constructor(
    private readonly health: HealthReader,
    private readonly analytics: SyncAnalyticsService,
    private readonly failures: FailurePatternService,
    private readonly history: SyncHistoryQueries,
    @Inject(HEALTH_THRESHOLDS) private readonly thresholds: HealthThresholds,
  ) {}

  async inputs({ platform, environment }: Target, { from, to }: Interval): Promise<ReportInputs> {
    const [target, interval] = [
      { platform, environment },
      { from, to },
    ];
    const [health, before, failed, commonErrors, patterns] = await Promise.all([
      this.health.inputs(target, interval),
      this.analytics.numbers(target, intervalBefore(interval)),
      this.failedSyncs(target, interval),
      this.commonErrors(target, interval),
      this.failures.detectFailurePatterns(target, interval),
    ]);
    return {
      ...target,
      from: from.toISOString(),
      to: to.toISOString(),
      ...{ health, thresholds: this.thresholds, before },
      ...{ recentFailures: failed.map(recentFailure), commonErrors },
      patterns: patterns.map(({ shape, summary, count, typeKeys, firstSeen, lastSeen, evidence }) => ({
        ...{ shape, summary, count, typeKeys, evidence },
        firstSeen: firstSeen.toISOString(),
        lastSeen: lastSeen.toISOString(),
      })),
    };
  }

  /** The newest failures of an interval, at most 10. */
  async failedSyncs(targets: ReportedTargets, { from, to }: Interval): Promise<SyncRecord[]> {
    const failed = { ...targets, status: ['FAILED' as const, 'PARTIAL' as const], startDate: from, endDate: to };
    return (await this.history.page(failed, { limit: MAX_FAILURES })).items;
  }

  /** The most frequent errors of an interval, at most 10. */
  async commonErrors(targets: ReportedTargets, interval: Interval): Promise<CommonError[]> {
    const errors = await this.failures.fingerprints(targets, interval);
    return errors
      .slice(0, MAX_ERRORS)
      .map(({ fingerprint, errorCode, message, count, share, state, typeKeys, evidence }) => ({
        ...{ fingerprint, errorCode, message, count, share, state, typeKeys, evidence },
      }));
  }
}

export function recentFailure({
  id,
  typeKey,
  errorCode = null,
  errorMessage = null,
  startedAt,
}: SyncRecord): RecentFailure {
  return { syncId: id, typeKey, errorCode, errorMessage, at: startedAt.toISOString() };
}
