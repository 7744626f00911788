import type { PlatformAdapter } from '#platform';
import { OptimizelyAdapter } from '../../src/optimizely/optimizely.adapter.ts';
import { type ClosablePort, startClosablePort } from '../support/closable-port.ts';
import { begin, deploy, settled } from '../support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let proxy: ClosablePort;
let cms: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startClosablePort(database.url);
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), DATABASE_URL: proxy.url });
  await service.api('PUT', '/content-types/Kept', {
    key: 'Kept',
    displayName: 'Kept',
    baseType: '_page',
    properties: {},
  });
});
beforeEach(() => cms.reset());
afterEach(() => proxy.beforeRetry());
afterAll(async () => {
  await service?.close();
  await proxy?.close();
  await database?.drop();
  await cms?.close();
});

const push = { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Kept' }] };

describe('while the database does not answer', () => {
  it.each<[string, string, object | undefined]>([
    ['POST', '/deployments', push],
    ['POST', '/platforms/optimizely/pull', { actor: 'jane' }],
    ['GET', '/sync/history', undefined],
    ['PUT', '/content-types/Kept', { key: 'Kept' }],
  ])('%s %s answers a 503 problem, and nothing is sent', async (method, path, body) => {
    proxy.cut();
    const { status, headers, body: problem } = await service.api(method, path, body);
    expect(status).toBe(503);
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(problem).toMatchObject({
      ...{ status: 503, code: expect.stringMatching(/^(DATABASE_UNAVAILABLE|RECORDING_UNAVAILABLE)$/) },
      detail: expect.stringMatching(/database does not answer/),
    });
    expect(await cms.calls()).toEqual([]);
  });

  it('a push through the adapter itself does not leave', async () => {
    const adapter: PlatformAdapter = service.app.get(OptimizelyAdapter);
    const items = [{ typeKey: 'Kept', data: { key: 'Kept', displayName: 'Kept', baseType: '_page' } }];
    proxy.cut();
    const context = { environment: 'default', actor: 'jane', trigger: 'API' } as const;
    await expect(adapter.push({ items, context })).rejects.toMatchObject({ code: 'RECORDING_UNAVAILABLE' });
    await expect(adapter.pull({ items: [], context })).rejects.toMatchObject({ code: 'RECORDING_UNAVAILABLE' });
    expect(await cms.calls()).toEqual([]);
  });

  it('the service lives, and says that it is not ready', async () => {
    proxy.cut();
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${service.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(ready.headers.get('content-type')).toMatch('application/problem+json');
  });
});

describe('when the database is back', () => {
  it('deployments work again', async () => {
    proxy.cut();
    await expect(begin(service.api, push)).rejects.toThrow('503');
    proxy.beforeRetry();
    expect(await deploy(service.api, push)).toMatchObject({ status: 'SUCCESS' });
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });

  it('what a running call has come to is recorded', async () => {
    await cms.strike({ kind: 'slow', delayMs: 300, match: { path: '/manifest' } });
    const id = await begin(service.api, push);
    await cms.called(1);
    proxy.cut();
    await cms.answered(1);
    proxy.beforeRetry();
    expect(await settled(service.api, id)).toMatchObject({ status: 'SUCCESS', items: [{ status: 'SUCCESS' }] });
  });
});
