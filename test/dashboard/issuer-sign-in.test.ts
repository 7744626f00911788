import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit, type Visit } from '../support/browser.ts';
import { DASHBOARD, TestIssuer } from '../support/issuer.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const PEOPLE = {
  jane: { preferred_username: 'Jane Doe', roles: ['Editors'] },
  joe: { preferred_username: 'Joe Bloggs', roles: ['Editors', 'Guests'] },
  mallory: { preferred_username: 'Mallory' },
};

let database: TestDatabase;
let browser: Browser;
let cms: SimulatedCms;
let issuer: TestIssuer;
let service: ServiceProcess;
let visits: Visit[];

beforeAll(async () => {
  [database, browser, cms, issuer] = await Promise.all([
    ...([createTestDatabase(), launchBrowser(), startSimulatedCms()] as const),
    TestIssuer.start({ people: PEOPLE }),
  ]);
  service = await startServiceProcess({
    ...optimizelyAt(cms.url),
    DATABASE_URL: database.url,
    ACCESS: 'keys',
    OIDC_ISSUER: issuer.url,
    OIDC_CLIENT_ID: DASHBOARD.id,
    OIDC_CLIENT_SECRET: DASHBOARD.secret,
    OIDC_ROLES: 'Editors=operator,access-log:read;Guests=viewer',
    APPROVAL_TARGETS: 'optimizely/default',
  });
  issuer.restart({ serviceUrl: service.url });
}, 60_000);

beforeEach(() => {
  visits = [];
});

afterEach(async () => {
  for (const { page } of visits) await page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await Promise.all([issuer?.close(), cms?.close()]);
  await database?.drop();
});

const button = (on: Page, name: string | RegExp) => on.getByRole('button', { name });
const dialogOf = (on: Page) => on.getByRole('dialog');

async function open(path: string): Promise<Page> {
  const visited = await visit(browser, service.url);
  visits.push(visited);
  await visited.page.goto(path);
  return visited.page;
}

/** Goes to the issuer and back, as a person does. */
async function signIn(on: Page, login: string): Promise<void> {
  await on.getByRole('link', { name: 'Sign in with single sign-on' }).click();
  await on.locator('input[name=login]').fill(login);
  await on.locator('input[name=password]').fill('any');
  await on.locator('button[type=submit]').click();
  // Its page of consent.
  await on.locator('button[type=submit]').click();
}

async function signedIn(path: string, login: string): Promise<Page> {
  const on = await open(path);
  await signIn(on, login);
  await button(on, 'Sign out').waitFor();
  return on;
}

/** A request of the page itself, with the cookie of its browser. */
const ask = (on: Page, path: string, init: { method?: string; body?: string } = {}) =>
  on.evaluate(
    async ([url, request]) => {
      const headers = { 'content-type': 'application/json', 'x-client': 'ui' };
      const answer = await fetch(`/api/v1${url}`, { headers, ...request });
      return { status: answer.status, body: (await answer.json()) as Record<string, string> };
    },
    [path, init] as const,
  );

