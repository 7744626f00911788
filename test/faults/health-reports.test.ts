import { StatsRebuilder } from '#statistics';
import { idAt, insertHistory } from '../support/random-history.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
/** As many as are filled. */
const SLOTS = 24;
const NEVER = { REPORT_CRON_HOURLY: 'off', REPORT_CRON_DAILY: 'off' };
const EACH_SECOND = { REPORT_CRON_HOURLY: '* * * * * *', REPORT_CRON_DAILY: 'off' };

/** A process whose clock is this far ahead. */
function clockAhead(ms: number): NodeJS.ProcessEnv {
  const skew = `const Real = Date;
    globalThis.Date = class Date extends Real {
      constructor(...given) { super(...(given.length > 0 ? given : [Date.now()])); }
      static now() { return Real.now() + ${ms}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(skew)}` };
}

describe('the reports of the schedule', () => {
  let database: TestDatabase;
  let sql: Sql;
  let running: ServiceProcess[];

  const replica = async (env: NodeJS.ProcessEnv) => {
    const service = await startServiceProcess({ DATABASE_URL: database.url, ...env });
    running.push(service);
    return service;
  };
  const windows = async () =>
    (
      await sql<{ from: string; revision: number; slot: string }>(
        `select to_char(window_from, 'DD HH24:MI') as from, revision, slot from health_report order by window_from`,
      )
    ).map(({ from, revision, slot }) => `${slot} ${from} #${revision}`);

  beforeEach(async () => {
    running = [];
    database = await createTestDatabase();
    sql = await connectSql(database.url);
    const hours = Array.from({ length: 30 }, (_, index) => new Date(Date.now() - (index + 1) * HOUR));
    await insertHistory(
      database.url,
      hours.map((startedAt) => ({
        ...{ id: idAt(startedAt), startedAt, typeKey: 'Article', platform: 'shop', environment: 'default' },
        ...{ direction: 'PUSH', status: 'SUCCESS', trigger: 'API', actor: 'jane', forced: false },
        ...{ errorCode: null, errorMessage: null, statusCode: 200, durationMs: 100 },
      })),
    );
    const service = await startTestApp({ DATABASE_URL: database.url, ...NEVER });
    await service.app.get(StatsRebuilder).rebuild();
    await service.close();
  });

  afterEach(async () => {
    await Promise.all(running.map((service) => service.stop()));
    await sql?.close();
    await database?.drop();
  });

  it('are one for each slot, by three replicas whose clocks are 90 s apart', async () => {
    await Promise.all([-90_000, 0, 90_000].map((ms) => replica({ ...EACH_SECOND, ...clockAhead(ms) })));
    await until('every slot has its report', async () => (await windows()).length >= SLOTS);
    const made = await windows();
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((window) => /^hourly .*:00 #1$/.test(window))).toBe(true);
  });

  it('are one for each slot when a replica is killed while it writes one', async () => {
    const other = await connectSql(database.url);
    await other('begin');
    await other('lock table health_report in share mode');
    const killed = await replica(EACH_SECOND);
    const writing = `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into health_report%'`;
    await until('it writes a report', async () => (await sql<{ count: number }>(writing))[0]!.count > 0);
    await killed.kill();
    await other.close();
    await replica(EACH_SECOND);
    await until('every slot has its report', async () => (await windows()).length >= SLOTS);
    const made = await windows();
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((window) => window.endsWith('#1'))).toBe(true);
  });
});
