import { settled } from '../support/deployments.ts';
import { plan, type PlanView } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let cms: SimulatedCms;
let service: TestApp;

const text = { type: 'string', displayName: 'A text' };
const page = (key: string, properties: object = {}) => ({ key, displayName: key, baseType: '_page', properties });
const put = (key: string, properties: object = {}) =>
  service.api('PUT', `/content-types/${key}`, page(key, properties));
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const decide = (id: string, decision: 'approve' | 'refuse', actor: string, reason: unknown = 'I looked') =>
  service.api('POST', `/plans/${id}/${decision}`, { actor, reason });
const start = (planId: string) => service.api('POST', '/deployments', { planId, actor: 'jane' });
const refusal = (code: string) => ({ status: 409, body: { code } });
const started = async (planId: string) => {
  const { status, body } = await start(planId);
  expect([status, body]).toEqual([202, expect.anything()]);
  return settled(service.api, (body as { id: string }).id);
};

async function startWith(approvalTargets: string): Promise<void> {
  cms = await startSimulatedCms();
  service = await startTestApp({
    ...optimizelyAt(cms.url),
    OPTIMIZELY_CMS_STAGING_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_STAGING_API_URL: cms.url,
    APPROVAL_TARGETS: approvalTargets,
  });
}

afterEach(async () => {
  await service?.close();
  await cms?.close();
});

it('lets nothing leave for a target that needs a second person, before one has said yes', async () => {
  await startWith('optimizely/default');
  await put('Article');
  const made = await plan(service.api, { items: items('Article') });
  expect(made.approval).toBe('PENDING');
  const { length } = await cms.calls();
  expect(await start(made.id)).toMatchObject({ ...refusal('APPROVAL_REQUIRED'), body: { planId: made.id } });
  for (const request of [{}, { items: items('Article') }, { force: true, reason: 'now' }]) {
    const direct = { platform: 'optimizely', actor: 'joe', ...request };
    expect(await service.api('POST', '/deployments', direct)).toMatchObject(refusal('APPROVAL_REQUIRED'));
  }
  expect(await cms.calls()).toHaveLength(length);

  for (const author of ['jane', ' Jane ', 'ＪＡＮＥ']) {
    expect(await decide(made.id, 'approve', author)).toMatchObject(refusal('APPROVAL_BY_AUTHOR'));
  }
  for (const reason of [null, '', 7]) expect((await decide(made.id, 'approve', 'joe', reason)).status).toBe(400);
  expect(await decide(made.id, 'approve', 'joe')).toMatchObject({
    status: 200,
    body: { approval: 'APPROVED', decidedBy: 'joe', decisionReason: 'I looked' },
  });
  expect(await decide(made.id, 'refuse', 'eve')).toMatchObject(refusal('PLAN_DECIDED'));
  expect(await started(made.id)).toMatchObject({ status: 'SUCCESS' });
  expect(await decide(made.id, 'approve', 'joe')).toMatchObject(refusal('PLAN_DECIDED'));

  const [pushed] = ((await service.api('GET', '/sync/history?direction=PUSH')).body as { items: { id: string }[] })
    .items;
  const { length: sent } = await cms.calls();
  const again = { actor: 'jane', reason: 'again' };
  for (const [path, body] of [
    [`/sync/${pushed!.id}/replay`, again],
    ['/sync/replay', { ...again, filter: { typeKey: ['Article'] }, includeHealed: true }],
  ] as const) {
    expect([path, await service.api('POST', path, body)]).toMatchObject([path, refusal('APPROVAL_REQUIRED')]);
  }
  expect(await cms.calls()).toHaveLength(sent);

  await put('Article', { a: text });
  const refused = await plan(service.api, { items: items('Article') });
  expect(await decide(refused.id, 'refuse', 'jane', 'Too late')).toMatchObject({ body: { approval: 'REFUSED' } });
  expect(await start(refused.id)).toMatchObject(refusal('PLAN_REFUSED'));
  expect((await service.api('GET', '/plans?approval=REFUSED')).body).toMatchObject({ items: [{ id: refused.id }] });
});

it('plans a rollback that needs approval, and says which plan', async () => {
  await startWith('optimizely/default');
  const approved = async (request: object) => {
    const made = await plan(service.api, request);
    await decide(made.id, 'approve', 'joe');
    return started(made.id);
  };
  await put('Article', { a: text });
  await approved({ items: items('Article') });
  await put('Article', { a: text, b: text });
  const wrong = await approved({ items: items('Article') });
  const answer = await service.api('POST', `/deployments/${wrong.id}/rollback`, {
    ...{ actor: 'jane', reason: 'It was wrong', force: true },
  });
  expect(answer).toMatchObject(refusal('APPROVAL_REQUIRED'));
  const { planId } = answer.body as { planId: string };
  await decide(planId, 'approve', 'joe');
  expect(await started(planId)).toMatchObject({ status: 'SUCCESS', rollbackOf: wrong.id });
});

it('asks a second person only for what may lose data, where the target says so', async () => {
  await startWith('optimizely/staging,optimizely/default:breaking');
  await put('Article', { a: text });
  const harmless = await plan(service.api, { items: items('Article') });
  expect(harmless.approval).toBe('NOT_NEEDED');
  expect(await decide(harmless.id, 'approve', 'joe')).toMatchObject(refusal('PLAN_DECIDED'));
  expect(await started(harmless.id)).toMatchObject({ status: 'SUCCESS' });
  await put('Article', {});
  const breaking: PlanView = await plan(service.api, { items: items('Article'), force: true, reason: 'unused' });
  expect(breaking).toMatchObject({ approval: 'PENDING', counts: { breaking: 1 } });
  expect(await start(breaking.id)).toMatchObject(refusal('APPROVAL_REQUIRED'));
});

it('does not start for a target that does not exist, which would need nobody', async () => {
  await expect(startWith('optimizely/prodution')).rejects.toThrow(/APPROVAL_TARGETS names a target .*"prodution"/);
  await cms.close();
  service = await startTestApp(optimizelyAt((cms = await startSimulatedCms()).url));
});

it('counts one decision of several people at once', async () => {
  await startWith('optimizely/default');
  await put('Article');
  const made = await plan(service.api, { items: items('Article') });
  const answers = await Promise.all([
    ...['joe', 'eve', 'ann'].map((actor) => decide(made.id, 'approve', actor)),
    decide(made.id, 'refuse', 'max'),
  ]);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});
