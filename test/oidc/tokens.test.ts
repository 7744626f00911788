import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { AUDIENCE, TestIssuer } from '../support/issuer.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const SYNC = { platform: 'contentful', environment: 'staging', direction: 'PUSH', typeKey: 'Article' };
const PROGRAMS = {
  nightly: { roles: ['operator'], preferred_username: 'Nightly job' },
  bound: { roles: ['viewer@contentful/production', 'Unknown group'] },
  nobody: {},
};

let database: TestDatabase;
let issuer: TestIssuer;
let service: ServiceProcess;

const settings = () => ({
  ...{ DATABASE_URL: database.url, ACCESS: 'keys', OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: AUDIENCE },
});

beforeAll(async () => {
  [database, issuer] = await Promise.all([createTestDatabase(), TestIssuer.start({ programs: PROGRAMS })]);
  service = await startServiceProcess(settings());
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await issuer?.close();
  await database?.drop();
});

type Answer = Record<string, unknown> & { code?: string; detail?: string };

async function ask(token: string, path = '/session', body?: object): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${service.url}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const history = (token: string) => ask(token, '/sync/history?platform=contentful&environment=staging');
const coded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

describe('a token of the issuer', () => {
  it('lets a program in, as itself', async () => {
    const token = await issuer.tokenFor('nightly');
    expect((await ask(token)).body).toMatchObject({ name: 'Nightly job', principal: 'service:nightly' });
    const { status, body } = await ask(token, '/sync', { ...SYNC, actor: 'somebody else' });
    expect(status).toBe(201);
    expect((await ask(token, `/sync/${String(body.id)}`)).body).toMatchObject({
      ...{ actor: 'Nightly job', principal: 'service:nightly', onBehalfOf: 'somebody else' },
    });
  });

  it('allows what its roles say, and no more', async () => {
    const bound = await issuer.tokenFor('bound');
    expect(await ask(bound, '/sync/history?platform=contentful&environment=production')).toMatchObject({ status: 200 });
    expect(await history(bound)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await ask(bound, '/sync', SYNC)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await history(await issuer.tokenFor('nobody'))).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });

  it('is refused when it is for another audience', async () => {
    const token = await issuer.tokenFor('nightly', 'https://elsewhere.example.com');
    expect(await history(token)).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } });
  });

  it('is refused when it is made by another issuer, or names ours', async () => {
    const other = await TestIssuer.start({ programs: PROGRAMS });
    const token = await other.tokenFor('nightly');
    const asked = issuer.keysAsked;
    expect(await history(token)).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } });
    expect(issuer.keysAsked).toBe(asked);
    await other.close();
  });

  it('is refused when anything of it is changed', async () => {
    const [head, claims, signature] = (await issuer.tokenFor('bound')).split('.') as [string, string, string];
    const more = coded({ ...decoded(claims), roles: ['admin'] });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signed = (text: string) => sign('sha256', Buffer.from(text), privateKey).toString('base64url');
    const none = coded({ alg: 'none', typ: 'at+jwt' });
    const shared = coded({ ...decoded(head), alg: 'HS256' });
    const keys = await (await fetch(`${issuer.url}/jwks`)).text();
    const hostile = [
      ...[`${head}.${more}.${signature}`, `${head}.${more}.${signed(`${head}.${more}`)}`],
      ...[`${none}.${more}.`, `${none}.${more}.${signature}`],
      `${shared}.${more}.${createHmac('sha256', keys).update(`${shared}.${more}`).digest('base64url')}`,
      ...[`${head}.${claims}.`, `${head}.${claims}`, 'a.b.c', 'eyJ', '...', `${head}.${coded({ iss: issuer.url })}.x`],
    ];
    for (const token of hostile) {
      expect(await history(token)).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } });
    }
  });

  it('is refused once it has expired', async () => {
    issuer.restart({ tokenSeconds: 1 });
    await service.stop();
    service = await startServiceProcess({ ...settings(), OIDC_CLOCK_TOLERANCE_MS: '0' });
    const token = await issuer.tokenFor('nightly');
    await until('the token expires', async () => (await history(token)).body.code === 'TOKEN_EXPIRED');
    expect(await history(token)).toMatchObject({ status: 401 });
    issuer.restart({ tokenSeconds: 60 });
  }, 30_000);
});

describe('an issuer that changes', () => {
  it('can change its keys while the service runs', async () => {
    issuer.restart();
    const token = await issuer.tokenFor('nightly');
    await until('the new key is known', async () => (await history(token)).status === 200);
    const before = issuer.keysAsked;
    const [head, claims, signature] = token.split('.') as [string, string, string];
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        history(`${coded({ ...decoded(head), kid: `unknown-${index}` })}.${claims}.${signature}`),
      ),
    );
    expect(issuer.keysAsked - before).toBeLessThanOrEqual(2);
  }, 30_000);

  it('that is down keeps nobody out who has a key, and is no reason for a service not to start', async () => {
    const token = await issuer.tokenFor('nightly');
    issuer.fail();
    await service.stop();
    service = await startServiceProcess(settings());
    const answer = await history(token);
    expect(answer).toMatchObject({ status: 503, body: { code: 'ISSUER_UNAVAILABLE' } });
    expect(answer.body.detail).not.toContain('localhost:1');
    expect(await history('synctrail_malformed')).toMatchObject({ status: 401, body: { code: 'INVALID_KEY' } });
    issuer.restart();
    const next = await issuer.tokenFor('nightly');
    await until('the issuer is asked again', async () => (await history(next)).status === 200);
  }, 60_000);
});
