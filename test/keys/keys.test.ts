import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const PUSH = { platform: 'contentful', direction: 'PUSH', typeKey: 'Article', result: { status: 'SUCCESS' } };
/** Without the limit of wrong keys, which a test of load would meet. */
const ACCESS = { ACCESS: 'keys', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };

let database: TestDatabase;
let service: ServiceProcess;
let sql: Sql;
let admin: string;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = await connectSql(database.url);
  service = await startServiceProcess({ DATABASE_URL: database.url, ...ACCESS });
  admin = await keyFromTheCommandLine('root', 'admin');
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await sql?.close();
  await database?.drop();
});

async function keyFromTheCommandLine(name: string, ...grants: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['keys', 'create', '--json', '--name', name, '--grant', ...grants], {
    DATABASE_URL: database.url,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as { key: string }).key;
}

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

async function call(method: string, path: string, key?: string, body?: object, at = service): Promise<Answer> {
  const headers = {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const response = await fetch(`${at.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
  };
}

async function keyOf(name: string, grants: string[], more: object = {}): Promise<{ id: string; key: string }> {
  const { status, body } = await call('POST', '/api/v1/keys', admin, { name, grants, ...more });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body as { id: string; key: string };
}

describe('a service whose callers need keys', () => {
  it('says so, and answers its probes without a key', async () => {
    expect(await call('GET', '/health/ready')).toMatchObject({ status: 200, body: { access: 'keys' } });
    expect(service.log.join('\n')).toContain('Callers need an API key (ACCESS=keys)');
  });

  it.each([
    ['no key', undefined, 'UNAUTHENTICATED', 'Bearer'],
    ['another scheme', 'Basic cm9vdDpyb290', 'UNAUTHENTICATED', 'Bearer'],
    ['a malformed key', 'Bearer synctrail_abc', 'INVALID_KEY', 'Bearer error="invalid_token"'],
    [
      'a key with a wrong checksum',
      `Bearer synctrail_${'a'.repeat(43)}zzzzzz`,
      'INVALID_KEY',
      'Bearer error="invalid_token"',
    ],
    ['a NUL character', 'Bearer %00', 'INVALID_KEY', 'Bearer error="invalid_token"'],
  ])('refuses %s, before it reads the body', async (_kind, authorization, code, challenge) => {
    const response = await fetch(`${service.url}/api/v1/sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: '{ not JSON',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(challenge);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ code });
  });

  it('refuses a key of the right form that nobody made', async () => {
    const other = await createTestDatabase();
    try {
      const made = await runCli(['keys', 'create', '--json', '--name', 'x', '--grant', 'admin'], {
        DATABASE_URL: other.url,
      });
      const { key } = JSON.parse(made.stdout) as { key: string };
      expect(await call('GET', '/api/v1/sync/history', key)).toMatchObject({
        status: 401,
        body: { code: 'INVALID_KEY' },
      });
    } finally {
      await other.drop();
    }
  });

  it('records the key as the actor, and the sent actor as a claim beside it', async () => {
    const { key } = await keyOf('nightly-sync', ['sync:write', 'read']);
    const recorded = await call('POST', '/api/v1/sync', key, { ...PUSH, actor: 'jane@example.com' });
    expect(recorded).toMatchObject({ status: 201 });
    expect(await call('GET', `/api/v1/sync/${String(recorded.body.id)}`, key)).toMatchObject({
      body: { actor: 'nightly-sync', onBehalfOf: 'jane@example.com', principal: expect.stringMatching(/^key:/) },
    });
    const batch = await call('POST', '/api/v1/sync/batch', key, { syncs: [PUSH, { ...PUSH, onBehalfOf: 'joe' }] });
    const [first, second] = (batch.body as { ids: string[] }).ids;
    expect(await call('GET', `/api/v1/sync/${first}`, key)).toMatchObject({
      body: { actor: 'nightly-sync', onBehalfOf: null },
    });
    expect(await call('GET', `/api/v1/sync/${second}`, key)).toMatchObject({
      body: { actor: 'nightly-sync', onBehalfOf: 'joe' },
    });
  });

  it('refuses what the scopes of a key do not name', async () => {
    const { key } = await keyOf('looker', ['viewer']);
    expect(await call('GET', '/api/v1/sync/history', key)).toMatchObject({ status: 200 });
    expect(await call('POST', '/api/v1/sync', key, PUSH)).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', scope: 'sync:write' },
    });
    expect(await call('GET', '/api/v1/keys', key)).toMatchObject({ status: 403, body: { scope: 'keys:manage' } });
  });

  it('shows a key once, and keeps its hash', async () => {
    const { key, id } = await keyOf('shown-once', ['read']);
    const list = await call('GET', '/api/v1/keys', admin);
    expect(JSON.stringify(list.body)).not.toContain(key.slice(14));
    expect(list.body.items).toContainEqual(expect.objectContaining({ id, name: 'shown-once', hint: key.slice(0, 14) }));
    const rows = JSON.stringify(await sql('select * from api_key'));
    expect(rows).toContain('shown-once');
    expect(rows).not.toContain(key.slice(14));
  });

  it('gives no key more than its creator has', async () => {
    const { key } = await keyOf('manager', ['keys:manage', 'read', 'deploy@optimizely/staging']);
    const ask = (grants: string[]) =>
      call('POST', '/api/v1/keys', key, { name: `by-manager ${grants.join()}`, grants });
    expect(await ask(['read@optimizely/production', 'deploy@optimizely/staging'])).toMatchObject({ status: 201 });
    for (const grant of ['admin', 'deploy', 'deploy@optimizely/*', 'deploy@optimizely/production', 'payload:read']) {
      expect(await ask([grant])).toMatchObject({ status: 403, body: { code: 'GRANT_NOT_HELD', grant } });
    }
  });

  it('refuses grants, names and times that make no sense, and makes nothing', async () => {
    const count = () => sql('select count(*)::integer as keys from api_key');
    const before = await count();
    for (const [body, code] of [
      [{ name: 'a', grants: ['root'] }, 'INVALID_GRANT'],
      [{ name: 'a', grants: ['deploy@'] }, 'INVALID_GRANT'],
      [{ name: 'a', grants: ['deploy@*/staging'] }, 'INVALID_GRANT'],
      [{ name: 'a', grants: ['deploy@a/b/c'] }, 'INVALID_GRANT'],
      [{ name: 'a', grants: ['__proto__'] }, 'INVALID_GRANT'],
      [{ name: 'a', grants: [] }, 'INVALID_REQUEST'],
      [{ name: '', grants: ['read'] }, 'INVALID_REQUEST'],
      [{ name: 'a', grants: ['read'], expiresAt: '2001-01-01' }, 'INVALID_REQUEST'],
      [{ name: 'root', grants: ['read'] }, 'KEY_NAME_TAKEN'],
    ] as const) {
      expect({ body, answer: await call('POST', '/api/v1/keys', admin, body) }).toMatchObject({
        answer: { body: { code } },
      });
    }
    expect(await count()).toEqual(before);
  });

  it('refuses a key that has expired, by the clock of the database', async () => {
    const { key, id } = await keyOf('short-lived', ['read'], { expiresAt: new Date(Date.now() + 3_600_000) });
    expect(await call('GET', '/api/v1/platforms', key)).toMatchObject({ status: 200 });
    await sql(`update api_key set expires_at = clock_timestamp() where id = $1`, [id]);
    const refused = await until('the key is refused', () => refusalOf(key, service), 1_000);
    expect(refused).toMatchObject({ status: 401, body: { code: 'KEY_EXPIRED' } });
  });

  it('notes when a key was used', async () => {
    const { key, id } = await keyOf('used', ['read']);
    await call('GET', '/api/v1/platforms', key);
    const used = until('the use is noted', async () => {
      const [row] = await sql<{ used: boolean }>('select last_used_at is not null as used from api_key where id = $1', [
        id,
      ]);
      return row!.used;
    });
    await expect(used).resolves.toBe(true);
  });

  it('refuses a revoked key within a second, on every replica and under load', async () => {
    const replicas = await Promise.all(
      [1, 2].map(() => startServiceProcess({ DATABASE_URL: database.url, ...ACCESS })),
    );
    try {
      const all = [service, ...replicas];
      const refusedAfterMs = async (name: string) => {
        const { key, id } = await keyOf(name, ['read']);
        let isOver = false;
        const load = all.map(async (replica) => {
          while (!isOver)
            await Promise.all([1, 2, 3, 4].map(() => call('GET', '/api/v1/platforms', key, undefined, replica)));
        });
        for (const replica of all)
          expect(await call('GET', '/api/v1/platforms', key, undefined, replica)).toMatchObject({ status: 200 });
        const revoked = await call('POST', `/api/v1/keys/${id}/revoke`, admin, { reason: 'The laptop was stolen' });
        expect(revoked).toMatchObject({ body: { revokedBy: 'root', revokeReason: 'The laptop was stolen' } });
        const revokedAt = performance.now();
        const refusals = await Promise.all(all.map((replica) => until('it refuses', () => refusalOf(key, replica))));
        const tookMs = performance.now() - revokedAt;
        expect(refusals.map(({ body }) => body.code)).toEqual(['KEY_REVOKED', 'KEY_REVOKED', 'KEY_REVOKED']);
        isOver = true;
        await Promise.all(load);
        for (const replica of all) expect(await refusalOf(key, replica)).toBeTruthy();
        return tookMs;
      };
      // The machine may be busy with others in one of them.
      const times = [await refusedAfterMs('stolen'), await refusedAfterMs('lost'), await refusedAfterMs('sold')];
      expect(Math.min(...times)).toBeLessThan(1_000);
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop()));
    }
  }, 60_000);

  it('answers a repeated request only to the principal that made it', async () => {
    const [one, other] = [await keyOf('one', ['sync:write']), await keyOf('other', ['sync:write'])];
    const record = (key: string) =>
      fetch(`${service.url}/api/v1/sync`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'same' },
        body: JSON.stringify(PUSH),
      });
    const first = await record(one.key);
    const [again, foreign] = [await record(one.key), await record(other.key)];
    const ids = await Promise.all(
      [first, again, foreign].map(async (answer) => ((await answer.json()) as { id: string }).id),
    );
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('lets the command line in by the environment', async () => {
    const { key } = await keyOf('pipeline', ['read']);
    const env = { SYNCTRAIL_URL: service.url };
    expect(await runCli(['history', '--json'], { ...env, SYNCTRAIL_API_KEY: key })).toMatchObject({ code: 0 });
    expect(await runCli(['history'], env)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('UNAUTHENTICATED'),
    });
  });
});

/** The answer when it is a refusal. */
async function refusalOf(key: string, at: ServiceProcess): Promise<Answer | false> {
  const answer = await call('GET', '/api/v1/platforms', key, undefined, at);
  return answer.status === 401 && answer;
}
