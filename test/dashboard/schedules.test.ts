import type { Browser } from 'playwright-core';
import { launchBrowser, visit } from '../support/browser.ts';
import { sql } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let browser: Browser;
let cms: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  [browser, cms] = await Promise.all([launchBrowser(), startSimulatedCms()]);
  service = await startTestApp(optimizelyAt(cms.url));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.close();
  await cms?.close();
});

it('shows the watch and the expectations of a target, and never that all is well when it cannot load them', async () => {
  const { api, databaseUrl } = service;
  await api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  const visited = await visit(browser, service.url);
  const on = visited.page;
  const schedules = on.getByRole('region', { name: 'Schedules', exact: true });
  await on.goto('/platforms?platform=optimizely&environment=default');
  await schedules.getByText('No watch pulls this target.').waitFor();
  await schedules.getByText('No syncs are expected at this target.').waitFor();

  const watch = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', actor: 'drift-watch', reason: 'Find edits' };
  const { id } = (await api('POST', '/watches', watch)).body as { id: string };
  const expectation = {
    platform: 'optimizely',
    by: '30 2 * * *',
    withinMs: 60_000,
    reason: 'Needed',
    createdBy: 'jane',
  };
  await api('POST', '/expectations', { ...expectation, name: 'nightly push' });
  await api('POST', '/expectations', { ...expectation, name: 'not due', atLeast: 2, direction: 'PULL' });
  await sql(databaseUrl, `update watch set next_at = date_trunc('milliseconds', clock_timestamp())`);
  const past = new Date(Date.now() - 60_000);
  await sql(databaseUrl, `update expectation set next_at = $1 where name = 'nightly push'`, [past]);
  await until('both have run', async () => {
    const { body } = await api('GET', `/watches/${id}`);
    const { body: health } = await api('GET', '/sync/health');
    const [target] = (health as { items: { unmet: { count: number } }[] }).items;
    return (body as { lastRun: unknown }).lastRun !== null && target!.unmet.count === 1;
  });
  await on.reload();
  const watches = schedules.getByRole('list', { name: 'Watches' });
  await watches.getByText('Drift watch at 0 3 * * * (Europe/Berlin)').waitFor();
  await watches.getByText('0 differences').waitFor();
  await watches.getByText(/next pull in/).waitFor();
  const expectations = schedules.getByRole('list', { name: 'Expectations' });
  const missed = expectations.getByRole('listitem').filter({ hasText: 'nightly push' });
  await missed.getByText('Missed', { exact: true }).waitFor();
  await missed.getByText(/0 syncs counted/).waitFor();
  await expectations
    .getByRole('listitem')
    .filter({ hasText: 'not due' })
    .getByText(/Not due yet/)
    .waitFor();
  await on
    .getByRole('button', { name: /optimizely default/ })
    .getByText('Stale')
    .waitFor();
  expect(await visited.violations()).toEqual([]);
  await watches.getByRole('link', { name: 'Last pull' }).click();
  await on.waitForURL(/callId=/);
  expect(visited.errors).toEqual([]);

  const failure = { code: 'DATABASE_UNAVAILABLE', title: 'Unavailable', detail: 'Try again later.', status: 503 };
  await on.route(/api\/v1\/(watches|expectations)/, (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(failure) }),
  );
  await on.goto('/platforms?platform=optimizely&environment=default');
  await schedules.getByText('DATABASE_UNAVAILABLE').nth(1).waitFor({ timeout: 20_000 });
  expect(await schedules.getByText(/No watch pulls|No syncs are expected|difference|Met/).count()).toBe(0);
  await on.context().close();
}, 90_000);
