import { startTestApp, type TestApp } from '../support/test-app.ts';

/** As a proxy says it. */
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

let service: TestApp;
afterEach(() => service?.close());

describe('the limit of requests', () => {
  it('answers 429 with the time to wait, and lets probes and other addresses through', async () => {
    service = await startTestApp({ RATE_LIMIT_PER_MINUTE: '3', TRUSTED_PROXIES: 'loopback' });
    const plans = `${service.url}/api/v1/plans`;
    const answers = [];
    for (let request = 0; request < 4; request += 1) answers.push(await fetch(plans, from('2001:db8::1')));
    expect(answers.map(({ status, headers }) => [status, headers.get('ratelimit-remaining')])).toEqual([
      [200, '2'],
      [200, '1'],
      [200, '0'],
      [429, '0'],
    ]);
    const refused = answers.at(-1)!;
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect([refused.headers.get('ratelimit-limit'), refused.headers.get('ratelimit-reset')]).toEqual([
      '3',
      `${seconds}`,
    ]);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      limit: 3,
      retryAfter: seconds,
    });
    // The same customer, and any route.
    expect((await fetch(`${service.url}/api/v1/freezes`, from('2001:db8::2'))).status).toBe(429);
    expect((await fetch(plans, from('2001:db8:0:1::1'))).status).toBe(200);
    for (const probe of ['/health/live', '/health/ready', '/metrics', '/'])
      expect([probe, (await fetch(`${service.url}${probe}`, from('2001:db8::1'))).status]).toEqual([probe, 200]);
  });

  it('believes no address that a caller names, unless it comes from a trusted proxy', async () => {
    service = await startTestApp({ RATE_LIMIT_PER_MINUTE: '2' });
    const statuses = [];
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
      statuses.push((await fetch(`${service.url}/api/v1/plans`, from(address))).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('changes nothing by what it refuses, and counts refused requests too', async () => {
    service = await startTestApp({ RATE_LIMIT_PER_MINUTE: '2' });
    for (let request = 0; request < 2; request += 1) expect((await service.api('POST', '/plans', {})).status).toBe(400);
    const freeze = { platform: 'optimizely', actor: 'jane', reason: 'no' };
    const { status, body } = await service.api('POST', '/freezes', freeze);
    expect([status, (body as { code: string }).code]).toEqual([429, 'TOO_MANY_REQUESTS']);
  });

  it('is off with 0, and without it no answer has its headers', async () => {
    service = await startTestApp({ RATE_LIMIT_PER_MINUTE: '0' });
    const response = await fetch(`${service.url}/api/v1/plans`);
    expect([response.status, response.headers.get('ratelimit-limit')]).toEqual([200, null]);
  });
});