it('signs people in, lets a second one approve what the first deploys, and signs out', async () => {
  const jane = await open('/deployments?label=ticket=SHOP-1');
  await jane.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await visits[0]!.violations()).toEqual([]);
  if (process.env.SHOTS) await jane.screenshot({ path: `${process.env.SHOTS}/sign-in.png` });
  await signIn(jane, 'jane');
  await button(jane, 'Sign out').waitFor();
  expect(new URL(jane.url())).toMatchObject({ pathname: '/deployments', search: '?label=ticket=SHOP-1' });
  expect((await ask(jane, '/session')).body).toMatchObject({ name: 'Jane Doe', principal: 'user:jane' });
  const contentTypes = [{ key: 'Article', displayName: 'Article', baseType: '_page', properties: {} }];
  const imported = await ask(jane, '/content-types/import?author=jane', {
    method: 'POST',
    body: JSON.stringify({ contentTypes }),
  });
  expect(imported.status).toBe(201);

  await jane.goto('/deployments/new?platform=optimizely&environment=default');
  await jane.getByRole('textbox', { name: 'Reason' }).fill('Go live');
  await button(jane, 'Make a plan').click();
  await jane.getByText('Waits for approval').first().waitFor();
  await button(jane, 'Approve').click();
  await dialogOf(jane).getByRole('textbox', { name: 'Reason' }).fill('I trust myself');
  await dialogOf(jane).getByRole('button', { name: 'Approve' }).click();
  await dialogOf(jane).getByText('APPROVAL_BY_AUTHOR').waitFor();
  await jane.keyboard.press('Escape');

  const joe = await signedIn(new URL(jane.url()).pathname, 'joe');
  await button(joe, 'Approve').click();
  await dialogOf(joe).getByRole('textbox', { name: 'Reason' }).fill('I looked');
  await dialogOf(joe).getByRole('button', { name: 'Approve' }).click();
  await joe.getByText(/Approved by Joe Bloggs/).waitFor();

  await button(jane, 'Deploy 1').click();
  await dialogOf(jane).getByRole('button', { name: 'Deploy 1' }).click();
  await jane.waitForURL(/\/deployments\/./);
  await jane.getByText(/100 %: 1 of 1 settled, 1 succeeded/).waitFor();
  const { body } = await ask(jane, '/sync/history?typeKey=Article&direction=PUSH');
  expect(body.items).toMatchObject([{ actor: 'Jane Doe', principal: 'user:jane', client: 'ui', status: 'SUCCESS' }]);

  const logged = await ask(jane, '/access-log?action=session.opened&action=plan.approved');
  expect(logged.body.items).toMatchObject([
    { action: 'plan.approved', actor: 'Joe Bloggs', principal: 'user:joe' },
    { action: 'session.opened', actor: 'Joe Bloggs' },
    { action: 'session.opened', actor: 'Jane Doe', principal: 'user:jane', address: '127.0.0.1' },
  ]);

  await button(jane, 'Sign out').click();
  // The issuer asks whether its session shall end, too.
  await jane.locator('button[name=logout]').click();
  await jane.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await ask(jane, '/sync/history')).toMatchObject({ status: 401 });
  await jane.getByRole('link', { name: 'Sign in with single sign-on' }).click();
  await jane.locator('input[name=login]').waitFor();
}, 120_000);

it('lets a page of another site neither read nor act for somebody who is signed in', async () => {
  const on = await signedIn('/', 'jane');
  const elsewhere = `http://localhost:${new URL(issuer.url).port}/.well-known/openid-configuration`;
  await on.goto(elsewhere);
  const tried = await on.evaluate(async (url) => {
    const body = JSON.stringify({ platform: 'evil', direction: 'PUSH', typeKey: 'Evil' });
    const attempts = [
      () => fetch(`${url}/api/v1/session`, { credentials: 'include' }).then((answer) => answer.text()),
      () => fetch(`${url}/api/v1/sync`, { method: 'POST', credentials: 'include', mode: 'no-cors', body }),
      () => fetch(`${url}/api/v1/session`, { method: 'DELETE', credentials: 'include', mode: 'no-cors' }),
    ];
    return Promise.all(attempts.map((attempt) => attempt().then(String, () => 'refused by the browser')));
  }, service.url);
  expect(tried[0]).toBe('refused by the browser');
  await on.goto(service.url);
  await button(on, 'Sign out').waitFor();
  expect((await ask(on, '/sync/history?platform=evil')).body.items).toEqual([]);
});

