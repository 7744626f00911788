import { readFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit, type Visit } from '../support/browser.ts';
import { type ClosablePort, startClosablePort } from '../support/closable-port.ts';
import { begin, deploy, settled } from '../support/deployments.ts';
import { plan } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

const HOSTILE = `<img src=x onerror="document.title='taken'">`;
const text = { type: 'string', displayName: 'A text' };
const page = (key: string, properties: object = {}) => ({ key, displayName: key, baseType: '_page', properties });

let browser: Browser;
let cms: SimulatedCms;
let service: TestApp;
let visits: Visit[];
let ways: ClosablePort[];

beforeAll(async () => {
  browser = await launchBrowser();
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000' });
  await fill();
}, 60_000);

beforeEach(() => {
  visits = [];
  ways = [];
});

afterEach(async () => {
  for (const { page } of visits) await page.context().close();
  for (const way of ways) await way.close();
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
  await cms?.close();
});

/** What really happens when a team works: deployments, a refusal, an outage, a sync from outside. */
async function fill(): Promise<void> {
  await service.api('POST', '/content-types/import?author=jane&message=First', {
    contentTypes: [page('Article', { heading: text, teaser: text }), page('Start'), page('Bread', { weight: text })],
  });
  await deploy(service.api, { reason: 'The first model' });
  const retyped = page('Bread', { weight: { type: 'integer', displayName: 'A text' } });
  await service.api('PUT', '/content-types/Bread?author=omar', retyped);
  await deploy(service.api, { items: [{ typeKey: 'Bread' }], reason: 'Weights are numbers', actor: 'omar' });
  await service.api('POST', '/sync', {
    ...{ platform: 'shop', direction: 'PUSH', typeKey: HOSTILE, actor: HOSTILE, reason: HOSTILE },
    data: { title: HOSTILE },
    result: { status: 'FAILED', error: { code: 'REFUSED', message: HOSTILE } },
  });
}

async function open(path: string, options: Parameters<typeof visit>[2] & { url?: string } = {}): Promise<Page> {
  const { url = service.url, ...rest } = options;
  const visited = await visit(browser, url, rest);
  visits.push(visited);
  await visited.page.goto(path);
  return visited.page;
}

const row = (on: Page, name: string) => on.getByRole('row').filter({ hasText: name }).first();

it('finds a failed sync by filter, shows why it failed and what had changed, and sends it again', async () => {
  const on = await open('/');
  await row(on, 'Article').waitFor();
  await on
    .getByRole('button', { name: /Failed/ })
    .first()
    .click();
  await on.waitForURL(/status=FAILED/);
  await row(on, 'Article').waitFor({ state: 'detached' });
  await row(on, 'Bread').getByRole('link', { name: 'Bread' }).click();
  await on.getByText('DATA_LOSS_REFUSED').first().waitFor();
  await on.getByText('/properties/weight/type').waitFor();
  await on.getByText('by a deployment').waitFor();

  const failed = on.url();
  await on.getByRole('button', { name: 'Replay' }).click();
  await on.getByRole('textbox', { name: 'Your name' }).fill('ann');
  await on.getByRole('textbox', { name: 'Reason' }).fill('Once more');
  await on.getByRole('button', { name: 'Send again' }).click();
  await on.waitForURL((url) => url.pathname.startsWith('/syncs/') && url.href !== failed);
  await on.getByText('by a replay').waitFor();
  await on.getByText('Once more').waitFor();
  await on.getByText('DATA_LOSS_REFUSED').first().waitFor();
  expect(visits[0]).toMatchObject({ errors: [], strayed: [] });
});

it('tells that a sync is a removal, which sent nothing', async () => {
  const { body } = await service.api('POST', '/sync', {
    ...{ platform: 'shop', direction: 'PUSH', removal: true, typeKey: 'Basket', actor: 'ann' },
    result: { status: 'SUCCESS' },
  });
  const on = await open('/');
  await row(on, 'Basket').getByText('Removal', { exact: true }).waitFor();
  await on.goto(`/syncs/${(body as { id: string }).id}`);
  await on.getByText('Removed from shop (default)').waitFor();
  await on.getByText('The sync is a removal: it asked the platform to delete the item').waitFor();
  await on.getByRole('button', { name: 'Replay' }).waitFor();
});

