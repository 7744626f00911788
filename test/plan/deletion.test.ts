import { deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { actions, plan } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let production: SimulatedCms;
let staging: SimulatedCms;
let service: TestApp;

const page = (key: string) => ({ key, displayName: key, baseType: '_page' });
const put = (key: string) => service.api('PUT', `/content-types/${key}`, page(key));
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const forced = { deletes: true, force: true, reason: 'nobody uses them' };
const started = async (planId: string): Promise<DeploymentView> => {
  const { status, body } = await service.api('POST', '/deployments', { planId, actor: 'joe' });
  expect([status, body]).toEqual([202, expect.anything()]);
  return settled(service.api, (body as { id: string }).id);
};
const keysOf = async (cms: SimulatedCms): Promise<string[]> => {
  const model = (await (await fetch(`${cms.url}/_sandbox/content-types`)).json()) as { key: string; source?: string }[];
  return model.map(({ key }) => key).filter((key) => key.startsWith('Del'));
};
const of = ({ items: sent }: DeploymentView, typeKey: string) => sent.find((item) => item.typeKey === typeKey);

beforeAll(async () => {
  production = await startSimulatedCms();
  staging = await startSimulatedCms();
  service = await startTestApp({
    ...optimizelyAt(production.url),
    OPTIMIZELY_CMS_STAGING_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_STAGING_API_URL: staging.url,
  });
  for (const key of ['DelBoth', 'DelOnlyHere']) await put(key);
  await deploy(service.api, { items: items('DelBoth', 'DelOnlyHere') });
  await deploy(service.api, { environment: 'staging', items: items('DelBoth') });
});
afterAll(async () => {
  expect(await findings(service.databaseUrl)).toEqual([]);
  await service?.close();
  await production?.close();
  await staging?.close();
});

it('is only planned when asked for, and needs force', async () => {
  expect(actions(await plan(service.api, { fromEnvironment: 'staging' }))).toMatchObject({ DelOnlyHere: 'KEPT' });
  const made = await plan(service.api, { fromEnvironment: 'staging', deletes: true });
  expect(actions(made)).toMatchObject({ DelOnlyHere: 'DELETE', DelBoth: 'UNCHANGED' });
  expect(made.counts).toMatchObject({ delete: 1, breaking: 1 });
  expect(await service.api('POST', '/deployments', { planId: made.id, actor: 'joe' })).toMatchObject({
    status: 409,
    body: { code: 'FORCE_NEEDED', items: [{ typeKey: 'DelOnlyHere' }] },
  });
  expect(await keysOf(production)).toContain('DelOnlyHere');
});

it('is refused by a platform whose content uses the type, and the rest is done', async () => {
  const control = (count: number) =>
    fetch(`${production.url}/_sandbox/content-instances/DelOnlyHere`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ count }),
    });
  expect((await control(3)).ok).toBe(true);
  const made = await plan(service.api, { fromEnvironment: 'staging', ...forced });
  const done = await started(made.id);
  expect(of(done, 'DelOnlyHere')).toMatchObject({ action: 'DELETE', status: 'FAILED', verification: 'DIVERGED' });
  expect((await control(0)).ok).toBe(true);
});

it('leaves no difference between two environments, and can be undone', async () => {
  const made = await plan(service.api, { fromEnvironment: 'staging', ...forced });
  const done = await started(made.id);
  expect(done.status).toBe('SUCCESS');
  expect(of(done, 'DelOnlyHere')).toMatchObject({ status: 'SUCCESS', versionHash: null, verification: 'VERIFIED' });
  expect(await keysOf(production)).toEqual(['DelBoth']);
  const { body } = await service.api(
    'GET',
    '/live/compare?platform=optimizely&environment=staging&otherEnvironment=default',
  );
  expect(body).toMatchObject({ different: 0, onlyHere: 0, onlyThere: 0, unknown: 0 });
  const { status, body: undoing } = await service.api('POST', `/deployments/${done.id}/rollback`, {
    ...{ actor: 'joe', reason: 'somebody did' },
  });
  expect(status).toBe(202);
  expect(await settled(service.api, (undoing as { id: string }).id)).toMatchObject({
    ...{ status: 'SUCCESS', items: [{ typeKey: 'DelOnlyHere', action: 'CREATE', verification: 'VERIFIED' }] },
  });
  expect((await keysOf(production)).toSorted()).toEqual(['DelBoth', 'DelOnlyHere']);
});

it('undoes what a planned deployment created, and can itself be undone', async () => {
  await put('DelNew');
  const created = await started((await plan(service.api, { items: items('DelNew') })).id);
  const rollBack = (id: string, more: object = {}) =>
    service.api('POST', `/deployments/${id}/rollback`, { actor: 'joe', reason: 'too early', ...more });
  expect(await rollBack(created.id)).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_ROLL_BACK' } });
  const foreseen = await service.api('GET', `/deployments/${created.id}/rollback?deletes=true`);
  expect(foreseen).toMatchObject({ status: 200, body: { items: [{ typeKey: 'DelNew', action: 'DELETE' }] } });
  expect(await rollBack(created.id, { deletes: true })).toMatchObject({ status: 409, body: { code: 'FORCE_NEEDED' } });
  const { body } = await rollBack(created.id, { deletes: true, force: true });
  const undone = await settled(service.api, (body as { id: string }).id);
  expect(undone).toMatchObject({ status: 'SUCCESS', items: [{ typeKey: 'DelNew', action: 'DELETE' }] });
  expect(await keysOf(production)).not.toContain('DelNew');
  const { body: back } = await rollBack(undone.id);
  expect(await settled(service.api, (back as { id: string }).id)).toMatchObject({ status: 'SUCCESS' });
  expect(await keysOf(production)).toContain('DelNew');
});

it('does not undo what nobody knows to be new', async () => {
  await put('DelUnplanned');
  const created = await deploy(service.api, { items: items('DelUnplanned') });
  expect(
    await service.api('POST', `/deployments/${created.id}/rollback`, {
      ...{ actor: 'joe', reason: 'too early', deletes: true, force: true },
    }),
  ).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_ROLL_BACK' } });
  expect(await keysOf(production)).toContain('DelUnplanned');
});
