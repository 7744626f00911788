import { v7 as uuidv7 } from 'uuid';
import { readWatches } from '../../src/watch/configured-watches.ts';
import { WatchQueue } from '../../src/watch/watch.queue.ts';
import { deploy } from '../support/deployments.ts';
import { findings, sql } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

interface Watch {
  id: string;
  source: string;
  nextAt: string | null;
  endedAt: string | null;
  endedBy: string | null;
  lastRun: {
    dueAt: string;
    callId: string;
    differences: number | null;
    accepted: number | null;
    error: { code: string; message: string } | null;
  } | null;
}

const GETS = { method: 'GET', path: '/manifest' };
const WHY = { actor: 'drift-watch', reason: 'Find edits before the morning' };
const NIGHTLY = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', ...WHY };

let cms: SimulatedCms;
let database: TestDatabase;
let services: TestApp[];

beforeEach(async () => {
  [cms, database] = await Promise.all([startSimulatedCms(), createTestDatabase()]);
  services = [];
});
afterEach(async () => {
  for (const service of services) await service.close();
  await Promise.all([cms.close(), database.drop()]);
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<TestApp> {
  const service = await startTestApp({
    ...optimizelyAt(cms.url),
    DATABASE_URL: database.url,
    CIRCUIT_FAILURES: '1000',
    ...env,
  });
  services.push(service);
  return service;
}

const add = async ({ api }: TestApp, watch: object = NIGHTLY) => {
  const { status, body } = await api('POST', '/watches', watch);
  expect(status).toBe(201);
  return body as Watch;
};
const shown = async ({ api }: TestApp, id: string) => (await api('GET', `/watches/${id}`)).body as Watch;
const listed = async ({ api }: TestApp, query = '') =>
  ((await api('GET', `/watches?${query}`)).body as { items: Watch[] }).items;
/** The next time comes now. */
const makeDue = (id: string, ago = '1 second') =>
  sql(
    database.url,
    `update watch set next_at = date_trunc('milliseconds', clock_timestamp() - $2::interval) where id = $1`,
    [id, ago],
  );
const run = async (service: TestApp, id: string) => {
  const before = (await shown(service, id)).lastRun?.callId;
  await makeDue(id);
  return until('the watch has run', async () => {
    const { lastRun, nextAt } = await shown(service, id);
    return lastRun && nextAt !== null && lastRun.callId !== before && lastRun;
  });
};
const pulls = () =>
  sql<{ call_id: string; actor: string; trigger: string; reason: string; sync_status: string }>(
    database.url,
    `select call_id, actor, trigger, reason, sync_status from sync_history where type_key = '*' order by id`,
  );
const put = ({ api }: TestApp, typeKey: string, displayName: string) =>
  api('PUT', `/content-types/${typeKey}?author=jane`, { key: typeKey, baseType: '_component', displayName });

describe('a watch', () => {
  it('pulls everything at its time, as its actor, and shows what it found', async () => {
    const service = await start();
    await put(service, 'Article', 'ours');
    await deploy(service.api);
    const watch = await add(service);
    expect(watch).toMatchObject({ ...NIGHTLY, platform: 'optimizely', environment: 'default', source: 'API' });
    expect(watch).toMatchObject({ endedAt: null, runningSince: null, lastRun: null });
    const hour = new Date(watch.nextAt!).toLocaleTimeString('de', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
    expect(hour).toBe('03:00');
    expect(new Date(watch.nextAt!).getTime() - Date.now()).toBeLessThan(25 * 3_600_000);

    expect(await run(service, watch.id)).toMatchObject({ differences: 0, accepted: 0, error: null });
    await cms.edit('Article', 'mallory', { displayName: 'theirs' });
    const { callId } = await run(service, watch.id);
    expect(await shown(service, watch.id)).toMatchObject({ lastRun: { callId, differences: 1 }, nextAt: watch.nextAt });
    expect(await pulls()).toMatchObject([
      { ...WHY, trigger: 'SCHEDULE', sync_status: 'SUCCESS' },
      { ...WHY, trigger: 'SCHEDULE', sync_status: 'SUCCESS', call_id: callId },
    ]);
    const { body } = await service.api('GET', `/sync/history?callId=${callId}&typeKey=Article`);
    expect(body).toMatchObject({ items: [{ direction: 'PULL', trigger: 'SCHEDULE', actor: 'drift-watch' }] });
    expect(await findings(database.url)).toEqual([]);
  });

  it('shows a pull that failed, and runs again', async () => {
    const service = await start({ RETRY_MAX_ATTEMPTS: '1' });
    const { id } = await add(service);
    await cms.strike({ kind: 'status', status: 500, untilReset: true, match: GETS });
    const failed = await run(service, id);
    expect(failed).toMatchObject({ differences: null, accepted: null });
    expect(failed.error!.code).toMatch(/^[A-Z_]+$/);
    expect(failed.error!.message).not.toBe('');
    await cms.strike();
    expect(await run(service, id)).toMatchObject({ differences: 0, error: null });
    expect(await pulls()).toMatchObject([
      { call_id: failed.callId, sync_status: 'FAILED' },
      { sync_status: 'SUCCESS' },
    ]);
  });

  it('makes up once for what was missed while nobody ran', async () => {
    const first = await start();
    const { id } = await add(first, { ...NIGHTLY, cron: '*/5 * * * *' });
    await services.pop()!.close();
    await makeDue(id, '3 days');
    const [{ next_at: due }] = (await sql<{ next_at: string }>(database.url, 'select next_at from watch')) as [
      { next_at: string },
    ];
    const again = await start();
    const lastRun = await until('it has run', async () => (await shown(again, id)).lastRun);
    expect(new Date(lastRun.dueAt)).toEqual(new Date(due));
    await until(
      'the next is in the future',
      async () => Date.parse((await shown(again, id)).nextAt ?? '') > Date.now(),
    );
    expect(await pulls()).toHaveLength(1);
  });

  it('runs once, however many replicas there are', async () => {
    const replicas = await Promise.all([start(), start(), start()]);
    const { id } = await add(replicas[0]);
    const calls = new Set<string>();
    for (let round = 0; round < 3; round += 1) calls.add((await run(replicas[round]!, id)).callId);
    expect((await pulls()).map(({ call_id: callId }) => callId)).toEqual([...calls]);
    // Whoever asks at the same moment.
    for (let round = 0; round < 10; round += 1) {
      await makeDue(id);
      const claims = await Promise.all(replicas.map(({ app }) => app.get(WatchQueue).claim([], uuidv7())));
      expect(claims.filter((claim) => claim !== undefined).length).toBeLessThanOrEqual(1);
      await until('it has run', async () => (await shown(replicas[0], id)).nextAt !== null);
    }
  });

  it('goes on once where its process has ended, and is given up where that happens again and again', async () => {
    const service = await start();
    const { id } = await add(service);
    const lose = (tries: number) =>
      sql(
        database.url,
        `update watch set run_owner = gen_random_uuid(), run_due_at = next_at, next_at = null, run_call_id = gen_random_uuid(),
           run_started_at = clock_timestamp(), run_tries = $2 where id = $1`,
        [id, tries],
      );
    await lose(1);
    const lastRun = await until('another has run it', async () => (await shown(service, id)).lastRun);
    expect(lastRun).toMatchObject({ error: null, differences: 0 });
    expect(await pulls()).toHaveLength(1);
    await lose(3);
    const given = await until('it was given up', async () => (await shown(service, id)).lastRun?.error);
    expect(given).toMatchObject({ code: 'INTERRUPTED' });
    expect((await shown(service, id)).nextAt).not.toBeNull();
    expect(await pulls()).toHaveLength(1);
  });

  it('runs no more after its end, and stays in the list', async () => {
    const service = await start();
    const { id } = await add(service);
    const end = () => service.api('POST', `/watches/${id}/end`, { actor: 'joe', reason: 'Shut down' });
    expect((await end()).body).toMatchObject({ id, endedBy: 'joe', endReason: 'Shut down', nextAt: null });
    const again = await end();
    expect([again.status, again.body]).toMatchObject([409, { code: 'WATCH_ENDED' }]);
    const other = await add(service);
    expect((await listed(service)).map((watch) => watch.id)).toEqual([other.id, id]);
    expect((await listed(service, 'inForce=false')).map((watch) => watch.id)).toEqual([id]);
    expect((await listed(service, 'inForce=true&environment=default')).map((watch) => watch.id)).toEqual([other.id]);
    expect(await listed(service, 'environment=staging')).toEqual([]);
  });

  it('is refused with the reason where it could never run', async () => {
    const { api } = await start();
    const refused = async (watch: object) => {
      const { status, body } = await api('POST', '/watches', { ...NIGHTLY, ...watch });
      return [status, (body as { code: string }).code];
    };
    expect(await refused({ cron: 'nightly' })).toEqual([400, 'INVALID_CRON']);
    expect(await refused({ cron: '0 0 30 2 *' })).toEqual([400, 'INVALID_CRON']);
    expect(await refused({ cron: 3 })).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused({ timeZone: 'Mars/Base' })).toEqual([400, 'UNKNOWN_TIME_ZONE']);
    expect(await refused({ reason: '' })).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused({ platform: 'shop' })).toEqual([404, 'UNKNOWN_PLATFORM']);
    expect(await refused({ environment: 'nowhere' })).toEqual([404, 'UNKNOWN_ENVIRONMENT']);
    const missing = await api('GET', '/watches/019a5f0e-7c11-7aaa-8000-000000000000');
    expect([missing.status, missing.body]).toMatchObject([404, { code: 'WATCH_NOT_FOUND' }]);
  });

  it('is one of at most a hundred, also where several are created at once', async () => {
    const service = await start();
    const { id } = await add(service);
    await sql(
      database.url,
      `insert into watch (id, platform, environment, cron, time_zone, source, reason, actor, next_at)
       select gen_random_uuid(), platform, environment, cron, time_zone, source, reason, actor, next_at
       from watch, generate_series(1, 97) where id = $1`,
      [id],
    );
    const answers = await Promise.all(Array.from({ length: 6 }, () => service.api('POST', '/watches', NIGHTLY)));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 201, 409, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({ code: 'TOO_MANY_WATCHES', limit: 100 });
  });
});

describe('the watches of the configuration', () => {
  const WATCH = 'optimizely/default=0 3 * * * Europe/Berlin; optimizely/default=30 12 * * 1-5 UTC;';

  it('are those that it names now, each once, whatever the number of replicas', async () => {
    const [service] = await Promise.all([start({ WATCH }), start({ WATCH })]);
    const both = await listed(service);
    expect(both).toMatchObject([{ source: 'CONFIGURATION' }, { source: 'CONFIGURATION' }]);
    const end = await service.api('POST', `/watches/${both[0]!.id}/end`, { actor: 'joe', reason: 'Not needed' });
    expect([end.status, end.body]).toMatchObject([409, { code: 'WATCH_CONFIGURED' }]);
    for (const running of services.splice(0)) await running.close();

    const later = await start({ WATCH: 'optimizely/default=30 12 * * 1-5 UTC' });
    const watches = await listed(later);
    expect(watches.map(({ id }) => id).sort()).toEqual(both.map(({ id }) => id).sort());
    expect(new Set(watches.map(({ endedBy }) => endedBy))).toEqual(new Set(['configuration', null]));
    await services.pop()!.close();
    const without = await start();
    expect(await listed(without, 'inForce=true')).toEqual([]);
  });

  it('are read with their times, and refused with the reason', async () => {
    expect(readWatches(WATCH)).toEqual([
      { platform: 'optimizely', environment: 'default', cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
      { platform: 'optimizely', environment: 'default', cron: '30 12 * * 1-5', timeZone: 'UTC' },
    ]);
    expect(() => readWatches('optimizely/default=0 3 * * *')).toThrow(
      /"optimizely\/default=0 3 \* \* \*" is not of the form/,
    );
    expect(() => readWatches('optimizely=0 3 * * * UTC')).toThrow(/a name in .* should not be empty/);
    expect(() => readWatches('a/b=0 25 * * * UTC')).toThrow(/"0 25 \* \* \*" is no cron expression.*out of range/);
    expect(() => readWatches('a/b=0 3 * * * Mars/Base')).toThrow(/Mars\/Base/);
    expect(() => readWatches('a/b=0 3 * * * UTC;a/b=0 3  * * * UTC')).toThrow(/twice/);
    expect(() => readWatches('a/b=0 3 * * * UTC;'.repeat(101))).toThrow(/more than 100/);
    await expect(start({ WATCH: 'optimizely/nowhere=0 3 * * * UTC' })).rejects.toThrow(
      /WATCH names optimizely\/nowhere: .*Configured environments: default/,
    );
    await expect(start({ WATCH: 'nightly' })).rejects.toThrow(/WATCH cannot be read: "nightly" is not of the form/);
  });
});
