import { Inject, Injectable } from '@nestjs/common';
import type { Target } from '#platform';
import { SyncAnalyticsService } from '#statistics';
import { HealthReader, keyOf, type TargetUnmet, targetOf } from './health.reader.ts';
import { evaluateHealth, type HealthInputs, type HealthThresholds, type Judgement } from './health.ts';

export const HEALTH_THRESHOLDS = Symbol('health thresholds');

const HOUR_MS = 3_600_000;

/** The condition of an environment of a platform now, and what it was judged by. */
export interface TargetHealth extends Judgement {
  platform: string;
  environment: string;
  inputs: HealthInputs;
}

/** Tells the condition of every target with which something was ever synchronised, or should have been. */
@Injectable()
export class HealthService {
  constructor(
    private readonly analytics: SyncAnalyticsService,
    private readonly reader: HealthReader,
    @Inject(HEALTH_THRESHOLDS) private readonly thresholds: HealthThresholds,
  ) {}

  /** By platform and environment, also of `more` targets than those that have something to tell. */
  async current(more: Target[] = []): Promise<TargetHealth[]> {
    const to = await this.reader.now();
    const from = new Date(to.getTime() - this.thresholds.windowHours * HOUR_MS);
    const unmet = await this.reader.unmet(to);
    const targets = withExpected([...(await this.analytics.targets()), ...more], unmet);
    const counts = await this.reader.outOfSync(targets);
    const healths: TargetHealth[] = [];
    for (const { platform, environment } of targets) {
      const inputs = await this.reader.inputs({ platform, environment }, { from, to }, counts, unmet);
      healths.push({ platform, environment, ...evaluateHealth(inputs, this.thresholds), inputs });
    }
    return healths;
  }
}

/** With the targets where something should have come, and never did. */
function withExpected(synced: Target[], unmet: TargetUnmet): Target[] {
  const keys = new Set([...synced.map(keyOf), ...unmet.keys()]);
  return [...keys].sort().map(targetOf);
}
