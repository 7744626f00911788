import { databaseDump } from '../support/database-dump.ts';
import { deploy } from '../support/deployments.ts';
import { type Answer, type HostilePlatform, json, raw, startHostilePlatform } from '../support/hostile-platform.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

const SECRET = 'demo-secret';

describe('what a platform says that repeats our credentials', () => {
  let platform: HostilePlatform;
  let service: TestApp;

  beforeAll(async () => {
    platform = await startHostilePlatform();
    service = await startTestApp({ ...optimizelyAt(platform.url), CIRCUIT_FAILURES: '1000' });
    await service.api('PUT', '/content-types/Echoed', { key: 'Echoed', displayName: 'E', baseType: '_page' });
  });
  afterAll(async () => {
    await service?.close();
    await platform?.close();
  });

  const basic = Buffer.from(`demo-client:${SECRET}`).toString('base64');
  const encoded = `Basic ${basic} ${encodeURIComponent(basic)} ${Buffer.from(`x${SECRET}`).toString('base64url')}`;
  const everything = ({ headers, body }: { headers: object; body: string }) =>
    `${JSON.stringify(headers)} ${body} ${SECRET} ${encodeURIComponent(SECRET)} token-1 ${encoded}`;

  it.each<[string, (said: string) => Answer]>([
    ['in a problem', (said) => json(400, { detail: said, [said]: said })],
    ['in a success', (said) => json(200, { outcomes: [{ message: said }], errors: [{ message: said }] })],
    ['in a page', (said) => raw(502, `<html>${said}</html>`, { 'content-type': 'text/html' })],
    ['in a request id', (said) => json(500, {}, { 'x-request-id': said.replaceAll(/[^\x20-\x7e]/g, '') })],
  ])('%s is kept without them', async (_name, says) => {
    platform.answers = [(response, request) => says(everything(request))(response, request)];
    const deployment = await deploy(service.api);
    const { syncId } = deployment.items[0]!;
    const shown = [
      deployment,
      (await service.api('GET', `/sync/${syncId}/snapshot`)).body,
      (await service.api('GET', `/sync/${syncId}/events`)).body,
      (await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' })).body,
    ];
    expect(platform.received.at(-1)!.headers.authorization).toBe('Bearer token-1');
    expect(JSON.stringify(shown)).not.toMatch(/demo-secret|token-1/);
    const kept = await databaseDump(service.databaseUrl);
    expect(kept).toContain('***');
    expect(kept).not.toMatch(/demo-secret|token-1/);
  });
});

describe('a refusal of our credentials', () => {
  it('is kept without them', async () => {
    const platform = await startHostilePlatform();
    platform.tokens = [(response, request) => json(401, { error: `no ${request.body}` })(response, request)];
    const service = await startTestApp(optimizelyAt(platform.url));
    const answer = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
    expect(answer).toMatchObject({ status: 502, body: { code: 'AUTHENTICATION_FAILED' } });
    const history = JSON.stringify((await service.api('GET', '/sync/history')).body);
    expect(JSON.stringify(answer.body) + history).not.toContain(SECRET);
    expect(platform.tokenRequests[0]!.body).toContain(SECRET);
    await service.close();
    await platform.close();
  });
});
