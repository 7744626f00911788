import { startTestApp, type TestApp } from '../support/test-app.ts';

const CONTACT = 'mailto:security@example.com';

let service: TestApp;
beforeAll(async () => {
  service = await startTestApp({ DOCS: 'off', SECURITY_CONTACT: CONTACT, ALLOWED_HOSTS: 'friend.example.com' });
});
afterAll(() => service?.close());

describe('a hardened service', () => {
  it.each(['/docs', '/docs-json', '/docs/swagger-ui.css'])('has no page of its API with DOCS=off: %s', async (path) => {
    const response = await fetch(service.url + path);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
  });

  it('says where to report holes, in a file that expires within a year', async () => {
    const response = await fetch(`${service.url}/.well-known/security.txt`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const fields = new Map(
      (await response.text()).split('\n').map((line) => line.split(/: (.*)/, 2) as [string, string]),
    );
    expect(fields.get('Contact')).toBe(CONTACT);
    const days = (new Date(fields.get('Expires')!).getTime() - Date.now()) / (24 * 60 * 60 * 1000);
    expect(days).toBeGreaterThan(60);
    expect(days).toBeLessThan(365);
  });

  it('lets no page of another site read an answer, not even one that may ask', async () => {
    const headers = { origin: 'https://friend.example.com' };
    for (const [method, more] of [
      ['GET', {}],
      ['OPTIONS', { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }],
    ] as const) {
      const response = await fetch(`${service.url}/api/v1/plans`, { method, headers: { ...headers, ...more } });
      const cors = [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));
      expect([method, response.status, cors]).toEqual([method, method === 'GET' ? 200 : 405, []]);
    }
  });
});

it('a service without a contact has no such file, and shows its API', async () => {
  const plain = await startTestApp();
  const statuses = [];
  for (const path of ['/.well-known/security.txt', '/docs/swagger-ui.css'])
    statuses.push((await fetch(plain.url + path)).status);
  await plain.close();
  expect(statuses).toEqual([404, 200]);
});
