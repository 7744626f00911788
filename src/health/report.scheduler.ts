import { EntityManager } from '@mikro-orm/core';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { ask } from '#database';
import { type Period, type Place, SyncAnalyticsService } from '#statistics';
import { HealthReportService } from './health-report.service.ts';
import { HealthReader } from './health.reader.ts';
import { type Slot, SLOTS, slotsAt } from './report-schedule.ts';

export const REPORT_SCHEDULE = Symbol('report schedule');

/** When reports are made: cron expressions, or `off`, and the zone by whose clocks they run and days begin. */
export interface ReportSchedule extends Record<Slot, string> {
  timeZone: string;
}

/**
 * Makes the reports of the hours and days that are over. Which those are, the clock of the database says; who comes first
 * makes a report, and there is one, however many replicas there are. What was missed is made up for.
 */
@Injectable()
export class ReportScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ReportScheduler.name);
  private running: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(
    private readonly em: EntityManager,
    private readonly reader: HealthReader,
    private readonly analytics: SyncAnalyticsService,
    private readonly reports: HealthReportService,
    private readonly registry: SchedulerRegistry,
    @Inject(REPORT_SCHEDULE) private readonly schedule: ReportSchedule,
  ) {}

  onApplicationBootstrap(): void {
    for (const slot of SLOTS) {
      if (this.schedule[slot] === 'off') continue;
      const job = CronJob.from({
        cronTime: this.schedule[slot],
        timeZone: this.schedule.timeZone,
        onTick: () => this.begin(slot),
        unrefTimeout: true,
      });
      this.registry.addCronJob(`health reports, ${slot}`, job);
      job.start();
      this.begin(slot);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    await this.running;
  }

  /** Makes the reports that are missing; answers how many it made. */
  async fill(slot: Slot): Promise<number> {
    const now = await this.reader.now();
    const slots = slotsAt(slot, now, this.schedule.timeZone);
    let made = 0;
    for (const place of await this.analytics.places()) {
      for (const period of await this.missing(place, slots)) {
        if (this.isClosing) return made;
        if (await this.reports.make({ ...place, ...period, slot, actor: 'schedule' })) made += 1;
      }
    }
    return made;
  }

  /** One after another. */
  private begin(slot: Slot): void {
    this.running = this.running
      .then(() => this.fill(slot))
      .then((made) => made > 0 && this.logger.log(`${made} ${slot} health reports were made`))
      .catch((error: unknown) => {
        this.logger.warn(`The ${slot} health reports wait for their next time: ${(error as Error).message}`);
      })
      .then(() => undefined);
  }

  /** The slots of a place that have no report, but for those before its first sync. */
  private async missing({ platform, environment }: Place, slots: Period[]): Promise<Period[]> {
    const { rows } = await ask<{ index: number }>(
      this.em,
      `select s.index::integer from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as s (from_, to_, index)
       where not exists (
         select from health_report r where r.platform = $1 and r.environment = $2 and r.window_from = s.from_ and r.window_to = s.to_)
       and exists (
         select from sync_history h where h.target_platform = $1 and h.environment = $2 and h.id < uuid_at(s.to_))
       order by s.index`,
      [platform, environment, slots.map(({ from }) => from), slots.map(({ to }) => to)],
    );
    return rows.map(({ index }) => slots[index - 1]!);
  }
}
