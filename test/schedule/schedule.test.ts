import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JOB_NAMES, JOBS, Schedule } from '#schedule';
import { startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

describe('the schedule', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('runs no job twice at once, and goes on after one that failed', async () => {
    const schedule = new Schedule();
    let [running, most, runs] = [0, 0, 0];
    schedule.add(
      'heartbeat',
      async () => {
        running += 1;
        most = Math.max(most, running);
        runs += 1;
        await new Promise((resolve) => setTimeout(resolve, 15));
        running -= 1;
        throw new Error('the database is away');
      },
      { every: 5 },
    );
    schedule.onApplicationBootstrap();
    await until('it has run five times', () => runs >= 5);
    await schedule.stop();
    const afterwards = runs;
    expect([most, running]).toEqual([1, 0]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(runs).toBe(afterwards);
  });

  it('stops the jobs in the order of the list, each after its run, and lets the last run follow', async () => {
    const schedule = new Schedule();
    const ended: string[] = [];
    const begun = new Set<string>();
    for (const name of JOB_NAMES.toReversed()) {
      const run = async () => {
        begun.add(name);
        await until('it stops', () => schedule.isStopping);
        ended.push(name);
      };
      const last = () => {
        ended.push(`${name}, last`);
        return Promise.resolve();
      };
      schedule.add(name, run, { every: 1, last });
    }
    schedule.onApplicationBootstrap();
    await until('all run', () => begun.size === JOB_NAMES.length);
    await Promise.all([schedule.stop(), schedule.stop()]);
    expect(ended.filter((name) => name.endsWith('last'))).toEqual(JOB_NAMES.map((name) => `${name}, last`));
    for (const name of JOB_NAMES) expect(ended.indexOf(name)).toBeLessThan(ended.indexOf(`${name}, last`));
  });

  it('runs a cron job at the start, waits for it at the end, and knows that it ends', async () => {
    const schedule = new Schedule();
    const run = Promise.withResolvers<void>();
    let runs = 0;
    const every = { cron: '0 0 1 1 *', timeZone: 'UTC' };
    schedule.add(
      'reports.daily',
      () => {
        runs += 1;
        return run.promise;
      },
      { every },
    );
    schedule.onApplicationBootstrap();
    let stopped = false;
    const stopping = schedule.stop().then(() => (stopped = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([runs, stopped, schedule.isStopping]).toEqual([1, false, true]);
    run.resolve();
    await stopping;
  });

  it('does not start a job whose pause a setting says, without that pause', () => {
    const schedule = new Schedule();
    schedule.add('syncs.sweep', () => Promise.resolve());
    expect(() => schedule.onApplicationBootstrap()).toThrow(
      'The job syncs.sweep needs the pause that LEASE_MS / 5 says.',
    );
  });

  it('waits for no job for ever', async () => {
    const schedule = new Schedule();
    let runs = 0;
    schedule.add(
      'events.send',
      () => {
        runs += 1;
        return new Promise(() => undefined);
      },
      { every: 1 },
    );
    schedule.onApplicationBootstrap();
    await until('it runs', () => runs > 0);
    await schedule.stop();
    expect(runs).toBe(1);
  }, 10_000);

  it('has the work of every job of the list in the service', async () => {
    const service = await startTestApp({
      ALERT_WEBHOOK_URL: 'https://127.0.0.1:9/x',
      ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    });
    const { jobs } = service.app.get<{ jobs: Map<string, unknown> }>(Schedule);
    expect([...jobs.keys()].toSorted()).toEqual(JOB_NAMES.toSorted());
    await service.close();
  });

  it('shows its timers and crons in the registry of the application', async () => {
    const registry = new SchedulerRegistry();
    const schedule = new Schedule(registry);
    let runs = 0;
    schedule.add('events.send', () => Promise.resolve((runs += 1)), { every: 5 });
    schedule.add('reports.daily', () => Promise.resolve(), { every: { cron: '0 0 1 1 *', timeZone: 'UTC' } });
    schedule.onApplicationBootstrap();
    await until('it has run', () => runs > 2);
    expect(registry.getTimeouts()).toEqual(['synctrail.events.send']);
    expect([...registry.getCronJobs().keys()]).toEqual(['synctrail.reports.daily']);
    await schedule.stop();
  });

  it('stands in the docs for operators', () => {
    const rows = JOB_NAMES.map((name) => {
      const { every, does }: { every: number | string; does: string } = JOBS[name];
      return [name, typeof every === 'number' ? `${every} ms` : every, does];
    });
    const page = readFileSync('docs/operations.md', 'utf8');
    const cells = page.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('`', '').trim()),
    );
    for (const row of rows) expect(cells).toContainEqual(row);
  });
});