it('shows what happens meanwhile, and moves nothing that is being read', async () => {
  const on = await open('/');
  await on.getByText('Live', { exact: true }).waitFor();
  await row(on, 'Article').waitFor();
  const before = await on.getByRole('row').nth(1).innerText();
  await service.api('PUT', '/content-types/Late', page('Late'));
  await deploy(service.api, { items: [{ typeKey: 'Late' }] });
  await on.getByRole('button', { name: /1 new sync/ }).waitFor();
  expect(await on.getByRole('row').nth(1).innerText()).toBe(before);
  await on.getByRole('button', { name: /1 new sync/ }).click();
  await row(on, 'Late').getByText('Success').waitFor();
});

it('counts a sync that the list shows already as none that is new', async () => {
  const visited = await visit(browser, service.url);
  visits.push(visited);
  const on = visited.page;
  // It happens after the page began to listen, and before it reads the list.
  await on.route(
    (url) => url.pathname === '/api/v1/sync/history',
    async (route) => {
      await on.getByText('Live', { exact: true }).waitFor();
      await service.api('PUT', '/content-types/Early', page('Early'));
      await deploy(service.api, { items: [{ typeKey: 'Early' }] });
      await route.continue();
    },
    { times: 1 },
  );
  await on.goto('/');
  await row(on, 'Early').waitFor();
  await service.api('PUT', '/content-types/Later', page('Later'));
  await deploy(service.api, { items: [{ typeKey: 'Later' }] });
  await on.getByRole('button', { name: /^1 new sync:/ }).waitFor();
});

