import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit, type Visit } from '../support/browser.ts';
import { deploy } from '../support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

const POSTS = { method: 'POST', path: '/manifest' };
const GETS = { method: 'GET', path: '/manifest' };

let browser: Browser;
let cms: SimulatedCms;
let staging: SimulatedCms;
let service: TestApp;
let visits: Visit[];
/** A time after the first deployment, and before everything else. */
let atFirst: string;

beforeAll(async () => {
  browser = await launchBrowser();
  [cms, staging] = await Promise.all([startSimulatedCms(), startSimulatedCms()]);
  const other = Object.entries(optimizelyAt(staging.url)).map(([name, value]) => [
    name.replace('CMS', 'CMS_STAGING'),
    value,
  ]);
  const env = { ...optimizelyAt(cms.url), ...(Object.fromEntries(other) as NodeJS.ProcessEnv) };
  service = await startTestApp({ ...env, CIRCUIT_FAILURES: '1000' });
  await fill();
}, 60_000);

beforeEach(() => {
  visits = [];
});

afterEach(async () => {
  expect(visits).toMatchObject(visits.map(() => ({ errors: [], strayed: [] })));
  for (const { page } of visits) await page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
  await Promise.all([cms?.close(), staging?.close()]);
});

const put = (typeKey: string, displayName: string) =>
  service.api('PUT', `/content-types/${typeKey}?author=jane`, { key: typeKey, baseType: '_component', displayName });
const send = (typeKeys: string[], environment = 'default') =>
  deploy(service.api, { environment, items: typeKeys.map((typeKey) => ({ typeKey })) });
const pull = () => service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });

/** Two environments that went apart, an edit and a deletion behind our back, and a lost answer. */
async function fill(): Promise<void> {
  for (const typeKey of ['Article', 'Bread', 'Gone']) await put(typeKey, 'first');
  await send(['Article', 'Bread', 'Gone']);
  await send(['Article', 'Bread'], 'staging');
  const { body } = await service.api('GET', '/live');
  atFirst = (body as { at: string }).at;
  await put('Article', 'second');
  await send(['Article'], 'staging');
  const others = ['Article', 'Bread'];
  await cms.reset();
  await send(others);
  await pull();
  await cms.edit('Bread', 'mallory', { displayName: 'by hand' });
  await pull();
  await put('Lost', 'first');
  await cms.strike({ kind: 'reset-after', untilReset: true, match: POSTS });
  await send(['Lost']);
  await cms.strike();
}

async function open(path: string, options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  const visited = await visit(browser, service.url, options);
  visits.push(visited);
  await visited.page.goto(path);
  return visited.page;
}

const row = (on: Page, name: string) => on.getByRole('row').filter({ hasText: name }).first();
const region = (on: Page, name: string) => on.getByRole('region', { name, exact: true });
const choose = async (on: Page, field: string, option: string | RegExp) => {
  await on.getByRole('combobox', { name: field, exact: true }).click();
  await on.getByRole('option', { name: option, exact: typeof option === 'string' }).click();
};

it('shows outcome and evidence in the history, and finds syncs by them', async () => {
  const on = await open('/');
  const push = on.getByRole('row').filter({ hasText: 'Lost' }).filter({ hasText: 'Push' });
  await push.getByText('Applied', { exact: true }).waitFor();
  await choose(on, 'Outcome', /^Applied/);
  await on.waitForURL(/outcome=APPLIED/);
  await on.keyboard.press('Escape');
  await choose(on, 'Evidence', /^Observed/);
  await on.waitForURL(/evidence=OBSERVED/);
  await row(on, 'Article').waitFor({ state: 'detached' });
  await push.getByTitle('The platform has applied the item. Observed: the platform was read.').waitFor();
});

it('leads from a push whose answer was lost to the call that read the platform back', async () => {
  const { body } = await service.api('GET', '/sync/history?typeKey=Lost&direction=PUSH');
  const on = await open(`/syncs/${(body as { items: { id: string }[] }).items[0]!.id}`);
  await on.getByText('The platform has applied the item.').waitFor();
  await region(on, 'Events')
    .getByText(/known by read-back/)
    .waitFor();
  await region(on, 'Events').getByRole('link', { name: 'Show the read-back' }).click();
  await on.waitForURL(/callId=/);
  await row(on, 'Lost').getByText('Pull').waitFor();
});

it('says that a pull did not find an item', async () => {
  const on = await open('/?typeKey=Gone&direction=PULL');
  await row(on, 'Gone').getByText('Absent').waitFor();
  await row(on, 'Gone').getByRole('link').click();
  await region(on, 'Request').getByText('The platform does not have the item.').waitFor();
  await region(on, 'Events')
    .getByText(/The platform does not have the item/)
    .waitFor();
});

