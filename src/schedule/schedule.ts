import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, Optional } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { type Job, JOB_NAMES, type JobName, JOBS } from './jobs.ts';
import { Periodic } from './periodic.ts';

/** Milliseconds that a shutdown waits for one job. */
const MAX_STOP_MS = 5_000;

/** How a job is run. */
export interface JobOptions {
  /** Milliseconds between two runs, or a cron expression, where a setting says it. */
  every?: number | { cron: string; timeZone: string };
  /** Runs once after the last run, while the database is still there. */
  last?: () => Promise<unknown>;
}

interface AddedJob {
  run: () => Promise<unknown>;
  options: JobOptions;
  runs: Periodic | CronRuns | undefined;
}

/** Starts the recurring jobs of {@link JOBS}, runs none twice at once, and stops them in the order of that list. */
@Injectable()
export class Schedule implements OnApplicationBootstrap {
  private readonly logger = new Logger(Schedule.name);
  private readonly jobs = new Map<JobName, AddedJob>();
  private stopping: Promise<void> | undefined;

  /** The registry of an application that has one; embedded, none may be set up twice. */
  constructor(@Optional() private readonly registry: SchedulerRegistry = new SchedulerRegistry()) {}

  /** Whether a shutdown has begun: a long run ends early. */
  get isStopping(): boolean {
    return this.stopping !== undefined;
  }

  /** Adds the work of a job, before the application has started. A failed run is logged; the next comes in its time. */
  add(name: JobName, run: () => Promise<unknown>, options: JobOptions = {}): void {
    this.jobs.set(name, { run, options, runs: undefined });
  }

  onApplicationBootstrap(): void {
    for (const [name, job] of this.jobs) job.runs ??= this.start(name, job);
  }

  /** Stops all jobs, one after another; waits for a run that is under way, for each at most {@link MAX_STOP_MS}. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private start(name: JobName, { run, options: { every } }: AddedJob): Periodic | CronRuns {
    const { every: usual, firstAfterMs }: Job = JOBS[name];
    if (typeof every === 'object') {
      const runs = new CronRuns(every, run, (error) => this.logger.warn(`${name} failed and will run again: ${error}`));
      this.registry.addCronJob(registered(name), runs.job);
      return runs;
    }
    const pauseMs = every ?? usual;
    if (typeof pauseMs !== 'number') throw new Error(`The job ${name} needs the pause that ${usual} says.`);
    const runs = new Periodic(name, pauseMs, run, (timer) => this.register(name, timer));
    runs.start(firstAfterMs);
    return runs;
  }

  /** An application sees the timer of each job in its own registry. */
  private register(name: JobName, timer: NodeJS.Timeout): void {
    if (this.registry.doesExist('timeout', registered(name))) this.registry.deleteTimeout(registered(name));
    this.registry.addTimeout(registered(name), timer);
  }

  private async stopAll(): Promise<void> {
    for (const name of JOB_NAMES) {
      const job = this.jobs.get(name);
      if (!job) continue;
      await inTime(job.runs?.stop());
      await inTime(job.options.last?.().catch(() => undefined));
    }
  }
}

/** The registry may be that of an application with jobs of its own. */
function registered(name: JobName): string {
  return `synctrail.${name}`;
}

/** Runs at the times of a cron expression, and once at the start. */
class CronRuns {
  readonly job: CronJob;
  private current: Promise<unknown> = Promise.resolve();

  constructor(
    { cron, timeZone }: { cron: string; timeZone: string },
    run: () => Promise<unknown>,
    onError: (error: string) => void,
  ) {
    const onTick = () => {
      this.current = run().catch((error: unknown) => onError((error as Error).message));
      return this.current;
    };
    this.job = CronJob.from({
      ...{ cronTime: cron, timeZone, onTick: () => onTick().then(() => undefined) },
      ...{ start: true, runOnInit: true, unrefTimeout: true, waitForCompletion: true },
    });
  }

  async stop(): Promise<void> {
    await this.job.stop();
    await this.current;
  }
}

async function inTime(work: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([work, wait(MAX_STOP_MS, undefined, { ref: false })]);
}
