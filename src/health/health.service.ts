import { Inject, Injectable } from '@nestjs/common';
import { SyncAnalyticsService } from '#statistics';
import { HealthReader } from './health.reader.ts';
import { evaluateHealth, type HealthInputs, type HealthThresholds, type Judgement } from './health.ts';

export const HEALTH_THRESHOLDS = Symbol('health thresholds');

const HOUR_MS = 3_600_000;

/** The condition of an environment of a platform now, and what it was judged by. */
export interface TargetHealth extends Judgement {
  platform: string;
  environment: string;
  inputs: HealthInputs;
}

/** Tells the condition of every target with which something was ever synchronised. */
@Injectable()
export class HealthService {
  constructor(
    private readonly analytics: SyncAnalyticsService,
    private readonly reader: HealthReader,
    @Inject(HEALTH_THRESHOLDS) private readonly thresholds: HealthThresholds,
  ) {}

  /** By platform and environment. */
  async current(): Promise<TargetHealth[]> {
    const to = await this.reader.now();
    const from = new Date(to.getTime() - this.thresholds.windowHours * HOUR_MS);
    const targets = await this.analytics.targets();
    const counts = await this.reader.outOfSync(targets);
    const healths: TargetHealth[] = [];
    for (const { platform, environment } of targets) {
      const inputs = await this.reader.inputs({ platform, environment }, { from, to }, counts);
      healths.push({ platform, environment, ...evaluateHealth(inputs, this.thresholds), inputs });
    }
    return healths;
  }
}
