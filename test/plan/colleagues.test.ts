import { deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { plan, type PlanView } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let cms: SimulatedCms;
let service: TestApp;

const text = { type: 'string', displayName: 'A text' };
const put = (key: string, displayName = key) =>
  service.api('PUT', `/content-types/${key}`, { key, displayName, baseType: '_page', properties: { a: text } });
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const start = (planId: string, more: object = {}) =>
  service.api('POST', '/deployments', { planId, actor: 'joe', ...more });
const ended = async (answer: { body: never }): Promise<DeploymentView> =>
  settled(service.api, (answer.body as { id: string }).id);
/** The content type as it stands on the platform. */
const held = async (key: string): Promise<{ displayName: string } | undefined> => {
  const model = (await (await fetch(`${cms.url}/_sandbox/content-types`)).json()) as {
    key: string;
    displayName: string;
  }[];
  return model.find((type) => type.key === key);
};

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
});
afterAll(async () => {
  expect(await findings(service.databaseUrl)).toEqual([]);
  await service?.close();
  await cms?.close();
});

describe('what others do between a plan and its deployment', () => {
  it('is seen also when it happens in the queue: the second of two people is told', async () => {
    await put('Shared', 'First');
    await deploy(service.api, { items: items('Shared') });
    await put('Shared', 'Second');
    const plans = [
      await plan(service.api, { items: items('Shared') }),
      await plan(service.api, { items: items('Shared') }),
    ];
    await cms.strike({ kind: 'slow', delayMs: 700, match: { method: 'POST', path: '/manifest' } });
    const [one, two] = await Promise.all(plans.map(({ id }: PlanView) => start(id)));
    expect([one!.status, two!.status]).toEqual([202, 202]);
    const [first, second] = await Promise.all([ended(one!), ended(two!)]);
    const [winner, loser] = first.status === 'SUCCESS' ? [first, second] : [second, first];
    expect(winner).toMatchObject({ status: 'SUCCESS' });
    expect(loser).toMatchObject({
      ...{ status: 'FAILED', errorCode: 'PLAN_STALE', errorMessage: expect.stringMatching('Shared') },
      items: [{ status: 'NOT_SENT', errorCode: 'PLAN_STALE', syncId: null }],
    });
    expect(await held('Shared')).toMatchObject({ displayName: 'Second' });
  });

  it.each([
    ['skip', { status: 'FAILED', items: [{ status: 'NOT_SENT', errorCode: 'DRIFTED' }] }, 'By hand'],
    ['overwrite', { status: 'SUCCESS', items: [{ status: 'SUCCESS', verification: 'VERIFIED' }] }, 'Second'],
  ])('is met in the queue as the deployment says: %s', async (onDrift, expected, name) => {
    await put('Holds', `Holds ${onDrift}`);
    await put('Waits', 'First');
    await deploy(service.api, { items: items('Waits') });
    await put('Waits', 'Second');
    const made = await plan(service.api, { items: items('Waits') });
    await cms.strike({ kind: 'slow', delayMs: 3_000, match: { method: 'POST', path: '/manifest' } });
    const holding = (await service.api('POST', '/deployments', {
      ...{ platform: 'optimizely', actor: 'jane', items: items('Holds') },
    })) as { body: never };
    const waiting = await start(made.id, { onDrift });
    expect(waiting.status).toBe(202);
    await cms.edit('Waits', 'editor@example.com', { displayName: 'By hand' });
    await service.api('POST', '/platforms/optimizely/pull', { actor: 'nightly' });
    const done = await ended(waiting);
    await ended(holding);
    expect(done).toMatchObject(expected);
    const { items: planned } = made;
    expect(done.items[0]!.previousHash === planned[0]!.previousHash).toBe(onDrift === 'skip');
    expect(await held('Waits')).toMatchObject({ displayName: name });
  });

  it('is a deletion: refused and named, or made again when asked to', async () => {
    await put('Deleted', 'First');
    await deploy(service.api, { items: items('Deleted') });
    await put('Deleted', 'Second');
    const made = await plan(service.api, { items: items('Deleted') });
    await fetch(`${cms.url}/_sandbox/content-types/Deleted`, { method: 'DELETE' });
    expect(await start(made.id)).toMatchObject({
      status: 409,
      body: {
        code: 'PLAN_STALE',
        items: [
          {
            ...{ typeKey: 'Deleted', moved: 'TARGET' },
            planned: { action: 'UPDATE' },
            now: { action: 'CREATE', state: 'ABSENT' },
          },
        ],
      },
    });
    expect(await held('Deleted')).toBeUndefined();
    const done = await ended(await start(made.id, { onDrift: 'overwrite' }));
    expect(done).toMatchObject({ status: 'SUCCESS', items: [{ verification: 'VERIFIED' }] });
    expect(await held('Deleted')).toMatchObject({ displayName: 'Second' });
  });

  it('is left alone where the deployment skips it, while the rest is sent', async () => {
    for (const key of ['Mine', 'Theirs']) await put(key, 'First');
    await deploy(service.api, { items: items('Mine', 'Theirs') });
    for (const key of ['Mine', 'Theirs']) await put(key, 'Second');
    const made = await plan(service.api, { items: items('Mine', 'Theirs') });
    await cms.edit('Theirs', 'editor@example.com', { displayName: 'By hand' });
    const done = await ended(await start(made.id, { onDrift: 'skip' }));
    expect(done.items).toMatchObject([
      { typeKey: 'Mine', status: 'SUCCESS' },
      { typeKey: 'Theirs', status: 'NOT_SENT', errorCode: 'DRIFTED' },
    ]);
    expect([await held('Mine'), await held('Theirs')]).toMatchObject([
      { displayName: 'Second' },
      { displayName: 'By hand' },
    ]);
  });

  it('is not guessed when the platform cannot be read', async () => {
    await put('Unread', 'First');
    const made = await plan(service.api, { items: items('Unread') });
    await cms.strike({ kind: 'status', status: 404, untilReset: true, match: { method: 'GET' } });
    expect(await start(made.id)).toMatchObject({ status: 502 });
    await cms.strike();
    expect(await held('Unread')).toBeUndefined();
    expect(await ended(await start(made.id))).toMatchObject({ status: 'SUCCESS' });
  });
});
