import { deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { actions, plan, type PlanView } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Compared {
  same: number;
  items: { typeKey: string; result: string }[];
}

let production: SimulatedCms;
let staging: SimulatedCms;
let service: TestApp;

const text = { type: 'string', displayName: 'A text' };
const page = (key: string, properties: object = {}) => ({ key, displayName: key, baseType: '_page', properties });
const put = (key: string, properties: object = {}) =>
  service.api('PUT', `/content-types/${key}`, page(key, properties));
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const compare = async (): Promise<Compared> =>
  (await service.api('GET', '/live/compare?platform=optimizely&environment=staging&otherEnvironment=default')).body;
const started = async (planId: string): Promise<DeploymentView> => {
  const { status, body } = await service.api('POST', '/deployments', { planId, actor: 'joe' });
  expect([status, body]).toEqual([202, expect.anything()]);
  return settled(service.api, (body as { id: string }).id);
};
const changedIn = ({ items: planned }: PlanView) =>
  planned.filter(({ action }) => action === 'CREATE' || action === 'UPDATE').map(({ typeKey }) => typeKey);

beforeAll(async () => {
  production = await startSimulatedCms();
  staging = await startSimulatedCms();
  service = await startTestApp({
    ...optimizelyAt(production.url),
    OPTIMIZELY_CMS_STAGING_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_STAGING_API_URL: staging.url,
  });
  for (const key of ['Same', 'Other', 'OnlyStaging']) await put(key, { a: text });
  await deploy(service.api, { environment: 'staging' });
  await deploy(service.api, { items: items('Same', 'Other') });
  await put('Other', { a: text, b: text });
  await deploy(service.api, { environment: 'staging', items: items('Other') });
  await put('OnlyProduction');
  await deploy(service.api, { items: items('OnlyProduction') });
  // The catalogue goes on, which is nothing to a promotion.
  await put('Same', { a: text, c: text });
});
afterAll(async () => {
  await service?.close();
  await production?.close();
  await staging?.close();
});

describe('a promotion', () => {
  it('plans exactly the differences of the two environments, and leaves none behind', async () => {
    const before = await compare();
    const made = await plan(service.api, { fromEnvironment: 'staging' });
    expect(actions(made)).toEqual({
      ...{ Same: 'UNCHANGED', Other: 'UPDATE', OnlyStaging: 'CREATE', OnlyProduction: 'KEPT' },
    });
    const different = before.items.filter(({ result }) => result !== 'only-there').map(({ typeKey }) => typeKey);
    expect(changedIn(made)).toEqual(different.toSorted());
    const done = await started(made.id);
    expect(done).toMatchObject({ status: 'SUCCESS', promotedFrom: 'staging' });
    const after = await compare();
    expect(after.items).toMatchObject([{ typeKey: 'OnlyProduction', result: 'only-there' }]);
    const { syncId } = done.items.find(({ typeKey }) => typeKey === 'Other')!;
    expect((await service.api('GET', `/sync/${syncId}`)).body).toMatchObject({ trigger: 'PROMOTION', actor: 'joe' });
  });

  it('sees what somebody changed at its source, and takes it along', async () => {
    await staging.edit('Same', 'editor@example.com', { displayName: 'Theirs' });
    const made = await plan(service.api, { fromEnvironment: 'staging', items: items('Same') });
    expect(actions(made)).toEqual({ Same: 'UPDATE' });
    expect(await started(made.id)).toMatchObject({ status: 'SUCCESS' });
    expect((await compare()).items).toMatchObject([{ typeKey: 'OnlyProduction' }]);
  });

  it('is refused when its source has moved since', async () => {
    await staging.edit('Other', 'editor@example.com', { displayName: 'One' });
    const made = await plan(service.api, { fromEnvironment: 'staging', items: items('Other') });
    await staging.edit('Other', 'editor@example.com', { displayName: 'Two' });
    await service.api('POST', '/platforms/optimizely/pull', { actor: 'nightly', environment: 'staging' });
    expect(await service.api('POST', '/deployments', { planId: made.id, actor: 'joe' })).toMatchObject({
      status: 409,
      body: { code: 'PLAN_STALE', items: [{ typeKey: 'Other', moved: 'SOURCE' }] },
    });
  });

  it('of an earlier time brings back what stood there then', async () => {
    const at = new Date().toISOString();
    const before = await plan(service.api, { items: items('Other') });
    await production.edit('Other', 'editor@example.com', { displayName: 'Later' });
    const made = await plan(service.api, { at, items: items('Other') });
    expect(actions(made)).toEqual({ Other: 'UPDATE' });
    expect(made.items[0]!.versionHash).toBe(before.items[0]!.previousHash);
    expect(await started(made.id)).toMatchObject({ status: 'SUCCESS', promotedFrom: null });
    expect((await plan(service.api, { items: items('Other') })).items[0]!.previousHash).toBe(
      before.items[0]!.previousHash,
    );
  });

  it('of an earlier deployment sends again what that sent', async () => {
    const first = await deploy(service.api, { items: items('Same') });
    await put('Same', { a: text, c: text, d: text });
    await deploy(service.api, { items: items('Same') });
    const made = await plan(service.api, { deployment: first.number, force: true, reason: 'as before' });
    expect(made.items).toMatchObject([{ typeKey: 'Same', versionHash: first.items[0]!.versionHash }]);
    expect(await started(made.id)).toMatchObject({ status: 'SUCCESS' });
  });
});
