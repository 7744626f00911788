import type { Browser } from 'playwright-core';
import { launchBrowser, visit } from '../support/browser.ts';
import { KeyedService } from '../support/keyed-service.ts';

let browser: Browser;
let service: KeyedService;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchBrowser(), KeyedService.start()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

it('shows the access log to those who may see it, with its filter, and never that it is empty when it cannot load it', async () => {
  const [auditor, viewer] = [await service.keyOf('eve', 'auditor'), await service.keyOf('vera', 'viewer')];
  const sync = await service.recorded('staging');
  await service.ask(auditor.key, 'GET', `/sync/${sync}/snapshot`);
  await service.ask(auditor.key, 'GET', '/sync/history/export?platform=optimizely&format=ndjson');
  await service.ask(viewer.key, 'GET', `/sync/${sync}/snapshot`);
  await service.importPage('?message=New%20pages');

  const visited = await visit(browser, service.first.url);
  const on = visited.page;
  await on.goto('/');
  await on.getByLabel('API key').fill(auditor.key);
  await on.getByRole('button', { name: 'Sign in' }).click();
  await on.getByRole('link', { name: 'Access log' }).click();
  const table = on.getByRole('table', { name: 'Access log' });
  const read = table.getByRole('row').filter({ hasText: 'Payload read' });
  await read.getByRole('link', { name: sync }).waitFor();
  expect(await read.textContent()).toMatch(/eve.*127\.0\.0\.1.*getSyncSnapshot.*optimizely staging/);
  await table.getByText('FORBIDDEN').waitFor();
  await table.getByText('Signed in').waitFor();
  expect(await visited.violations()).toEqual([]);

  await on.getByRole('textbox', { name: 'Who' }).fill('vera');
  await on.waitForURL('**/access-log?actor=vera');
  await read.waitFor({ state: 'detached' });
  await table.getByText('Access denied').waitFor();
  expect(await table.getByRole('row').count()).toBe(2);
  await on.getByRole('textbox', { name: 'Who' }).fill('nobody');
  await on.getByText('No event matches the filter').waitFor();
  await on.getByRole('button', { name: 'Clear all' }).click();
  await read.waitFor();

  await service.sql('alter table access_event rename to access_event_away');
  await on.getByRole('button', { name: 'Refresh' }).click();
  await on.getByRole('alert').first().waitFor();
  await read.waitFor();
  await on.reload();
  await on.getByRole('alert').first().waitFor();
  expect(await on.getByText('There are no events yet').count()).toBe(0);
  await service.sql('alter table access_event_away rename to access_event');
}, 60_000);

it('shows its page in no menu of somebody without the scope', async () => {
  const { key } = await service.keyOf('operator', 'operator');
  const { page: on } = await visit(browser, service.first.url);
  await on.goto('/');
  await on.getByLabel('API key').fill(key);
  await on.getByRole('button', { name: 'Sign in' }).click();
  await on.getByRole('link', { name: 'Health' }).waitFor();
  await on.getByText('operator', { exact: true }).waitFor();
  expect(await on.getByRole('link', { name: 'Access log' }).count()).toBe(0);
  await on.goto('/access-log');
  await on.getByRole('alert').first().waitFor();
});
