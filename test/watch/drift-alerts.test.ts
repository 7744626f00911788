import { deploy } from '../support/deployments.ts';
import { sql } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

let cms: SimulatedCms;
let database: TestDatabase;
let services: TestApp[];

beforeEach(async () => {
  [cms, database] = await Promise.all([startSimulatedCms(), createTestDatabase()]);
  const env = {
    ...optimizelyAt(cms.url),
    DATABASE_URL: database.url,
    // Nobody listens there: what is to be sent is in the list.
    ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    ALERT_ALLOW_PRIVATE: 'true',
    ALERT_ON: 'DEGRADED,FAILING,STALE',
    ALERT_AFTER_MS: '0',
    ALERT_EVERY_MS: '100',
  };
  services = await Promise.all([startTestApp(env), startTestApp(env)]);
});
afterEach(async () => {
  for (const service of services) await service.close();
  await Promise.all([cms.close(), database.drop()]);
});

it('drift that a watch finds raises the condition and one alert, and clears it with another one', async () => {
  const { api } = services[0]!;
  const alerts = async () =>
    ((await api('GET', '/alerts')).body as { items: { type: string; payload: { data: object } }[] }).items;
  const health = async () =>
    ((await api('GET', '/sync/health')).body as { items: { health: string; cause: string }[] }).items[0]!;
  const article = (displayName: string) => ({ key: 'Article', baseType: '_component', displayName });
  await api('PUT', '/content-types/Article?author=jane', article('ours'));
  await deploy(api);
  const request = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', actor: 'drift-watch', reason: 'Find edits' };
  const { id } = (await api('POST', '/watches', request)).body as { id: string };
  let callId: string | undefined;
  const run = async () => {
    const before = callId;
    await sql(database.url, `update watch set next_at = date_trunc('milliseconds', clock_timestamp()) where id = $1`, [
      id,
    ]);
    await until('the watch has run', async () => {
      const { body } = await api('GET', `/watches/${id}`);
      callId = (body as { lastRun: { callId: string } | null }).lastRun?.callId;
      return callId !== before;
    });
  };

  await run();
  expect(await health()).toMatchObject({ health: 'HEALTHY' });
  await cms.edit('Article', 'mallory', { displayName: 'theirs' });
  for (let round = 0; round < 3; round += 1) await run();
  expect(await health()).toMatchObject({ health: 'DEGRADED', cause: expect.stringMatching(/^1 item differs/) });
  await until('somebody is told', async () => (await alerts()).length > 0);
  expect(await alerts()).toMatchObject([{ type: 'health.alert', payload: { data: { health: 'DEGRADED' } } }]);

  await cms.edit('Article', 'mallory', { displayName: 'ours' });
  for (let round = 0; round < 3; round += 1) await run();
  expect(await health()).toMatchObject({ health: 'HEALTHY' });
  await until('the end is told', async () => (await alerts()).length > 1);
  expect(await alerts()).toMatchObject([{ type: 'health.recovery' }, { type: 'health.alert' }]);
}, 60_000);