it('signs nobody in with an answer that this browser has not asked for', async () => {
  const victim = await open('/');
  await victim.getByRole('heading', { name: 'Sign in' }).waitFor();
  await victim.goto('/sign-in/callback?code=stolen&state=guessed');
  await victim.getByRole('alert').getByText('The sign-in did not come to its end').waitFor();
  expect((await ask(victim, '/session')).body.name).toBeNull();
  // An answer to an earlier question of the same browser.
  await victim.getByRole('link', { name: 'Sign in with single sign-on' }).click();
  await victim.locator('input[name=login]').waitFor();
  await victim.goto(`${service.url}/sign-in/callback?code=stolen&state=guessed&iss=${issuer.url}`);
  await victim.getByRole('alert').getByText('The sign-in did not come to its end').waitFor();
  expect((await ask(victim, '/session')).body.name).toBeNull();
  await victim.reload();
  expect(await victim.getByRole('alert').count()).toBe(0);
  const reader = await signedIn('/', 'jane');
  const logged = await ask(reader, '/access-log?action=session.refused');
  expect(logged.body.items).toMatchObject([{ code: 'SIGN_IN_FAILED', status: 401, address: '127.0.0.1' }]);
});

it('leads to pages of its own alone', async () => {
  for (const returnTo of ['//evil.example.com', '/\\evil.example.com', 'https://evil.example.com', '', '/\n/evil']) {
    const answer = await fetch(`${service.url}/sign-in?returnTo=${encodeURIComponent(returnTo)}`, {
      redirect: 'manual',
    });
    expect([returnTo, answer.status]).toEqual([returnTo, 400]);
  }
});

it('tells somebody without a role what is missing', async () => {
  const on = await open('/');
  await signIn(on, 'mallory');
  await on.getByRole('heading', { name: 'No role' }).waitFor();
  await on.getByText('You are signed in as Mallory').waitFor();
  expect(await ask(on, '/sync/history')).toMatchObject({ status: 403 });
  await button(on, 'Sign out').click();
});

it('says that the issuer does not answer, and lets somebody in with a key', async () => {
  issuer.fail();
  const other = await startServiceProcess({
    ...{ DATABASE_URL: database.url, ACCESS: 'keys', OIDC_ISSUER: issuer.url, OIDC_CLIENT_ID: DASHBOARD.id },
  });
  const visited = await visit(browser, other.url);
  visits.push(visited);
  await visited.page.goto('/');
  await visited.page.getByRole('link', { name: 'Sign in with single sign-on' }).click();
  await visited.page.getByRole('alert').getByText('The issuer does not answer').waitFor();
  await visited.page.getByLabel('API key').waitFor();

  // Each answer of an issuer is a question to it.
  const answers = await Promise.all(
    Array.from({ length: 125 }, () => fetch(`${other.url}/sign-in/callback?code=a`, { redirect: 'manual' })),
  );
  const statuses = answers.map(({ status }) => status);
  expect([303, 429].map((status) => statuses.filter((one) => one === status).length)).toEqual([120, 5]);
  await other.stop();
}, 60_000);

it('ends a sign-in after its time, and asks again', async () => {
  const short = await startServiceProcess({
    ...{ DATABASE_URL: database.url, ACCESS: 'keys', OIDC_ISSUER: issuer.url, OIDC_SESSION_MS: '3000' },
    ...{ OIDC_CLIENT_ID: DASHBOARD.id, OIDC_CLIENT_SECRET: DASHBOARD.secret, OIDC_ROLES: 'Editors=viewer' },
  });
  issuer.restart({ serviceUrl: short.url });
  const visited = await visit(browser, short.url);
  visits.push(visited);
  await visited.page.goto('/');
  await signIn(visited.page, 'jane');
  await button(visited.page, 'Sign out').waitFor();
  const refusal = await until('the sign-in ends', async () => {
    const { status, body } = await ask(visited.page, '/sync/history');
    return status === 401 && body.code;
  });
  expect(refusal).toBe('SESSION_EXPIRED');
  await visited.page.getByRole('link', { name: 'Deployments' }).click();
  await visited.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await short.stop();
}, 60_000);
