import { readFileSync } from 'node:fs';
import { SCOPES } from '#access';
import { DOCUMENT } from '../support/checked-answers.ts';
import { filledIn, type FilledInDocument } from '../support/documented-requests.ts';
import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

type Documented = FilledInDocument & { paths: Record<string, Record<string, { 'x-scope': string | null }>> };

const ID = '019a5f0e-7c11-7aaa-8000-000000000000';
const IDS = {
  id: ID,
  syncId: ID,
  reportId: ID,
  typeKey: 'Article',
  platform: 'optimizely',
  fingerprint: '0123456789abcdef',
};
const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as Documented;
/** Every operation with its scope. */
const ROUTES = Object.values(document.paths).flatMap((methods) =>
  Object.values(methods).map((operation): [string, string | null] => [operation.operationId, operation['x-scope']]),
);
const GUARDED = ROUTES.filter(([, scope]) => scope !== null);

let database: TestDatabase;
let service: ServiceProcess;
let sql: Sql;
let admin: string;
let keys: Record<'expired' | 'revoked', string>;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = await connectSql(database.url);
  // Each route is asked with each wrong key.
  const env = { ACCESS: 'keys', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };
  service = await startServiceProcess({ DATABASE_URL: database.url, ...env });
  const made = await runCli(['keys', 'create', '--json', '--name', 'root', '--grant', 'admin'], {
    DATABASE_URL: database.url,
  });
  admin = (JSON.parse(made.stdout) as { key: string }).key;
  keys = { expired: await keyWith('expired', ['admin']), revoked: await keyWith('revoked', ['admin']) };
  await sql(`update api_key set expires_at = clock_timestamp() where name = 'expired'`);
  await sql(
    `update api_key set revoked_at = clock_timestamp(), revoked_by = 'x', revoke_reason = 'x' where name = 'revoked'`,
  );
}, 60_000);
afterAll(async () => {
  await sql?.close();
  await service?.stop();
  await database?.drop();
});

async function keyWith(name: string, grants: string[]): Promise<string> {
  const response = await fetch(`${service.url}/api/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, grants }),
  });
  return ((await response.json()) as { key: string }).key;
}

/** What the service answers to a documented request of somebody. */
async function answerTo(operationId: string, authorization?: string): Promise<string> {
  const { method, path, headers, body } = filledIn(document, operationId, IDS);
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    body,
  });
  // An answer that should not have come may be empty.
  const text = await response.text();
  const { code } = (text.startsWith('{') ? JSON.parse(text) : {}) as { code?: string };
  return `${response.status} ${code}`;
}

/** What each route of a list answers, where it is not what is expected. */
async function differing(routes: typeof ROUTES, expected: string, authorization?: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const [operationId] of routes) {
    const answer = await answerTo(operationId, authorization);
    if (answer !== expected) wrong.push(`${operationId}: ${answer}`);
  }
  return wrong;
}

describe('every route of the document', () => {
  it('says its scope, and only probes and the sign-in are public', () => {
    expect(
      ROUTES.filter(([, scope]) => scope === undefined || (scope !== null && !Object.hasOwn(SCOPES, scope))),
    ).toEqual([]);
    expect(ROUTES.filter(([, scope]) => scope === null).map(([operationId]) => operationId)).toEqual([
      'getSession',
      'signIn',
      'signOut',
      'getLiveness',
      'getReadiness',
    ]);
    expect(GUARDED.length).toBeGreaterThan(70);
  });

  it('refuses a caller without a valid key', async () => {
    expect(await differing(GUARDED, '401 UNAUTHENTICATED')).toEqual([]);
    expect(await differing(GUARDED, '401 UNAUTHENTICATED', 'Basic cm9vdDpyb290')).toEqual([]);
    expect(await differing(GUARDED, '401 INVALID_KEY', 'Bearer synctrail_malformed')).toEqual([]);
    expect(await differing(GUARDED, '401 KEY_EXPIRED', `Bearer ${keys.expired}`)).toEqual([]);
    expect(await differing(GUARDED, '401 KEY_REVOKED', `Bearer ${keys.revoked}`)).toEqual([]);
  });

  it('knows its callers however the letters of the address are written', async () => {
    for (const path of ['/%61pi/v1/keys', '/api/v1/%6beys', '/%6detrics']) {
      const ask = (headers: Record<string, string>) => fetch(`${service.url}${path}`, { headers });
      expect([path, (await ask({})).status]).toEqual([path, 401]);
      expect([path, (await ask({ authorization: `Bearer ${admin}` })).status]).toEqual([path, 200]);
    }
  });

  it('refuses a key with all scopes but its own', async () => {
    for (const scope of new Set(GUARDED.map(([, scope]) => scope!))) {
      const others = Object.keys(SCOPES).filter((name) => name !== scope && name !== 'admin');
      if (scope === 'admin') continue;
      const key = await keyWith(`all-but-${scope}`.replace(':', '-'), others);
      const routes = GUARDED.filter(([, needed]) => needed === scope);
      expect(await differing(routes, '403 FORBIDDEN', `Bearer ${key}`)).toEqual([]);
    }
    const all = Object.keys(SCOPES).filter((name) => name !== 'admin');
    const key = await keyWith('all-but-admin', all);
    const routes = GUARDED.filter(([, needed]) => needed === 'admin');
    expect(await differing(routes, '403 FORBIDDEN', `Bearer ${key}`)).toEqual([]);
  }, 60_000);
});
