import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { query } from '#database';
import { Schedule } from '#schedule';
import type { Target } from '#platform';
import { type Interval, SyncAnalyticsService } from '#statistics';
import { HealthReportService } from './health-report.service.ts';
import { HealthReader } from './health.reader.ts';
import { type ReportFrequency, REPORT_FREQUENCIES, intervalsDue } from './report-schedule.ts';

export const REPORT_SCHEDULE = Symbol('report schedule');

/** When reports are made: cron expressions, or `off`, and the zone by whose clocks they run and days begin. */
export interface ReportSchedule extends Record<ReportFrequency, string> {
  timeZone: string;
}

/**
 * Makes the reports of the hours and days that are over. Which those are, the clock of the database says; who comes first
 * makes a report, and there is one, however many replicas there are. What was missed is made up for.
 */
@Injectable()
export class ReportScheduler {
  private readonly logger = new Logger(ReportScheduler.name);

  constructor(
    private readonly em: EntityManager,
    private readonly reader: HealthReader,
    private readonly analytics: SyncAnalyticsService,
    private readonly reports: HealthReportService,
    private readonly schedule: Schedule,
    @Inject(REPORT_SCHEDULE) private readonly times: ReportSchedule,
  ) {
    for (const slot of REPORT_FREQUENCIES) {
      const every = { cron: times[slot], timeZone: times.timeZone };
      if (every.cron !== 'off') schedule.add(`reports.${slot}`, () => this.run(slot), { every });
    }
  }

  /** Makes the reports that are missing; answers how many it made. */
  async fill(slot: ReportFrequency): Promise<number> {
    const now = await this.reader.now();
    const intervals = intervalsDue(slot, now, this.times.timeZone);
    let made = 0;
    for (const target of await this.analytics.targets()) {
      for (const interval of await this.missing(target, intervals)) {
        if (this.schedule.isStopping) return made;
        if (await this.reports.make({ ...target, ...interval, slot, actor: 'schedule' })) made += 1;
      }
    }
    return made;
  }

  private async run(slot: ReportFrequency): Promise<void> {
    const made = await this.fill(slot);
    if (made > 0) this.logger.log(`${made} ${slot} health reports were made`);
  }

  /** The intervals of a target that have no report, but for those before its first sync. */
  private async missing({ platform, environment }: Target, intervals: Interval[]): Promise<Interval[]> {
    const { rows } = await query<{ index: number }>(
      this.em,
      `select s.index::integer from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as s (from_, to_, index)
       where not exists (
         select from health_report r where r.platform = $1 and r.environment = $2 and r.window_from = s.from_ and r.window_to = s.to_)
       and exists (
         select from sync_history h where h.target_platform = $1 and h.environment = $2 and h.id < uuid_at(s.to_))
       order by s.index`,
      [platform, environment, intervals.map(({ from }) => from), intervals.map(({ to }) => to)],
    );
    return rows.map(({ index }) => intervals[index - 1]!);
  }
}