it('shows an unknown outcome, and how it became known, without a reload', async () => {
  await put('Dark', 'first');
  await cms.strike(
    { kind: 'reset-after', untilReset: true, match: POSTS },
    { kind: 'reset-before', untilReset: true, match: GETS },
  );
  await send(['Dark']);
  const list = await open('/?typeKey=Dark&direction=PUSH');
  await row(list, 'Dark').getByText('Unknown', { exact: true }).waitFor();
  const on = await open('/content-types/Dark');
  await row(on, 'optimizely (default)').getByText('Unknown', { exact: true }).waitFor();
  const live = await open('/live');
  await row(live, 'Dark').getByText('Unknown', { exact: true }).waitFor();
  await live.getByText('There is no export file while the content of an item is unknown.').waitFor();
  const health = await open('/platforms?platform=optimizely&environment=default');
  await health.getByRole('link', { name: '1 Unknown' }).waitFor();
  await health.getByRole('link', { name: '1 push with an unknown outcome' }).waitFor();
  await health.getByRole('img', { name: 'Pushes with an unknown outcome over time: at most 1 at a time' }).waitFor();
  const { body } = await service.api('GET', '/sync/history?typeKey=Dark&direction=PUSH');
  const sync = await open(`/syncs/${(body as { items: { id: string }[] }).items[0]!.id}`);
  await sync.getByText('The platform may have applied the item.').waitFor();

  await cms.strike();
  await sync.getByText('The outcome became known').waitFor();
  await sync.getByRole('link', { name: 'Show the read-back' }).last().waitFor();
  await row(list, 'Dark').getByText('Applied', { exact: true }).waitFor();
  await row(on, 'optimizely (default)').getByText('Present', { exact: true }).waitFor();
  await row(live, 'Dark').getByText('Present', { exact: true }).waitFor();
  await live.getByRole('link', { name: 'Export file' }).waitFor();
  await health.getByText('0 Unknown').first().waitFor();
}, 60_000);

it('leads from the chart to the pushes with an unknown outcome', async () => {
  const on = await open('/platforms');
  await on.getByText(/, none with an unknown outcome/).waitFor();
  const unknown = (items: { outcomes: { unknown: number } }[]) =>
    items.map((item, index) => (index === 0 ? { ...item, outcomes: { ...item.outcomes, unknown: 2 } } : item));
  await on.route('**/analytics/timeseries?*', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { items: { outcomes: { unknown: number } }[] };
    await route.fulfill({ response, json: { ...body, items: unknown(body.items) } });
  });
  await choose(on, 'Time', 'Last 7 days');
  await on.getByRole('link', { name: '2 pushes with an unknown outcome' }).click();
  await on.waitForURL(/\/\?(?=.*outcome=UNKNOWN)(?=.*last=7d)/);
});

it('leads from the health of a target to the items that somebody else has changed or removed', async () => {
  const on = await open('/platforms');
  const tile = on.getByRole('button', { name: /optimizely default/ }).locator('..');
  await tile.getByText('0 Unknown').waitFor();
  await tile.getByText('Last complete pull').waitFor();
  await tile.getByRole('link', { name: '2 Drift' }).click();
  await on.waitForURL(/\/live\?platform=optimizely&environment=default&drift=true/);
  await row(on, 'Bread').waitFor();
  await row(on, 'Gone').waitFor();
  expect(await row(on, 'Article').count()).toBe(0);
  await on.goBack();
  await tile.getByRole('link', { name: '1 Absent' }).click();
  await row(on, 'Gone').waitFor();
  expect(await row(on, 'Bread').count()).toBe(0);
  await on.goto('/platforms');
  await on
    .getByRole('button', { name: /optimizely staging/ })
    .locator('..')
    .getByText('No complete pull yet')
    .waitFor();
});

it('shows on a content type what is live, who changed it there, and by which sync that is known', async () => {
  const on = await open('/content-types/Bread');
  const line = region(on, 'What is live').getByRole('row').filter({ hasText: 'optimizely (default)' });
  await line.getByText('Present', { exact: true }).waitFor();
  await line.getByText('Drift').waitFor();
  await line.getByText('Version 2').waitFor();
  await line.getByText('by mallory').waitFor();
  await line.getByText('Observed').waitFor();
  const other = region(on, 'What is live').getByRole('row').filter({ hasText: 'optimizely (staging)' });
  await other.getByText('Version 1').waitFor();
  await other.getByText(', the latest').waitFor();
  await line.getByRole('link', { name: 'Show the newest sync of Bread' }).click();
  await on.getByText('Received from optimizely (default)').waitFor();

  await on.goto('/content-types/Gone');
  await row(on, 'optimizely (default)').getByText('Absent', { exact: true }).waitFor();
  await put('Fresh', 'first');
  await on.goto('/content-types/Fresh');
  await on.getByText(/No target is known to have or have had it/).waitFor();
});

