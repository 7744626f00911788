import { begin, deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { readBothWays } from '../support/pages.ts';
import { plan } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let cms: SimulatedCms;
let service: TestApp;

const HOUR = 3_600_000;
const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
const freeze = (request: object = {}) =>
  service.api('POST', '/freezes', { actor: 'ann', until: ahead(HOUR), reason: 'Christmas trade', ...request });
const frozen = async (request: object = {}): Promise<string> => {
  const { status, body } = await freeze(request);
  expect([status, body]).toEqual([201, expect.anything()]);
  return (body as { id: string }).id;
};
const end = (id: string, reason: unknown = 'over') =>
  service.api('POST', `/freezes/${id}/end`, { actor: 'ann', reason });
const refusal = { status: 409, body: { code: 'TARGET_FROZEN', detail: expect.stringMatching('Christmas trade') } };

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
  for (const name of ['First', 'Second']) {
    await service.api('PUT', '/content-types/Article', { key: 'Article', displayName: name, baseType: '_page' });
    await deploy(service.api, { items: [{ typeKey: 'Article' }] });
  }
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

it('lets nothing be sent to a frozen target, in any way, and lets it again when it is over', async () => {
  const { items } = await deploy(service.api, { items: [{ typeKey: 'Article' }] });
  const made = await plan(service.api, { items: [{ typeKey: 'Article' }] });
  const { items: listed } = (await service.api('GET', '/deployments?limit=2')).body as { items: { id: string }[] };
  const id = await frozen();
  const { length } = await cms.calls();
  const requests: [string, object][] = [
    ['/deployments', { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Article' }] }],
    ['/deployments', { planId: made.id, actor: 'jane' }],
    [`/deployments/${listed[1]!.id}/rollback`, { actor: 'jane', reason: 'wrong' }],
    [`/sync/${items[0]!.syncId}/replay`, { actor: 'jane', reason: 'again' }],
  ];
  for (const [path, body] of requests)
    expect([path, await service.api('POST', path, body)]).toMatchObject([path, refusal]);
  expect(await cms.calls()).toHaveLength(length);
  expect((await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' })).status).toBe(200);
  expect(await end(id)).toMatchObject({ status: 200, body: { endedBy: 'ann', endReason: 'over' } });
  expect(await end(id)).toMatchObject({ status: 409, body: { code: 'FREEZE_ENDED' } });
  expect(await service.api('POST', '/deployments', { planId: made.id, actor: 'jane' })).toMatchObject({ status: 202 });
});

it('keeps what waits waiting, and says until when', async () => {
  await cms.strike({ kind: 'slow', delayMs: 1_000, match: { method: 'POST', path: '/manifest' } });
  const running = await begin(service.api, { items: [{ typeKey: 'Article' }] });
  const waiting = await begin(service.api, { items: [{ typeKey: 'Article' }] });
  const id = await frozen();
  await settled(service.api, running);
  const shown = async () =>
    (await service.api('GET', `/deployments/${waiting}`)).body as DeploymentView & { frozenUntil: string | null };
  expect(await shown()).toMatchObject({ status: 'QUEUED', place: 0, frozenUntil: expect.any(String) });
  await end(id);
  expect(await settled(service.api, waiting)).toMatchObject({ status: 'SUCCESS', frozenUntil: null });
});

it('begins and ends by itself', async () => {
  const id = await frozen({ from: ahead(400), until: ahead(1_500) });
  const dry = () =>
    service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Article' }] });
  expect((await dry()).status).toBe(202);
  await until('the freeze has begun', async () => (await dry()).status === 409);
  await until('the freeze is over', async () => (await dry()).status === 202);
  expect(await end(id)).toMatchObject({ status: 409, body: { code: 'FREEZE_ENDED' } });
});

it('is of one target only, and is listed', async () => {
  expect(await freeze({ environment: 'nowhere' })).toMatchObject({ status: 404 });
  const open = await frozen({ from: ahead(HOUR / 2) });
  const { body } = await service.api('GET', '/freezes?platform=optimizely&environment=default&open=true');
  expect(body).toMatchObject({ items: [{ id: open, reason: 'Christmas trade' }] });
  expect((await service.api('GET', '/freezes?open=false')).body).toMatchObject({ items: [{}, {}, {}] });
  expect((await service.api('GET', '/freezes?environment=staging')).body).toMatchObject({ items: [] });
  await end(open);
  const all = await readBothWays<{ id: string }>(async (cursor = '') => {
    const { body } = await service.api('GET', `/freezes?limit=2${cursor && `&cursor=${cursor}`}`);
    return body;
  });
  expect(all).toHaveLength(4);
});

it.each([
  [{ until: ahead(-1_000) }],
  [{ until: 'tomorrow' }],
  [{ until: undefined }],
  [{ from: ahead(2 * HOUR) }],
  [{ reason: ' ' }],
  [{ actor: '' }],
  [{ platform: 'nobody' }],
])('refuses %j', async (request) => {
  const { status, body } = await freeze(request);
  expect([400, 404]).toContain(status);
  expect(body).toMatchObject({ code: expect.any(String) });
});

it('refuses to end what is not there', async () => {
  expect(await end('01900000-0000-7000-8000-000000000000')).toMatchObject({
    status: 404,
    body: { code: 'FREEZE_NOT_FOUND' },
  });
  expect((await end('x')).status).toBe(400);
});
