import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit } from '../support/browser.ts';
import { type ClosablePort, startClosablePort } from '../support/closable-port.ts';
import { deploy } from '../support/deployments.ts';
import { plan } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

const UNANSWERED = 'The service does not answer';
/** Words of somebody who has looked and found nothing, or everything well. */
const CLAIM = /\b(no|none|nothing|everything|healthy|0)\b/i;
const type = (key: string) => ({ key, displayName: key, baseType: '_page', properties: {} });

let browser: Browser;
let cms: SimulatedCms;
let service: TestApp;
let pages: Page[];
let paths: string[];

beforeAll(async () => {
  browser = await launchBrowser();
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
  await service.api('POST', '/content-types/import', { contentTypes: [type('Article'), type('Start')] });
  const { id, items } = await deploy(service.api);
  const made = await plan(service.api);
  paths = [
    ...['/', '/content-types', '/content-types/Article', '/live', '/live?with=catalogue'],
    ...['/deployments', '/deployments/new', '/platforms?platform=optimizely&environment=default'],
    ...[`/deployments/${id}`, `/plans/${made.id}`, `/syncs/${items[0]!.syncId}`],
  ];
}, 60_000);

beforeEach(() => {
  pages = [];
});

afterEach(async () => {
  for (const page of pages) await page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
  await cms?.close();
});

async function open(url = service.url): Promise<Page> {
  const { page } = await visit(browser, url.replace(/\/$/, ''));
  pages.push(page);
  return page;
}

/** What a page says, without the words that stand on it always. */
async function claimsOf(on: Page): Promise<string | undefined> {
  const text = await on.getByRole('main').innerText();
  return CLAIM.exec(text) ? text : undefined;
}

it('says on every page that it cannot load it, and never that there is nothing', async () => {
  const on = await open();
  // As if the service had died right after it gave the page itself.
  await on.context().route('**/api/v1/**', (route) => route.abort('connectionrefused'));
  const found = await Promise.all(
    paths.map(async (path, index) => {
      const tab = index === 0 ? on : await on.context().newPage();
      await tab.goto(path);
      await tab.getByRole('main').getByText(UNANSWERED).first().waitFor();
      await tab.getByText('Offline').waitFor();
      return { path, claims: await claimsOf(tab) };
    }),
  );
  expect(found).toEqual(paths.map((path) => ({ path, claims: undefined })));
}, 60_000);

it('takes what stands before a dead service for no answer', async () => {
  const on = await open();
  const found = await Promise.all(
    paths.map(async (path, index) => {
      const tab = index === 0 ? on : await on.context().newPage();
      // Empty, as some proxies answer; or a page with a form to log in.
      await tab.route('**/api/v1/**', (route) =>
        index % 2 === 0
          ? route.fulfill({ status: 502, body: '' })
          : route.fulfill({ status: 200, contentType: 'text/html', body: '<form></form>' }),
      );
      await tab.goto(path);
      await tab.getByRole('main').getByText(UNANSWERED).first().waitFor();
      return { path, claims: await claimsOf(tab) };
    }),
  );
  expect(found).toEqual(paths.map((path) => ({ path, claims: undefined })));
}, 60_000);

it('says that it loads while the service is slow, and shows the page then', async () => {
  const proxy = await TcpProxy.start(service.url);
  try {
    const on = await open(proxy.url(service.url));
    await on.goto('/');
    await on.getByRole('row').nth(1).waitFor();
    proxy.delay(250);
    for (const [name, loaded] of [
      ['Content types', 'Article'],
      ['Live state', 'Present'],
      ['Deployments', 'Deployment D-1'],
      ['Health', 'Last complete pull'],
    ] as const) {
      await on.getByRole('navigation').getByRole('link', { name }).click();
      await on.getByRole('status', { name: 'Loading' }).first().waitFor();
      expect({ name, claims: await claimsOf(on) }).toEqual({ name, claims: undefined });
      await on.getByText(loaded).first().waitFor();
    }
  } finally {
    await proxy.close();
  }
}, 60_000);

describe('when the service dies before a form is sent', () => {
  let way: ClosablePort;

  beforeEach(async () => {
    way = await startClosablePort(service.url);
  });

  afterEach(() => way.close());

  it('offers no step whose form is not loaded, and does not say that it was done', async () => {
    const [history, deployment, live, planned, content] = await Promise.all(
      ['/', paths[8]!, '/live', paths[9]!, '/content-types/Article'].map(async (path) => {
        const on = await open(way.url);
        await on.goto(path);
        await on.getByRole('heading', { level: 1 }).waitFor();
        return on;
      }),
    );
    await planned!.getByText('There is nothing to send.').waitFor();
    await history!.getByText('Article').first().waitFor();
    await content!.getByRole('button', { name: 'Retire' }).click();
    way.cut();

    await history!.getByRole('button', { name: 'Replay failures' }).click();
    const replay = history!.getByRole('dialog');
    await deployment!.getByRole('button', { name: 'Roll back' }).click();
    await deployment!.getByRole('dialog').getByText(UNANSWERED).waitFor();
    expect(await deployment!.getByRole('button', { name: 'Make a plan' }).count()).toBe(0);
    await replay.getByText(UNANSWERED).waitFor();
    expect(await replay.getByRole('button', { name: /^Replay/ }).innerText()).toBe('Replay');
    expect(await replay.getByRole('button', { name: /^Replay/ }).isDisabled()).toBe(true);

    const retire = content!.getByRole('dialog');
    await retire.getByRole('textbox', { name: 'Your name' }).fill('jane');
    await retire.getByRole('textbox', { name: 'Reason' }).fill('Replaced');
    await retire.getByRole('button', { name: 'Retire' }).click();
    await retire.getByText('Nobody knows whether the request has arrived.', { exact: false }).waitFor();

    // The next page is not even there as a program; what is shown of this one is said to be old.
    await live!.getByRole('navigation').getByRole('link', { name: 'Deployments' }).click();
    await live!.getByRole('alert').getByText('This page could not be loaded').waitFor();
    way.beforeRetry();
    await live!.getByRole('button', { name: 'Reload the page' }).click();
    await live!.getByRole('link', { name: 'Deployment D-1' }).waitFor();
  }, 60_000);
});

it('says that there is nothing where that is so', async () => {
  const empty = await startTestApp(optimizelyAt(cms.url));
  try {
    const on = await open(empty.url);
    for (const [path, words] of Object.entries({
      '/': 'No sync matches the filter',
      '/content-types': 'There are no content types yet',
      '/live': 'The record has no item of this target',
      '/deployments': 'There are no deployments yet',
      '/deployments?status=FAILED': 'No deployment has this status',
      '/platforms': 'There are no syncs yet',
    })) {
      await on.goto(path);
      await on.getByText(words).waitFor();
    }
    await on.goto('/deployments/new');
    await on.getByRole('textbox', { name: 'Your name' }).fill('jane');
    await on.getByRole('textbox', { name: 'Reason' }).fill('The first one');
    await on.getByRole('button', { name: 'Make a plan' }).click();
    await on.getByText('NOTHING_TO_DEPLOY').waitFor();
  } finally {
    await empty.close();
  }
  const bare = await startTestApp();
  try {
    const on = await open(bare.url);
    await on.goto('/deployments/new');
    await on.getByText('No environment of optimizely is configured').waitFor();
  } finally {
    await bare.close();
  }
}, 60_000);
