import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit, type Visit } from '../support/browser.ts';
import { begin, deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { plan } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const text = { type: 'string', displayName: 'A text' };
const number = { type: 'integer', displayName: 'A number' };
const type = (key: string, properties: object = {}) => ({ key, displayName: key, baseType: '_page', properties });

let browser: Browser;
let cms: SimulatedCms;
let production: SimulatedCms;
let service: TestApp;
let visits: Visit[];

beforeAll(async () => {
  browser = await launchBrowser();
  [cms, production] = await Promise.all([startSimulatedCms(), startSimulatedCms()]);
  const other = Object.entries(optimizelyAt(production.url)).map(([name, value]) => [
    name.replace('CMS', 'CMS_PRODUCTION'),
    value,
  ]);
  const env = { ...optimizelyAt(cms.url), ...(Object.fromEntries(other) as NodeJS.ProcessEnv) };
  service = await startTestApp({ ...env, CIRCUIT_FAILURES: '1000', APPROVAL_TARGETS: 'optimizely/production' });
  await importTypes(type('Article', { heading: text }), type('Bread', { weight: text }), type('Start'));
  await deploy(service.api, { reason: 'The first model' });
}, 60_000);

beforeEach(() => {
  visits = [];
});

afterEach(async () => {
  for (const { page } of visits) await page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await service?.close();
  await Promise.all([cms?.close(), production?.close()]);
});

const importTypes = (...contentTypes: object[]) =>
  service.api('POST', '/content-types/import?author=jane', { contentTypes });

async function open(path: string): Promise<Page> {
  const visited = await visit(browser, service.url);
  visits.push(visited);
  await visited.page.goto(path);
  return visited.page;
}

/** A picture for a reviewer, and the rules of accessibility. */
async function look(on: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await on.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
  const visited = visits.find(({ page }) => page === on)!;
  expect({ name, violations: await visited.violations() }).toEqual({ name, violations: [] });
}

const dialogOf = (on: Page) => on.getByRole('dialog');
const button = (on: Page, name: string | RegExp) => on.getByRole('button', { name });

async function sign(form: Pick<Page, 'getByRole'>, actor: string, reason: string): Promise<void> {
  await form.getByRole('textbox', { name: 'Your name' }).fill(actor);
  await form.getByRole('textbox', { name: 'Reason' }).fill(reason);
}

const atNewPlan = (on: Page) => {
  const before = on.url();
  return on.waitForURL((url) => url.pathname.startsWith('/plans/') && url.href !== before);
};

it('plans a deployment on a page, names what it would lose or overwrite, and deploys what was chosen', async () => {
  await importTypes(
    type('Article', { heading: text, teaser: text }),
    type('Bread', { weight: number }),
    type('Cake', { layers: number }),
  );
  await cms.edit('Start', 'mallory', { displayName: 'by hand' });
  const on = await open('/deployments');
  await on.getByText('No plan waits for approval.').waitFor();
  await on.getByRole('link', { name: 'New deployment' }).click();
  await on.waitForURL(/deployments\/new/);
  await on.getByRole('radio', { name: /An earlier deployment/ }).check();
  expect(await button(on, 'Make a plan').isDisabled()).toBe(true);
  await on.getByRole('combobox', { name: 'Earlier deployment' }).click();
  await on.getByRole('option', { name: /D-\d+ default.*The first model/ }).waitFor();
  await on.getByRole('radio', { name: /The catalogue/ }).check();
  await sign(on, 'jane', 'Spring menu');
  await look(on, 'new-deployment');
  await button(on, 'Make a plan').click();

  await atNewPlan(on);
  await on.getByText('+1 ~3 −0, 1 breaking').waitFor();
  await on.getByText(/^Start: changed by mallory/).waitFor();
  await button(on, /^Article 1 change, additive/).click();
  await on.getByText('/properties/teaser').waitFor();
  await on.getByText('1 change may lose data, and the plan does not allow it').waitFor();
  expect(await button(on, 'Deploy 4').isDisabled()).toBe(true);
  await look(on, 'plan');

  await button(on, 'Leave it out').click();
  await on.getByText('3 of 4 selected').waitFor();
  await button(on, 'Select none').click();
  expect(await button(on, 'Make a plan of 0 items').isDisabled()).toBe(true);
  await button(on, 'Select all').click();
  await button(on, 'Leave it out').click();
  await on.getByRole('checkbox', { name: 'Send Start' }).uncheck();
  await button(on, 'Make a plan of 2 items').click();
  await dialogOf(on).getByRole('button', { name: 'Make a plan' }).click();

  await on.getByText('+1 ~1 −0, 0 breaking').waitFor();
  await cms.edit('Article', 'eve', { displayName: 'by eve' });
  await button(on, 'Deploy 2').click();
  await dialogOf(on).getByRole('textbox', { name: 'Labels' }).fill('nonsense');
  await dialogOf(on)
    .getByText(/must be a name and a value/)
    .waitFor();
  await dialogOf(on).getByRole('textbox', { name: 'Labels' }).fill('ticket=SHOP-1\nbranch = main');
  await dialogOf(on).getByRole('button', { name: 'Deploy 2' }).click();
  await dialogOf(on).getByText('PLAN_STALE').waitFor();
  await dialogOf(on).getByText('Article: changed at the target by eve').waitFor();
  await look(on, 'plan-stale');
  await dialogOf(on).getByRole('button', { name: 'Make a new plan' }).click();
  await dialogOf(on)
    .getByText(/plans 2 items of the source/)
    .waitFor();
  const again = atNewPlan(on);
  await dialogOf(on).getByRole('button', { name: 'Make a plan' }).click();
  await again;

  await on.getByText(/^Article: changed by eve/).waitFor();
  await button(on, 'Deploy 2').click();
  await dialogOf(on).getByRole('textbox', { name: 'Labels' }).fill('ticket=SHOP-1');
  await dialogOf(on).getByRole('button', { name: 'Deploy 2' }).click();
  await on.waitForURL(/\/deployments\/./);
  await on.getByText(/100 %: 2 of 2 settled, 2 succeeded/).waitFor();
  const { items } = (await service.api('GET', '/deployments?label=ticket=SHOP-1')).body as { items: { id: string }[] };
  expect(await settled(service.api, items[0]!.id)).toMatchObject({ status: 'SUCCESS', reason: 'Spring menu' });
}, 60_000);

it('lets a second person approve a promotion, and not its author', async () => {
  const on = await open('/deployments/new?platform=optimizely&environment=production');
  await on.getByRole('radio', { name: /Another environment/ }).check();
  await on.getByRole('combobox', { name: 'Other environment' }).click();
  await on.getByRole('option', { name: 'default' }).click();
  await sign(on, 'jane', 'Go live');
  await button(on, 'Make a plan').click();
  await atNewPlan(on);
  await on.getByText('Waits for approval').first().waitFor();
  await on.getByText(/a promotion$/).waitFor();
  expect(await button(on, /^Deploy/).count()).toBe(0);
  await look(on, 'plan-waits');

  const other = await open('/deployments');
  await other.getByRole('table', { name: 'Plans that wait for approval' }).getByText('Go live').waitFor();
  await look(other, 'deployments');
  await other.getByRole('link', { name: 'Review the plan of jane' }).click();
  await button(other, 'Approve').click();
  await sign(dialogOf(other), 'Jane', 'I looked');
  await dialogOf(other).getByRole('button', { name: 'Approve' }).click();
  await dialogOf(other).getByText('APPROVAL_BY_AUTHOR').waitFor();
  await look(other, 'approve');
  await sign(dialogOf(other), 'joe', 'I looked');
  await dialogOf(other).getByRole('button', { name: 'Approve' }).click();
  await other.getByText(/Approved by joe/).waitFor();

  // The author sees it without a reload.
  await button(on, 'Deploy 4').click();
  await dialogOf(on).getByRole('button', { name: 'Deploy 4' }).click();
  await on.waitForURL(/\/deployments\/./);
  await on.getByText(/100 %: 4 of 4 settled, 4 succeeded/).waitFor();
  await other.reload();
  await other.getByText('Deployed', { exact: true }).first().waitFor();
}, 60_000);

it('shows a refused plan, one whose references are missing, and one with nothing to send', async () => {
  const refused = await plan(service.api, { reason: 'Never', items: [{ typeKey: 'Bread' }], force: true });
  await service.api('POST', `/plans/${refused.id}/refuse`, { actor: 'joe', reason: 'Not today' });
  const on = await open(`/plans/${refused.id}`);
  await on.getByText(/Refused by joe.*Not today/).waitFor();
  await button(on, 'Make a new plan').waitFor();
  expect(await button(on, /Deploy|Approve|Select/).count()).toBe(0);

  const teaser = { type: 'component', contentType: 'Teaser', displayName: 'A teaser' };
  const page = { type: 'component', contentType: 'Page', displayName: 'A page' };
  const component = (key: string, properties: object) => ({ ...type(key, properties), baseType: '_component' });
  await importTypes(component('Teaser', { page }), component('Page', { teaser }), component('Lonely', { teaser }));
  const lonely = await plan(service.api, { items: [{ typeKey: 'Lonely' }] });
  await on.goto(`/plans/${lonely.id}`);
  await on.getByText('Lonely refers to Teaser').waitFor();
  const circle = await plan(service.api, { items: [{ typeKey: 'Teaser' }, { typeKey: 'Page' }] });
  await on.goto(`/plans/${circle.id}`);
  await on.getByText('These refer to each other in a circle, and are sent together').waitFor();

  const nothing = await plan(service.api, { items: [{ typeKey: 'Cake' }] });
  await on.goto(`/plans/${nothing.id}`);
  await on.getByText('There is nothing to send.').waitFor();
  expect(await button(on, /^Deploy/).count()).toBe(0);
  await on.goto('/plans/01a2030a-5594-72a7-be32-99baf917320f');
  await on.getByText('PLAN_NOT_FOUND').waitFor();
});

describe('the page of a deployment', () => {
  let failed: DeploymentView;
  const region = (on: Page, name: string | RegExp) => on.getByRole('region', { name });
  const row = (on: Pick<Page, 'getByRole'>, name: string) => on.getByRole('row').filter({ hasText: name });
  const deployed = async (on: Page) => {
    await on.waitForURL(/\/deployments\/./);
    return settled(service.api, new URL(on.url()).pathname.split('/').at(-1)!);
  };

  beforeAll(async () => {
    await importTypes(type('Loaf', { weight: text }));
    await deploy(service.api, { items: [{ typeKey: 'Loaf' }] });
    await importTypes(type('Loaf', { weight: number }), type('Pie'), type('Tart'));
    failed = await deploy(service.api, { items: ['Loaf', 'Pie', 'Tart'].map((typeKey) => ({ typeKey })) });
  });

  it('groups items by outcome and cause, and retries with data loss after showing what is lost', async () => {
    const on = await open(`/deployments/${failed.number}`);
    const cause = region(on, /^Not applied \(1\)/);
    await cause.getByText('DATA_LOSS_REFUSED').waitFor();
    await row(cause, 'Loaf').waitFor();
    await cause.getByText('2 other items not applied because of this').click();
    await row(cause, 'Pie').waitFor();
    await on.getByText('Without a plan, nothing is read back').waitFor();
    await button(on, 'Retry 3 items').waitFor();
    await look(on, 'deployment-failed');
    await button(on, 'Retry with data loss').click();
    await dialogOf(on).getByText('These changes lose data:').waitFor();
    await dialogOf(on).getByText('Loaf', { exact: true }).click();
    await dialogOf(on).getByText('/properties/weight/type').waitFor();
    await sign(dialogOf(on), 'jane', 'Weights are numbers');
    await look(on, 'retry-with-data-loss');
    await button(on, 'Make a plan').click();
    await on.getByText('+2 ~1 −0, 1 breaking').waitFor();

    await on.route('**/api/v1/deployments/*', async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { progress?: { percent: number } };
      const nextAttemptAt = body.progress!.percent < 100 ? new Date(Date.now() + 30_000).toISOString() : null;
      await route.fulfill({ response, json: { ...body, progress: { ...body.progress, nextAttemptAt } } });
    });
    // The answer of the push comes late enough for a colleague, and for the page.
    await cms.strike({ kind: 'slow', delayMs: 4_000, match: { method: 'POST', path: '/manifest' } });
    await button(on, 'Deploy 3').click();
    await dialogOf(on).getByRole('textbox', { name: 'Labels' }).fill('ticket=SHOP-2');
    const { length } = await cms.calls();
    await dialogOf(on).getByRole('button', { name: 'Deploy 3' }).click();
    await until('the content types were pushed', async () =>
      (await cms.calls()).slice(length).some(({ method, path }) => method === 'POST' && path.endsWith('/manifest')),
    );
    await cms.edit('Pie', 'eve', { displayName: 'by eve' });
    await on
      .getByRole('listitem')
      .filter({ hasText: 'Sending' })
      .filter({ hasText: /attempt 1, next try in/ })
      .waitFor();
    await look(on, 'deployment-running');
    const diverged = region(on, /^Diverged/);
    await row(diverged, 'Pie').getByText('Absent').waitFor();
    await button(on, 'Show the difference of Pie').click();
    await dialogOf(on).getByText('/displayName').waitFor();
    await on.keyboard.press('Escape');
    await on.getByText('2 verified, 1 diverged').waitFor();
    await on.getByText('ticket=SHOP-2').waitFor();
    await region(on, /^Applied and verified/)
      .getByTitle('What stood there before of Loaf')
      .waitFor();
    await look(on, 'deployment');
  }, 60_000);

  it('rolls back chosen items and promotes what was applied, each by way of a plan', async () => {
    await importTypes(type('Loaf', { weight: number, crust: text }), type('Tart', { crust: text }));
    const made = await plan(service.api, { items: [{ typeKey: 'Loaf' }, { typeKey: 'Tart' }] });
    const id = await begin(service.api, { planId: made.id, platform: undefined });
    await settled(service.api, id);
    const on = await open(`/deployments/${id}`);
    await button(on, 'Roll back').click();
    await dialogOf(on).getByRole('checkbox', { name: 'Send Loaf' }).uncheck();
    await dialogOf(on).getByText('1 of 2 selected').waitFor();
    await sign(dialogOf(on), 'jane', 'Too much crust');
    await dialogOf(on).getByRole('checkbox', { name: /Force/ }).check();
    await look(on, 'roll-back');
    await button(on, 'Make a plan').click();
    await on.getByText('+0 ~1 −0, 1 breaking').waitFor();
    await button(on, 'Deploy 1').click();
    await dialogOf(on).getByRole('button', { name: 'Deploy 1' }).click();
    expect(await deployed(on)).toMatchObject({ rollbackOf: id, items: [{ typeKey: 'Tart', status: 'SUCCESS' }] });

    // A newer deployment changes what an older one put there: the plan of its rollback says so.
    await deploy(service.api, { items: [{ typeKey: 'Tart' }], force: true, reason: 'Again' });
    await importTypes(type('Loaf', { weight: number, crust: text, seeds: text }));
    await deploy(service.api, { items: [{ typeKey: 'Loaf' }], actor: 'omar' });
    await on.goto(`/deployments/${id}`);
    await button(on, 'Roll back').click();
    await dialogOf(on).getByRole('checkbox', { name: /Force/ }).check();
    await sign(dialogOf(on), 'jane', 'No crust at all');
    await button(on, 'Make a plan').click();
    await on.getByText(/^Loaf: deployed by omar/).waitFor();
    await look(on, 'plan-with-newer');
    await button(on, /^Deploy/).click();
    const submit = dialogOf(on).getByRole('button', { name: /^Deploy/ });
    expect(await submit.isDisabled()).toBe(true);
    await dialogOf(on).getByRole('checkbox', { name: 'Undo the newer changes too' }).check();
    await look(on, 'rollback-with-newer');
    await submit.click();
    expect(await deployed(on)).toMatchObject({ rollbackOf: id, status: 'SUCCESS' });

    await button(on, 'Promote').click();
    await dialogOf(on).getByRole('combobox', { name: 'Promote to' }).click();
    await on.getByRole('option', { name: 'production' }).click();
    await look(on, 'promote');
    await button(on, 'Make a plan').click();
    await on.getByRole('heading', { name: 'Plan for optimizely (production)' }).waitFor();
    await on.getByText(/a promotion$/).waitFor();
  }, 60_000);

  it('deletes what a deployment created, and what a source does not have, when asked to', async () => {
    await importTypes(type('Crumb'));
    const made = await plan(service.api, { items: [{ typeKey: 'Crumb' }] });
    const id = await begin(service.api, { planId: made.id, platform: undefined });
    await settled(service.api, id);
    const on = await open(`/deployments/${id}`);
    await button(on, 'Roll back').click();
    await dialogOf(on)
      .getByText(/only created content types/)
      .waitFor();
    await dialogOf(on).getByRole('checkbox', { name: 'Delete the content types that the deployment created' }).check();
    await dialogOf(on).getByText('Crumb', { exact: true }).waitFor();
    await dialogOf(on).getByRole('checkbox', { name: /Force/ }).check();
    await sign(dialogOf(on), 'jane', 'Crumbs everywhere');
    await look(on, 'roll-back-deletes');
    await button(on, 'Make a plan').click();
    await on.getByText('+0 ~0 −1, 1 breaking').waitFor();

    await on.goto('/deployments/new');
    await on.getByRole('checkbox', { name: /^Delete content types that the target has/ }).check();
    await sign(on, 'jane', 'A clean target');
    await look(on, 'new-deployment-deletes');
    await button(on, 'Make a plan').click();
    await on.getByRole('heading', { name: /^Plan for optimizely/ }).waitFor();
    await on.getByText(/−\d+/).first().waitFor();
  }, 60_000);
});
