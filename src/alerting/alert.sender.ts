import { Inject, Injectable, Logger } from '@nestjs/common';
import { Admission, storableText } from '#recording';
import { Redaction } from '#redaction';
import { Schedule } from '#schedule';
import { delayAfter } from '#tracking';
import { ALERTING_OPTIONS, type AlertingOptions, type AlertTarget } from './alerting.options.ts';
import { type Alert, Alerts } from './alerts.ts';
import { sendWebhook } from './webhook.ts';

const EVERY_MS = 1_000;
/** With doubling pauses up to ten minutes, these are about two hours. */
const MAX_ATTEMPTS = 20;
const MAX_PAUSE_MS = 600_000;

/** Sends what is to be told, until it has arrived or was tried for long enough. */
@Injectable()
export class AlertSender {
  private readonly logger = new Logger(AlertSender.name);

  constructor(
    private readonly alerts: Alerts,
    private readonly admission: Admission,
    private readonly redaction: Redaction,
    @Inject(ALERTING_OPTIONS) private readonly options: AlertingOptions,
    schedule: Schedule,
  ) {
    const every = Math.min(EVERY_MS, options.retryMs);
    if (options.target) schedule.add('alerts.send', () => this.send(), { every });
  }

  /** Sends all that is due. */
  async send(): Promise<void> {
    const { target } = this.options;
    // A signature holds for the time in it, which another replica knows better.
    if (!this.admission.isOpen) return;
    for (let alert = target && (await this.alerts.claim()); target && alert; alert = await this.alerts.claim()) {
      await this.attempt(alert, target);
    }
  }

  private async attempt({ id, payload, attempts }: Alert, target: AlertTarget): Promise<void> {
    let statusCode: number | null = null;
    let error: string;
    try {
      statusCode = await sendWebhook(target, { id, payload, allowPrivate: this.options.allowPrivate });
      if (statusCode >= 200 && statusCode < 300) return await this.alerts.delivered(id, statusCode);
      error = `It was answered ${statusCode}${statusCode >= 300 && statusCode < 400 ? '; redirects are not followed' : ''}.`;
    } catch (cause) {
      error = storableText(this.redaction.text((cause as Error).message), 1_000);
    }
    this.logger.warn(`The alert ${id} did not arrive (attempt ${attempts}): ${error}`);
    const policy = {
      maxAttempts: MAX_ATTEMPTS,
      initialDelayMs: this.options.retryMs,
      multiplier: 2,
      maxDelayMs: MAX_PAUSE_MS,
    };
    await this.alerts.failed(id, error, statusCode, attempts < MAX_ATTEMPTS ? delayAfter(attempts, policy) : null);
  }
}
