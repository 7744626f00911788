import { Inject, Injectable } from '@nestjs/common';
import { HealthService } from '#health';
import { Schedule } from '#schedule';
import { ALERTING_OPTIONS, type AlertingOptions } from './alerting.options.ts';
import { Alerts } from './alerts.ts';

/** Looks at the health of every target, and has told when it changes: not each failure, and not a blink. */
@Injectable()
export class AlertWatcher {
  constructor(
    private readonly health: HealthService,
    private readonly alerts: Alerts,
    @Inject(ALERTING_OPTIONS) private readonly options: AlertingOptions,
    schedule: Schedule,
  ) {
    if (options.target) schedule.add('alerts.watch', () => this.look(), { every: options.everyMs });
  }

  async look(): Promise<void> {
    // What was told of must be told to have ended, also where health has nothing to say any more.
    for (const target of await this.health.current(await this.alerts.unwell())) {
      await this.alerts.note(target, this.options.on.includes(target.health), this.options.afterMs);
    }
  }
}
