import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp({ ALLOWED_HOSTS: 'synctrail.example.com,synctrail-1' });
});
afterAll(() => service?.close());

interface Answer {
  status: number;
  code?: string;
}

/** With a `Host` and an `Origin` of the caller's own, which `fetch` does not allow. */
function ask(headers: Record<string, string>, { url = service.url, path = '/api/v1/platforms' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url + path, { headers }, (response) => {
      text(response)
        .then((body) => resolve({ status: response.statusCode!, code: codeIn(body) }))
        .catch(reject);
    })
      .on('error', reject)
      .end();
  });
}

function codeIn(body: string): string | undefined {
  return /"code":"([A-Z_]+)"/.exec(body)?.[1];
}

describe('a caller over loopback', () => {
  it.each([
    'localhost',
    'localhost:3000',
    'LOCALHOST:3000',
    'app.localhost:3000',
    '127.0.0.1:3000',
    '127.9.9.9',
    '[::1]:3000',
    '[::ffff:127.0.0.1]',
    'synctrail.example.com',
    'SyncTrail.example.com:8080',
    'synctrail-1:3000',
  ])('is answered under the host %s', async (host) => {
    expect(await ask({ host })).toMatchObject({ status: 200 });
  });

  it.each([
    'attacker.example',
    'attacker.example:3000',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example:3000',
    'synctrail.example.com.attacker.example',
    'example.com',
    'localhost@attacker.example',
    '10.0.0.7:3000',
    '0.0.0.0',
    '[::]',
    '[fd00::1]:3000',
    'local host',
    'localhost:3000:3000',
    '[]',
  ])('is refused under the host %s', async (host) => {
    for (const path of ['/api/v1/platforms', '/health/live', '/metrics', '/docs-json', '/nowhere']) {
      expect(await ask({ host }, { path })).toEqual({ status: 403, code: 'FOREIGN_HOST' });
    }
  });

  it.each<Record<string, string>>([
    { host: 'localhost:3000', origin: 'http://localhost:3000' },
    { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' },
    { host: '127.0.0.1:3000', origin: 'https://synctrail.example.com' },
    { host: 'synctrail-1:3000', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    { host: 'localhost', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
  ])('is answered on a page of ours: %j', async (headers) => {
    expect(await ask(headers)).toMatchObject({ status: 200 });
  });

  it.each<Record<string, string>>([
    { host: 'localhost:3000', origin: 'http://attacker.example' },
    { host: 'localhost:3000', origin: 'http://localhost:4000' },
    { host: 'localhost:3000', origin: 'http://localhost:3000.attacker.example' },
    { host: 'localhost:3000', origin: 'null' },
    { host: 'localhost:3000', origin: 'http://synctrail.example.com.attacker.example' },
    { host: 'localhost:3000', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  ])('is refused on a page of another site: %j', async (headers) => {
    expect(await ask(headers)).toEqual({ status: 403, code: 'FOREIGN_ORIGIN' });
  });
});

describe('a caller over the network', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const address = addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  (address === undefined ? it.skip : it)(
    'is answered under an address or a name that is allowed, and no other',
    async () => {
      const open = await startTestApp({ ALLOWED_HOSTS: 'synctrail-1' }, {}, '0.0.0.0');
      try {
        const url = `http://${address}:${new URL(open.url).port}`;
        for (const host of [`${address}:3000`, '10.0.0.7', '[fd00::1]:3000', '127.0.0.1:3000', 'synctrail-1']) {
          expect([host, await ask({ host }, { url })]).toMatchObject([host, { status: 200 }]);
        }
        expect(await ask({ host: 'attacker.example' }, { url })).toEqual({ status: 403, code: 'FOREIGN_HOST' });
      } finally {
        await open.close();
      }
    },
  );
});

describe('every answer', () => {
  it.each([
    '/',
    '/docs',
    '/docs-json',
    '/api/v1/platforms',
    '/api/v1/nowhere',
    '/api/v1/sync/%zz',
    '/health/live',
    '/metrics',
  ])('says that it is what it says and cannot be framed: %s', async (path) => {
    const { headers } = await fetch(service.url + path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    // A broken address is found before anything else is looked at.
    if (path.includes('%')) return;
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('of a stream says so too', async () => {
    const stop = new AbortController();
    const { headers } = await fetch(`${service.url}/api/v1/sync/events`, {
      headers: { accept: 'text/event-stream' },
      signal: stop.signal,
    });
    expect(headers.get('content-type')).toMatch('text/event-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    stop.abort();
  });
});
