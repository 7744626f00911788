/** A recurring job. Each replica runs it; the database sees to it that the work is done once. */
export interface Job {
  /** A pause in milliseconds after each run, or the setting that gives the pause or the cron expression. */
  every: number | string;
  /** Milliseconds until the first run, where that comes sooner. */
  firstAfterMs?: number;
  /** One sentence for operators. */
  does: string;
}

/** Lets everything start first. A process that is killed again and again would never reach a later run. */
const SOON_MS = 100;

/** Every recurring job of the service, in the order in which a shutdown stops them. */
export const JOBS = {
  'alerts.watch': { every: 'ALERT_EVERY_MS', does: 'Compares the health of each target with the last alert.' },
  'alerts.send': { every: '1000 ms, or ALERT_RETRY_MS if less', does: 'Sends the alerts that are due.' },
  'reports.hourly': { every: 'REPORT_CRON_HOURLY', does: 'Makes the health reports of the hours that are over.' },
  'reports.daily': { every: 'REPORT_CRON_DAILY', does: 'Makes the health reports of the days that are over.' },
  'retention.drop': { every: 3_600_000, does: 'Drops payloads and months that are old enough.' },
  'snapshots.pack': { every: 600_000, does: 'Packs the contents of older versions, compressed together.' },
  'access-log.count': { every: 5_000, does: 'Writes how often each caller was refused in the last minute.' },
  'idempotency.expire': { every: 600_000, does: 'Drops Idempotency-Keys that are older than 24 hours.' },
  'statistics.count': { every: 400, does: 'Counts new events into the statistics.' },
  'outcomes.ask': { every: 2_000, does: 'Reads targets back where the outcome of a push is unknown.' },
  'live.follow': { every: 2_000, does: 'Folds new events into the live state.' },
  'events.send': { every: 250, does: 'Sends new events to the open streams.' },
  'watches.run': { every: 1_000, does: 'Pulls the targets whose drift watch is due.' },
  'expectations.check': { every: 2_000, does: 'Checks the expectations that are due, and those that were missed.' },
  'deployments.run': {
    every: 1_000,
    firstAfterMs: SOON_MS,
    does: 'Begins the deployments that may run, and goes on with those of dead processes.',
  },
  'syncs.sweep': {
    every: 'LEASE_MS / 5',
    firstAfterMs: SOON_MS,
    does: 'Settles syncs of dead processes, after reading the platform back.',
  },
  'journal.project': { every: 100, does: 'Projects what was recorded into history, events and versions.' },
  heartbeat: {
    every: 'LEASE_MS / 5',
    does: 'Shows that this process lives, and compares its clock with the database.',
  },
} satisfies Record<string, Job>;

export type JobName = keyof typeof JOBS;
export const JOB_NAMES = Object.keys(JOBS) as JobName[];
