import { jest } from '@jest/globals';
import { ApiKeys } from '#keys';
import { newKeyText } from '../../src/keys/key-text.ts';
import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { startTestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const LIMIT = 30;

async function ask(url: string, key: string, address: string, path = '/platforms'): Promise<Response> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': address },
  });
  await answer.clone().text();
  return answer;
}

async function signIn(url: string, key: string, address: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
  const answer = await fetch(`${url}/api/v1/session`, { method: 'POST', headers, body: JSON.stringify({ key }) });
  await answer.clone().text();
  return answer;
}

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));
const count = (answers: { status: number }[], status: number): number =>
  answers.filter((one) => one.status === status).length;

describe('wrong keys from one address', () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let admin: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startServiceProcess({ DATABASE_URL: database.url, ACCESS: 'keys', TRUSTED_PROXIES: 'loopback' });
    admin = await newKey('root');
  }, 60_000);
  afterAll(async () => {
    await service?.stop();
    await database?.drop();
  });

  async function newKey(name: string): Promise<string> {
    const made = await runCli(['keys', 'create', '--json', '--name', name, '--grant', 'admin'], {
      DATABASE_URL: database.url,
    });
    return (JSON.parse(made.stdout) as { key: string }).key;
  }

  it.each<[string, () => string, (url: string, key: string, address: string) => Promise<Response>]>([
    ['well-formed', newKeyText, ask],
    ['malformed', () => 'synctrail_abc', ask],
    ['well-formed, of a sign-in', newKeyText, signIn],
    ['shown by the session', newKeyText, (url, key, address) => ask(url, key, address, '/session')],
  ])('are refused for what they are, up to the limit, and then early: %s', async (kind, key, send) => {
    const address = `10.1.0.${kind.length}`;
    const first = await times(LIMIT, () => send(service.url, key(), address));
    expect(count(first, 429)).toBe(0);
    const beyond = await send(service.url, key(), address);
    const seconds = Number(beyond.headers.get('retry-after'));
    expect([beyond.status, seconds > 0 && seconds <= 60]).toEqual([429, true]);
    expect(['limit', 'remaining', 'reset'].map((name) => beyond.headers.get(`ratelimit-${name}`))).toEqual([
      ...[`${LIMIT}`, '0', `${seconds}`],
    ]);
    expect(beyond.headers.get('content-type')).toContain('application/problem+json');
    expect(await beyond.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', limit: LIMIT, retryAfter: seconds });
    // Another address has its own.
    expect((await send(service.url, key(), '10.2.0.1')).status).not.toBe(429);
  });

  it('shut out nobody with a right key, known or new, and let them sign in', async () => {
    const address = '10.3.0.1';
    await times(LIMIT + 1, () => ask(service.url, newKeyText(), address));
    expect((await ask(service.url, newKeyText(), address)).status).toBe(429);
    expect((await ask(service.url, admin, address)).status).toBe(200);
    const unseen = await newKey('made-meanwhile');
    expect((await ask(service.url, unseen, address)).status).toBe(200);
    expect((await signIn(service.url, unseen, address)).status).toBe(200);
    // Among others that are wrong.
    const [right] = await Promise.all([
      ask(service.url, await newKey('in-a-crowd'), address),
      times(50, () => ask(service.url, newKeyText(), address)),
    ]);
    expect(right.status).toBe(200);
  });

  it('are no requests without a key', async () => {
    const bare = () => fetch(`${service.url}/api/v1/platforms`, { headers: { 'x-forwarded-for': '10.4.0.1' } });
    expect(count(await times(LIMIT + 5, bare), 401)).toBe(LIMIT + 5);
  });
});

describe('what wrong keys cost', () => {
  it('is no question of the database each, not even when all come at once', async () => {
    const service = await startTestApp({ ACCESS: 'keys' });
    const keys = service.app.get(ApiKeys);
    const [find, existing] = [jest.spyOn(keys, 'find'), jest.spyOn(keys, 'existing')];
    const began = performance.now();
    const answers = await times(400, () => signIn(service.url, newKeyText(), ''));
    const took = performance.now() - began;
    expect([count(answers, 401), count(answers, 429)]).toEqual([LIMIT, 400 - LIMIT]);
    expect(find.mock.calls.length).toBeLessThanOrEqual(LIMIT);
    expect(existing.mock.calls.length).toBeLessThanOrEqual(took / 100 + 1);
    await service.close();
  });

  it('is unlimited with 0', async () => {
    const service = await startTestApp({ ACCESS: 'keys', RATE_LIMIT_FAILURES_PER_MINUTE: '0' });
    expect(count(await times(LIMIT * 2, () => signIn(service.url, newKeyText(), '')), 401)).toBe(LIMIT * 2);
    await service.close();
  });
});
