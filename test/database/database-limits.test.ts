import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const TYPE = { key: 'Kept', displayName: 'Kept', baseType: '_page', properties: {} };
const SYNC = { platform: 'shop', direction: 'PUSH', typeKey: 'Cup', actor: 'jane', data: { key: 'Cup' } };
const NOBODY = '01a2030a-0000-7351-a693-be6b8649c1b2';
/** Milliseconds for a route that waits for nothing but the database. */
const WITHIN_MS = 20_000;
const GIVEN_UP = new Set(['DATABASE_UNAVAILABLE', 'RECORDING_UNAVAILABLE', 'QUERY_TOO_SLOW']);

let database: TestDatabase;
let proxy: TcpProxy;
let cms: SimulatedCms;
let service: TestApp;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = await connectSql(database.url);
  proxy = await TcpProxy.start(database.url);
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), DATABASE_URL: proxy.url(database.url) });
  await service.api('PUT', '/content-types/Kept', TYPE);
});
afterAll(async () => {
  proxy?.restore();
  await service?.close();
  await proxy?.close();
  await cms?.close();
  await sql?.close();
  await database?.drop();
});

describe('a statement that takes too long', () => {
  it('is stopped on the server, and the caller is told', async () => {
    await sql('begin');
    await sql('lock table content_type_version in access exclusive mode');
    try {
      const answers = await Promise.all([
        answer('GET', '/content-types'),
        answer('GET', '/content-types/Kept/versions'),
        answer('PUT', '/content-types/Kept', { ...TYPE, displayName: 'Changed' }),
        answer('POST', '/deployments?dryRun=true', { platform: 'optimizely', actor: 'jane' }),
      ]);
      expect(answers.filter(({ status, code }) => status !== 503 || code !== 'QUERY_TOO_SLOW')).toEqual([]);
      expect(await waiting()).toEqual([]);
    } finally {
      await sql('rollback');
    }
    expect(await answer('GET', '/content-types')).toMatchObject({ status: 200 });
    expect(await answer('GET', '/sync/history')).toMatchObject({ status: 200 });
  });
});

describe('a database that says nothing', () => {
  it('keeps no route waiting, and what was given up is stopped when it can be told', async () => {
    await sql('begin');
    await sql('lock table content_type_version in access exclusive mode');
    const stuck = answer('GET', '/content-types');
    await until('the statement waits', async () => (await waiting()).length > 0);
    proxy.blackhole();
    const answers = await Promise.all([
      stuck,
      answer('GET', '/content-types/Kept'),
      answer('PUT', '/content-types/Kept', TYPE),
      answer('GET', '/sync/history'),
      answer('GET', '/sync/history/count'),
      answer('GET', '/sync/history/export?format=csv'),
      answer('GET', `/sync/${NOBODY}`),
      answer('GET', '/sync/analytics?platform=optimizely'),
      answer('GET', '/sync/events?after=0'),
      answer('GET', '/sync/health'),
      answer('GET', '/deployments'),
      answer('POST', '/deployments?dryRun=true', { platform: 'optimizely', actor: 'jane' }),
      answer('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Kept' }] }),
      answer('POST', '/platforms/optimizely/pull', { actor: 'jane' }),
      answer('POST', '/sync', SYNC),
      answer('POST', '/sync', SYNC, { 'idempotency-key': 'dark' }),
      answer('POST', '/sync/replay', { actor: 'jane', reason: 'r', filter: { platform: 'shop' } }),
    ]);
    proxy.restore();
    const wrong = answers.filter(({ status, code }) => status !== 503 || !GIVEN_UP.has(code));
    expect(wrong).toEqual([]);
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(WITHIN_MS);
    expect(await cms.calls()).toEqual([]);
    await until('no statement of ours is left', async () => (await waiting()).length === 0);
    await sql('rollback');
    await until('it works again', async () => (await answer('GET', '/content-types')).status === 200);
  }, 60_000);
});

/** The statements that wait for a lock, which only this test holds. */
function waiting(): Promise<unknown[]> {
  return sql(
    `select left(query, 60) as query from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and application_name = 'synctrail'`,
  );
}

async function answer(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const begin = performance.now();
  const response = await fetch(`${service.url}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { code = '' } = (await response.json().catch(() => ({}))) as { code?: string };
  return { path: `${method} ${path}`, status: response.status, code, tookMs: performance.now() - begin };
}
