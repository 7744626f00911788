import { startSandbox, type Sandbox } from '../src/optimizely/sandbox/sandbox.ts';
import { optimizelyAt, startTestApp, type TestApp } from './support/test-app.ts';

describe('a deployment', () => {
  let sandbox: Sandbox;
  let service: TestApp;

  beforeAll(async () => {
    sandbox = await startSandbox({});
    service = await startTestApp(optimizelyAt(sandbox.url));
  });
  afterAll(async () => {
    await service?.close();
    await sandbox?.close();
  });

  it('answers 202 with the address at which it can be watched', async () => {
    const type = { key: 'Article', displayName: 'Article', baseType: '_page', properties: {} };
    await service.api('POST', '/content-types/import', { contentTypes: [type] });
    const { status, headers } = await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane' });
    expect(status).toBe(202);
    expect(headers.get('location')).toMatch(/^\/api\/v1\/deployments\/[0-9a-f-]{36}$/);
  });
});