it('shows what stands at a target, now and at an earlier time', async () => {
  const on = await open('/live');
  await on.getByRole('heading', { level: 1, name: 'Live state' }).waitFor();
  await row(on, 'Bread').getByText('Drift').waitFor();
  await row(on, 'Gone').getByText('Absent', { exact: true }).waitFor();
  await choose(on, 'State', 'Absent');
  await row(on, 'Bread').waitFor({ state: 'detached' });
  await choose(on, 'State', 'Absent');
  await on.getByRole('checkbox', { name: 'Only drift' }).check();
  await row(on, 'Article').waitFor({ state: 'detached' });
  await row(on, 'Bread').waitFor();

  await on.goto(`/live?at=${atFirst}`);
  await row(on, 'Gone').getByText('Present', { exact: true }).waitFor();
  await on.getByText('Drift is not known for an earlier time.').waitFor();
  const [download] = await Promise.all([
    on.waitForEvent('download'),
    on.getByRole('link', { name: 'Export file' }).click(),
  ]);
  const exported = JSON.parse(await readFile(await download.path(), 'utf8')) as { contentTypes: { key: string }[] };
  expect(exported.contentTypes.map(({ key }) => key)).toEqual(['Article', 'Bread', 'Gone']);

  await on.getByLabel('Time', { exact: true }).fill('2020-01-01T00:00:00');
  await on.waitForURL(/at=20(19|20)-/);
  await on.getByText('The record has no item of this target').waitFor();
  await on.getByRole('button', { name: 'Time: now' }).click();
  await row(on, 'Bread').waitFor();
  await choose(on, 'Environment', 'staging');
  await row(on, 'Article').getByText('Version 2').waitFor();
});

it('compares a target with another environment, another time and the catalogue', async () => {
  const on = await open('/live');
  await on.getByText('Choose what to compare the target with.').waitFor();
  await choose(on, 'Compare with', 'Another environment');
  await on.getByText('Choose the other environment.').waitFor();
  await choose(on, 'Other environment', 'staging');
  const table = on.getByRole('table', { name: 'Differences' });
  const bread = table.getByRole('row').filter({ hasText: 'Bread' });
  await bread.getByText('Different', { exact: true }).waitFor();
  await bread.getByText('cosmetic').waitFor();
  await bread.getByRole('button', { name: '1 change of Bread' }).click();
  await on.getByRole('dialog').getByText('/displayName').waitFor();
  await on.keyboard.press('Escape');
  await table.getByText('Only in default, now').first().waitFor();

  await choose(on, 'Compare with', 'The catalogue');
  await table.getByText('Only in Catalogue').first().waitFor();
  await choose(on, 'Compare with', 'Another time');
  await on.getByText('Choose the other time.').waitFor();
  await on.goto(`/live?environment=staging&with=time&otherAt=${atFirst}`);
  await table.getByRole('row').filter({ hasText: 'Article' }).getByText('Version 1').waitFor();
  await table.getByRole('row').filter({ hasText: 'Bread' }).waitFor({ state: 'detached' });
});

it('says that it could not load, and not that there is nothing', async () => {
  const visited = await visit(browser, service.url);
  const on = visited.page;
  const failure = { code: 'LIVE_STATE_BEHIND', title: 'Unavailable', detail: 'Try again later.', status: 409 };
  await on.route(/api\/v1\/(live|content-types\/Bread\/where)/, (route) =>
    route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify(failure) }),
  );
  for (const path of ['/live', '/content-types/Bread']) {
    await on.goto(path);
    await on.getByText('LIVE_STATE_BEHIND').first().waitFor();
    expect(await on.getByText(/has no item|No target is known/).count()).toBe(0);
  }
  await on.context().close();
});

it('breaks no rule of accessibility, and fits a phone', async () => {
  const on = await open('/live');
  for (const path of [
    '/live',
    '/live?with=catalogue',
    '/live?with=environment&otherEnvironment=staging',
    '/content-types/Bread',
  ]) {
    await on.goto(path);
    await on.getByText('Live', { exact: true }).waitFor();
    await row(on, 'Present').waitFor();
    expect({ path, violations: await visits[0]!.violations() }).toEqual({ path, violations: [] });
    if (process.env.PICTURES)
      await on.screenshot({ path: `${process.env.PICTURES}/${path.replaceAll(/\W/g, '_')}.png`, fullPage: true });
  }
});

it('adopts an edit, and tells drift that rules expect from other drift', async () => {
  for (const typeKey of ['Edited', 'Tried']) await put(typeKey, 'ours');
  await send(['Edited', 'Tried']);
  for (const key of ['Edited', 'Tried']) await cms.edit(key, 'mallory', { displayName: 'theirs' });
  const rule = { actor: 'jane', reason: 'tried', typeKey: 'Tried', ignore: ['/displayName'], until: '2090-01-01' };
  await service.api('POST', '/drift/rules', rule);
  await pull();
  const on = await open('/live');
  await row(on, 'Tried').getByText('Expected drift').waitFor();
  await row(on, 'Edited').getByText('Drift', { exact: true }).waitFor();
  await on.getByRole('button', { name: 'Adopt Edited' }).click();
  const dialog = on.getByRole('dialog', { name: 'Adopt Edited' });
  await dialog.getByLabel('Your name').fill('jane');
  await dialog.getByLabel('Reason').fill('The editors need it');
  await dialog.getByRole('button', { name: 'Adopt', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await row(on, 'Edited').getByText('Drift', { exact: true }).waitFor({ state: 'detached' });
  const { body } = await service.api('GET', '/content-types/Edited');
  expect(body).toMatchObject({ number: 3, author: 'jane', definition: { displayName: 'theirs' } });
});