it('deploys, is watched, and is rolled back after showing what would be restored', async () => {
  await service.api('PUT', '/content-types/Start?author=eve', page('Start', { claim: text }));
  const on = await open('/deployments/new');
  await on.getByRole('textbox', { name: 'Your name' }).fill('eve');
  await on.getByRole('textbox', { name: 'Reason' }).fill('A claim for the start page');
  await on.getByRole('checkbox', { name: /Force/ }).check();
  await on.getByRole('button', { name: 'Make a plan' }).click();
  await on.waitForURL(/\/plans\//);
  // What another system recorded is not among them.
  expect(await on.getByRole('checkbox', { name: `Send ${HOSTILE}` }).count()).toBe(0);
  await on.getByRole('checkbox', { name: 'Send Bread' }).uncheck();
  await on.getByRole('button', { name: /^Start/ }).click();
  await on.getByText('/properties/claim').waitFor();
  await on.getByRole('button', { name: 'Make a plan of 1 item' }).click();
  const dialog = on.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Make a plan' }).click();
  await on.getByRole('button', { name: 'Deploy 1' }).click();
  await cms.strike({ kind: 'status', status: 503, calls: 1, match: { method: 'POST', path: '/manifest' } });
  await dialog.getByRole('button', { name: 'Deploy 1' }).click();
  await on.waitForURL(/\/deployments\/./);
  await on.getByText(/100 %: 1 of 1 settled, 1 succeeded, attempt 2/).waitFor();

  await on.getByRole('button', { name: 'Roll back' }).click();
  await dialog.getByRole('button', { name: /^Start 1 change, breaking/ }).click();
  await dialog.getByText('/properties/claim').waitFor();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('It was too loud');
  await dialog.getByLabel(/Force/).check();
  await dialog.getByRole('button', { name: 'Make a plan' }).click();
  await on.getByRole('heading', { name: /^Plan of a rollback/ }).waitFor();
  await on.getByRole('button', { name: 'Deploy 1' }).click();
  await dialog.getByRole('button', { name: 'Deploy 1' }).click();
  await on.getByRole('heading', { name: /^Rollback/ }).waitFor();
  await on.getByText(/100 %: 1 of 1 settled, 1 succeeded/).waitFor();

  await on.goto('/content-types/Start');
  await on.getByText('Version 1').first().waitFor();
  await on.getByRole('link', { name: 'Rollback' }).waitFor();
  expect(visits[0]).toMatchObject({ errors: [], strayed: [] });
});

it('shows what waits for another deployment, and cancels it', async () => {
  await cms.strike({ kind: 'slow', delayMs: 6_000, match: { method: 'POST', path: '/manifest' } });
  const running = await begin(service.api, { items: [{ typeKey: 'Article' }] });
  const waiting = await begin(service.api, { items: [{ typeKey: 'Start' }] });
  const { number } = (await service.api('GET', `/deployments/${waiting}`)).body as { number: string };
  const on = await open('/deployments');
  const listed = on.getByRole('row').filter({ hasText: `Deployment ${number}` });
  await listed.getByText('Queued').waitFor();
  await on.goto(`/deployments/${number}`);
  await on.getByText('1 of the same target before it').waitFor();
  expect(await on.getByText('In progress').count()).toBe(0);
  await on.screenshot({ path: process.env.SHOTS ? `${process.env.SHOTS}/queued.png` : undefined });
  await on.getByRole('button', { name: 'Cancel' }).click();
  const dialog = on.getByRole('dialog');
  expect(await dialog.getByLabel(/Force/).count()).toBe(0);
  await dialog.getByRole('textbox', { name: 'Your name' }).fill('eve');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('The wrong branch');
  await dialog.getByRole('button', { name: 'Cancel deployment' }).click();
  await dialog.waitFor({ state: 'detached' });
  await on.getByText('Cancelled', { exact: true }).first().waitFor();
  await on.getByText('The wrong branch').waitFor();
  await on.getByRole('region', { name: 'Not sent (1)' }).waitFor();
  await on.screenshot({ path: process.env.SHOTS ? `${process.env.SHOTS}/cancelled.png` : undefined });
  expect(await visits[0]!.violations()).toEqual([]);
  expect(visits[0]).toMatchObject({ errors: [], strayed: [] });
  await settled(service.api, running);
});

it('retires a content type and brings it back, with a reason', async () => {
  await service.api('PUT', '/content-types/Old', page('Old'));
  const on = await open('/content-types/Old');
  await on.getByRole('button', { name: 'Retire' }).click();
  const dialog = on.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Your name' }).fill('eve');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Replaced by News');
  await dialog.getByRole('button', { name: 'Retire' }).click();
  await on.getByText('Replaced by News').waitFor();
  await on.getByRole('link', { name: 'Content types' }).first().click();
  await row(on, 'Old').getByText('Retired').waitFor();
  await row(on, 'Old').getByRole('link', { name: 'Old' }).click();
  await on.getByRole('button', { name: 'Reinstate' }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Needed again');
  await dialog.getByRole('button', { name: 'Reinstate' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await on.getByRole('button', { name: 'Retire' }).waitFor();
  expect(visits[0]).toMatchObject({ errors: [], strayed: [] });
});

it('shows a content type that only a pull has seen', async () => {
  await cms.edit('Foreign', 'mallory', { displayName: 'Foreign', baseType: '_page' });
  await service.api('POST', '/platforms/optimizely/pull', { actor: 'eve' });
  const on = await open('/content-types/Foreign?platform=optimizely');
  await on.getByText(/Not in the catalogue/).waitFor();
  await on
    .getByText(/first seen in a pull/)
    .first()
    .waitFor();
});

it('shows the plan of a large model, and draws what is in sight of it', async () => {
  const other = await startTestApp(optimizelyAt(cms.url));
  try {
    const contentTypes = Array.from({ length: 300 }, (_, index) => page(`Large${1_000 + index}`));
    await other.api('POST', '/content-types/import', { contentTypes });
    const made = await plan(other.api);
    const on = await open(`/plans/${made.id}`, { url: other.url });
    await on.getByRole('button', { name: 'Deploy 300' }).waitFor();
    await on.getByRole('checkbox', { name: 'Send Large1000' }).uncheck();
    await on.getByRole('button', { name: 'Make a plan of 299 items' }).waitFor();
    expect(await on.getByRole('checkbox', { name: /^Send/ }).count()).toBeLessThan(40);
    await on.getByRole('checkbox', { name: 'Send Large1003' }).hover();
    await on.mouse.wheel(0, 100_000);
    await on.getByRole('checkbox', { name: 'Send Large1299' }).waitFor();
    await on.mouse.wheel(0, -100_000);
    expect(await on.getByRole('checkbox', { name: 'Send Large1000' }).isChecked()).toBe(false);
  } finally {
    await other.close();
  }
});

it('exports exactly what stands under the filter', async () => {
  const on = await open('/?typeKey=Bread&status=FAILED');
  await row(on, 'Bread').waitFor();
  await on.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([on.waitForEvent('download'), on.getByText('NDJSON').click()]);
  const exported = (await readFile(await download.path(), 'utf8')).trim().split('\n');
  const { count } = (await service.api('GET', '/sync/history/count?typeKey=Bread&status=FAILED')).body as {
    count: number;
  };
  expect(exported.map((line) => (JSON.parse(line) as { typeKey: string }).typeKey)).toEqual(Array(count).fill('Bread'));
});

it('shows the condition of each platform with its cause, and how it was over time', async () => {
  const on = await open('/platforms');
  await on.getByRole('link', { name: 'DATA_LOSS_REFUSED' }).waitFor();
  const answered = Promise.withResolvers<void>();
  await on.route('**/analytics/failures?*platform*', async (route) => {
    await answered.promise;
    await route.continue();
  });
  await on.getByRole('button', { name: /shop default/ }).click();
  await on.waitForURL(/platform=shop/);
  // What all platforms have in common is no answer for this one.
  await on.locator('[inert]', { hasText: 'DATA_LOSS_REFUSED' }).waitFor();
  answered.resolve();
  await on.getByRole('img', { name: /Syncs over time: at most [12] / }).waitFor();
  await on.getByRole('link', { name: 'REFUSED', exact: true }).waitFor();
  await on.getByRole('link', { name: 'DATA_LOSS_REFUSED' }).waitFor({ state: 'detached' });
  await on.getByText('There is no report yet').waitFor();
  expect(visits[0]).toMatchObject({ errors: [], strayed: [] });
});

it('takes foreign text for text', async () => {
  const on = await open('/?platform=shop');
  await row(on, HOSTILE).getByRole('link').click();
  await on.getByRole('heading', { name: HOSTILE }).waitFor();
  await on.getByText('"title"').waitFor();
  expect(await on.locator('img').count()).toBe(0);
  expect(await on.title()).toBe('SyncTrail');
});

it('counts anew for each question, and tells no count of the one before', async () => {
  const on = await open('/');
  const count = on.getByRole('main').getByRole('status').first();
  await count.filter({ hasText: /^\d+ syncs since/ }).waitFor();
  const answered = Promise.withResolvers<void>();
  await on.route('**/history/facets?*', async (route) => {
    await answered.promise;
    await route.continue();
  });
  await on.keyboard.press('/');
  await on.keyboard.type('Nowhere');
  await count.filter({ hasText: 'Counting…' }).waitFor();
  answered.resolve();
  await count.filter({ hasText: /^0 syncs/ }).waitFor();
});

it('is driven by keys alone', async () => {
  const on = await open('/');
  await row(on, 'Article').waitFor();
  await on.keyboard.press('/');
  await on.keyboard.type('Artic');
  await on.waitForURL(/q=Artic/);
  await row(on, 'Bread').waitFor({ state: 'detached' });
  await row(on, 'Article').waitFor();
  await on.keyboard.press('Escape');
  await on.keyboard.press('j');
  await on.keyboard.press('Enter');
  await on.waitForURL(/\/syncs\//);
  await on.keyboard.press('Shift+?');
  await on.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
});

it('says when the service is away, and heals when it is back', async () => {
  const way = await startClosablePort(service.url);
  ways.push(way);
  const on = await open('/', { url: way.url.replace(/\/$/, '') });
  await on.getByText('Live', { exact: true }).waitFor();
  way.cut();
  await on.getByText('Offline').waitFor();
  await service.api('PUT', '/content-types/Meanwhile', page('Meanwhile'));
  await deploy(service.api, { items: [{ typeKey: 'Meanwhile' }] });
  way.beforeRetry();
  await on.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 });
  await on.getByRole('button', { name: /new sync/ }).click();
  await row(on, 'Meanwhile').waitFor();
}, 60_000);

it('cuts no column off where the screen is narrow', async () => {
  const on = await open('/', { viewport: { width: 390, height: 800 } });
  await row(on, 'Article').waitFor();
  const line = on.getByRole('row').nth(1);
  const [whole, last] = [await line.boundingBox(), await line.getByRole('cell').last().boundingBox()];
  expect(last!.x + last!.width).toBeLessThanOrEqual(whole!.x + whole!.width);
});

it('finds the list where it was left, with what happened meanwhile', async () => {
  const syncs = Array.from({ length: 350 }, (_, index) => ({
    ...{ platform: 'shop', direction: 'PUSH', typeKey: `Long${index}`, actor: 'jane', data: {} },
  }));
  const { body } = await service.api('POST', '/sync/batch', { syncs });
  const { ids } = body as { ids: string[] };
  const on = await open('/?q=Long');
  const count = async () => Number(await on.getByRole('table').getAttribute('aria-rowcount'));
  await on.mouse.move(640, 600);
  while (!(await row(on, 'Long100').isVisible())) await on.mouse.wheel(0, 600);
  const before = await count();
  await row(on, 'Long100').getByRole('link').click();
  await on.getByRole('heading', { name: 'Long100' }).waitFor();
  await service.api('PATCH', `/sync/${ids[100]}/status`, { status: 'FAILED' });
  await service.api('POST', '/sync', { ...syncs[0], typeKey: 'Longer' });
  await on.getByRole('main').getByText('Failed', { exact: true }).first().waitFor();
  await on.goBack();
  await row(on, 'Long100').getByText('Failed').waitFor();
  expect(await count()).toBeGreaterThanOrEqual(before);
  await on.getByRole('button', { name: '1 new sync' }).click();
  await row(on, 'Longer').waitFor();

  // A filter that is taken back begins the list anew, and it is as long as before.
  await on
    .getByRole('button', { name: /Failed/ })
    .first()
    .click();
  await row(on, 'Longer').waitFor({ state: 'detached' });
  await on
    .getByRole('button', { name: /Failed/ })
    .first()
    .click();
  await row(on, 'Longer').waitFor();
  while (!(await row(on, 'Long0').isVisible())) await on.mouse.wheel(0, 2_000);
}, 60_000);

it('asks every two seconds where a stream cannot be had', async () => {
  const readers = new AbortController();
  const stream = { headers: { accept: 'text/event-stream' }, signal: readers.signal };
  await Promise.all(Array.from({ length: 200 }, () => fetch(`${service.url}/api/v1/sync/events`, stream)));
  try {
    const on = await open('/');
    await on.getByText('Every 2 s', { exact: true }).waitFor();
    const sync = { platform: 'shop', direction: 'PUSH', typeKey: 'Polled', actor: 'jane', data: {} };
    const { id } = (await service.api('POST', '/sync', sync)).body as { id: string };
    await on.getByRole('button', { name: /1 new sync/ }).click();
    await row(on, 'Polled').getByText('In progress').waitFor();
    await row(on, 'Polled').getByRole('link').click();
    await on.getByRole('heading', { name: 'Polled' }).waitFor();
    await service.api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS', statusCode: 200 });
    await on.getByRole('main').getByText('Success', { exact: true }).first().waitFor();
    await on.goBack();
    await row(on, 'Polled').getByText('Success').waitFor();
  } finally {
    readers.abort();
  }
}, 30_000);

it('says what is wrong with a filter that cannot be', async () => {
  const on = await open('/?startDate=never');
  await on.getByText('INVALID_REQUEST').first().waitFor();
  await on
    .getByText(/startDate must be/)
    .first()
    .waitFor();
});

it('breaks no rule of accessibility on any page, and fits a phone', async () => {
  const { items } = (await service.api('GET', '/deployments?limit=1')).body as { items: { id: string }[] };
  const [failed] = (
    (await service.api('GET', '/sync/history?typeKey=Bread&status=FAILED')).body as {
      items: { id: string }[];
    }
  ).items;
  const pages = {
    '/': 'History',
    [`/syncs/${failed!.id}`]: 'Bread',
    '/content-types': 'Content types',
    '/content-types/Bread': 'Bread',
    '/deployments': 'Deployments',
    '/platforms': 'Health',
    '/platforms?platform=optimizely&environment=default': 'Health',
    [`/deployments/${items[0]!.id}`]: /Deployment|Rollback/,
  };
  const on = await open('/');
  for (const [path, heading] of Object.entries(pages)) {
    await on.goto(path);
    await on.getByRole('heading', { level: 1, name: heading }).waitFor();
    await on.getByText('Live', { exact: true }).waitFor();
    expect({ path, violations: await visits[0]!.violations() }).toEqual({ path, violations: [] });
  }
  expect(visits[0]).toMatchObject({ errors: [], strayed: [] });
}, 90_000);

it('loads at most 250 KB of JavaScript, compressed, for its first page', async () => {
  const scripts: string[] = [];
  const visited = await visit(browser, service.url);
  visits.push(visited);
  visited.page.on(
    'response',
    (response) => response.url().endsWith('.js') && scripts.push(new URL(response.url()).pathname),
  );
  await visited.page.goto('/');
  await visited.page.getByRole('row').nth(1).getByRole('link').waitFor();
  const bytes = scripts.map((path) => statSync(`dist/dashboard${path}.gz`).size).reduce((sum, size) => sum + size, 0);
  expect(scripts.length).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(250_000);
});

it('is served with a strict policy, compressed, and to be kept for long but for the page itself', async () => {
  const answer = await fetch(service.url);
  const policy = answer.headers.get('content-security-policy')!;
  expect(policy).toContain(`default-src 'none'`);
  expect(policy).not.toContain('unsafe');
  expect(answer.headers.get('cache-control')).toBe('no-cache');
  const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(await answer.text())!;
  const asset = await fetch(service.url + script, { headers: { 'accept-encoding': 'br' } });
  expect(asset.headers.get('content-encoding')).toBe('br');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const missing = await fetch(`${service.url}/assets/none.js`);
  expect(missing.status).toBe(404);
  expect((await fetch(`${service.url}/api/v1/nowhere`)).headers.get('content-type')).toContain('problem+json');
});
