import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit } from '../support/browser.ts';
import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const SYNC = { platform: 'contentful', direction: 'PUSH', typeKey: 'Article', result: { status: 'SUCCESS' } };

let database: TestDatabase;
let service: ServiceProcess;
let browser: Browser;
let foreign: Server;
let admin: string;

beforeAll(async () => {
  [database, browser] = await Promise.all([createTestDatabase(), launchBrowser()]);
  service = await startServiceProcess({ DATABASE_URL: database.url, ACCESS: 'keys' });
  const made = await runCli(['keys', 'create', '--json', '--name', 'root', '--grant', 'admin'], {
    DATABASE_URL: database.url,
  });
  admin = (JSON.parse(made.stdout) as { key: string }).key;
  foreign = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>Hello</p>'));
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
}, 60_000);
afterAll(async () => {
  foreign?.close();
  await browser?.close();
  await service?.stop();
  await database?.drop();
});

async function post(path: string, body: object): Promise<Record<string, string>> {
  const response = await fetch(`${service.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, string>;
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const form = (page: Page) => page.getByRole('form', { name: 'Sign in' });

describe('the dashboard of a service whose callers need keys', () => {
  it('asks for a key before it asks for anything else, and shows nothing before', async () => {
    await post('/sync', SYNC);
    const visited = await visit(browser, service.url);
    const { page, strayed } = visited;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto('/');
    await form(page).waitFor();
    expect(await visited.violations()).toEqual([]);
    expect(await page.getByText('Article').count()).toBe(0);
    expect(asked.filter((path) => path.startsWith('/api/') && path !== '/api/v1/session')).toEqual([]);
    await signIn(page, 'synctrail_wrong');
    await page.getByText('The key is malformed').waitFor();
    await signIn(page, admin);
    await page
      .getByRole('row', { name: /Article/ })
      .first()
      .waitFor();
    await page.getByText('root', { exact: true }).first().waitFor();
    expect(strayed).toEqual([]);

    await page.reload();
    await page
      .getByRole('row', { name: /Article/ })
      .first()
      .waitFor();
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ name: 'synctrail_session', httpOnly: true, sameSite: 'Strict' }]);
    expect(cookies[0]!.value).not.toContain(admin.slice(10, 30));
    expect(
      await page.evaluate(() => (globalThis as unknown as { document: { cookie: string } }).document.cookie),
    ).not.toContain('synctrail_');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await form(page).waitFor();
    expect(await page.getByText('Article').count()).toBe(0);
    await page.goBack().catch(() => undefined);
    await page.goto('/');
    await form(page).waitFor();
    await page.context().close();
  }, 60_000);

  it('acts as the key that somebody has signed in with', async () => {
    const { page } = await visit(browser, service.url);
    await page.goto('/');
    await signIn(page, admin);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    const sent = await page.evaluate(async (body) => {
      const answer = await fetch('/api/v1/sync', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-client': 'ui' },
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { id: string };
    }, SYNC);
    const shown = await page.evaluate(
      async (id) => (await fetch(`/api/v1/sync/${id}`)).json() as Promise<object>,
      sent.id,
    );
    expect(shown).toMatchObject({ actor: 'root', client: 'ui' });
    await page.context().close();
  }, 60_000);

  it('signs out who holds a key that is revoked', async () => {
    const { id, key } = await post('/keys', { name: 'guest', grants: ['viewer'] });
    const { page } = await visit(browser, service.url);
    await page.goto('/');
    await signIn(page, key!);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await post(`/keys/${id}/revoke`, { reason: 'The visit is over' });
    await page.getByRole('link', { name: 'Deployments' }).click();
    await form(page).waitFor();
    await page.context().close();
  }, 60_000);

  it('lets a page of another origin neither read nor act', async () => {
    const { page } = await visit(browser, service.url);
    await page.goto('/');
    await signIn(page, admin);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    const results = await page.evaluate(async (url) => {
      const attempts = [
        () => fetch(`${url}/api/v1/sync/history`, { credentials: 'include' }).then((answer) => answer.text()),
        () =>
          fetch(`${url}/api/v1/session`, { method: 'DELETE', credentials: 'include', mode: 'no-cors' }).then(
            () => 'sent',
          ),
        () =>
          fetch(`${url}/api/v1/sync`, {
            method: 'POST',
            credentials: 'include',
            mode: 'no-cors',
            headers: { 'content-type': 'text/plain' },
            body: JSON.stringify({ platform: 'evil', direction: 'PUSH', typeKey: 'Evil' }),
          }).then(() => 'sent'),
      ];
      return Promise.all(attempts.map((attempt) => attempt().catch(() => 'refused by the browser')));
    }, service.url);
    expect(results[0]).toBe('refused by the browser');
    const evil = await fetch(`${service.url}/api/v1/sync/history?platform=evil`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    expect(await evil.json()).toMatchObject({ items: [] });
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.context().close();
  }, 60_000);
});
