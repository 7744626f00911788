import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HealthService } from '#health';
import { Periodic } from '#schedule';
import { ALERTING_OPTIONS, type AlertingOptions } from './alerting.options.ts';
import { Alerts } from './alerts.ts';

/** Looks at the health of every place, and has told when it changes: not each failure, and not a blink. */
@Injectable()
export class AlertWatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly runs: Periodic;

  constructor(
    private readonly health: HealthService,
    private readonly alerts: Alerts,
    @Inject(ALERTING_OPTIONS) private readonly options: AlertingOptions,
  ) {
    this.runs = new Periodic(AlertWatcher.name, options.everyMs, () => this.look());
  }

  onApplicationBootstrap(): void {
    if (this.options.target) this.runs.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runs.stop();
  }

  async look(): Promise<void> {
    for (const place of await this.health.current()) {
      await this.alerts.note(place, this.options.on.includes(place.health), this.options.afterMs);
    }
  }
}
