import { join } from 'node:path';
import { begin, settled } from '../support/deployments.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const TYPE = { key: 'Kept', displayName: 'Kept', baseType: '_page', properties: {} };
const SYNC = { platform: 'shop', direction: 'PUSH', typeKey: 'Cup', actor: 'jane', data: { key: 'Cup' } };
const DEPLOYMENT = { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Kept' }] };
const PULL = { actor: 'jane' };
const REPLAY = { actor: 'jane', reason: 'again' };

let database: TestDatabase;
let sql: Sql;
let cms: SimulatedCms;
let service: TestApp;

beforeEach(async () => {
  database = await createTestDatabase();
  sql = await connectSql(database.url);
  cms ??= await startSimulatedCms();
  await cms.reset();
  service = await startTestApp({ ...optimizelyAt(cms.url), DATABASE_URL: database.url });
  await service.api('PUT', '/content-types/Kept', TYPE);
});
afterEach(async () => {
  await service?.close();
  await sql?.close();
  await database?.drop();
});
afterAll(() => cms?.close());

describe('a database that accepts no writes, as after a failover', () => {
  it('is told at every path that writes, with a key or without, and by readiness', async () => {
    const outside = await ask('POST', '/api/v1/sync', SYNC);
    const pushed = await settled(service.api, await begin(service.api, DEPLOYMENT));
    await readOnly(true);
    // First it hears that its connections are gone.
    await until('it says so', async () => (await ask('GET', '/health/ready')).body.code === 'DATABASE_READ_ONLY');
    const key = { 'idempotency-key': 'k' };
    const answers = await Promise.all([
      ask('GET', '/health/ready'),
      ask('PUT', '/api/v1/content-types/Kept', { ...TYPE, displayName: 'Other' }),
      ask('POST', '/api/v1/deployments', DEPLOYMENT),
      ask('POST', '/api/v1/deployments', DEPLOYMENT, key),
      ask('POST', '/api/v1/platforms/optimizely/pull', PULL),
      ask('POST', '/api/v1/sync', SYNC),
      ask('POST', '/api/v1/sync', SYNC, key),
      ask('PATCH', `/api/v1/sync/${outside.body.id}/status`, { status: 'SUCCESS' }),
      ask('PATCH', `/api/v1/sync/${outside.body.id}/status`, { status: 'IN_PROGRESS', expiresInMs: 5_000 }),
      ask('POST', `/api/v1/sync/${pushed.items[0]!.syncId}/replay`, REPLAY),
      ask('PUT', `/api/v1/sync/analytics/failures/${'a'.repeat(16)}/mute`, {
        actor: 'jane',
        reason: 'known',
        until: '2999-01-01T00:00:00Z',
      }),
    ]);
    const told = answers.map(({ path, status, body: { code, detail } }) => ({ path, status, code, detail }));
    expect(told.filter(({ status, detail }) => status !== 503 || !/accepts no writes/.test(detail))).toEqual([]);
    expect(told.filter(({ code }) => !/^(DATABASE_READ_ONLY|RECORDING_UNAVAILABLE)$/.test(code))).toEqual([]);
    expect(told[0]).toMatchObject({ code: 'DATABASE_READ_ONLY' });
    expect(await ask('GET', '/api/v1/sync/history')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/health/live')).toMatchObject({ status: 200 });
    await readOnly(false);
    await until('it is ready again', async () => (await ask('GET', '/health/ready')).status === 200);
    expect(await ask('POST', '/api/v1/sync', SYNC, key)).toMatchObject({ status: 201 });
  });

  async function readOnly(on: boolean): Promise<void> {
    const name = new URL(database.url).pathname.slice(1);
    await sql('set default_transaction_read_only = off');
    await sql(`alter database ${name} set default_transaction_read_only = ${on ? 'on' : 'off'}`);
    await sql(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
  }
});

describe('readiness', () => {
  it('costs a write a second at the most, however often it is asked', async () => {
    await sql('create table beat (at timestamptz)');
    await sql('grant insert on beat to public');
    await sql(
      `create function note_beat() returns trigger language plpgsql as
       $$ begin insert into beat values (clock_timestamp()); return null; end $$`,
    );
    await sql('create trigger note_beat after insert or update on recorder for each row execute function note_beat()');
    const begin = performance.now();
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask('GET', '/health/ready')));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    // A beat just before proves it for a second.
    const beats = await until('it has written', async () => {
      await ask('GET', '/health/ready');
      return (await sql<{ beats: number }>('select count(*)::integer as beats from beat'))[0]!.beats;
    });
    // Those of readiness, and one of the heartbeat's own.
    expect(beats).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - begin) / 1_000));
  });
});

describe('a service that is being stopped', () => {
  it('is not ready at once, begins nothing, reads, closes its connections, and ends what runs', async () => {
    const pushed = await settled(service.api, await begin(service.api, DEPLOYMENT));
    const outside = await ask('POST', '/api/v1/sync', SYNC);
    const calls = (await cms.calls()).length;
    await cms.strike({ kind: 'slow', delayMs: 3_000, match: { path: '/manifest' } });
    const running = await begin(service.api, DEPLOYMENT);
    await cms.called(calls + 1);
    const closing = service.close();
    const refused = await Promise.all([
      ask('GET', '/health/ready'),
      ask('POST', '/api/v1/deployments', DEPLOYMENT),
      ask('POST', '/api/v1/deployments', DEPLOYMENT, { 'idempotency-key': 'k' }),
      ask('POST', `/api/v1/deployments/${pushed.id}/rollback`, REPLAY),
      ask('POST', '/api/v1/platforms/optimizely/pull', PULL),
      ask('POST', `/api/v1/sync/${pushed.items[0]!.syncId}/replay`, REPLAY),
      ask('POST', '/api/v1/sync/replay', { ...REPLAY, filter: { platform: 'optimizely' } }),
      ask('POST', '/api/v1/sync', SYNC),
      ask('POST', '/api/v1/sync/batch', { syncs: [SYNC] }),
    ]);
    expect(refused.filter(({ status, body }) => status !== 503 || body.code !== 'SHUTTING_DOWN')).toEqual([]);
    expect(refused.filter(({ headers }) => headers.get('retry-after') !== '5')).toEqual([]);
    expect(refused.filter(({ headers }) => headers.get('connection') !== 'close')).toEqual([]);
    expect(await ask('GET', '/health/live')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/api/v1/sync/history')).toMatchObject({ status: 200 });
    // What somebody else runs has ended: the record must hold it.
    const told = await ask('PATCH', `/api/v1/sync/${outside.body.id}/status`, { status: 'SUCCESS' });
    expect(told).toMatchObject({ status: 200 });
    await closing;
    const deployments = await sql('select id, status, error_message from deployment order by id');
    expect(deployments).toEqual([
      { id: pushed.id, status: 'SUCCESS', error_message: null },
      { id: running, status: 'SUCCESS', error_message: null },
    ]);
  });
});

describe('a replica whose clock is wrong', () => {
  let replica: ServiceProcess | undefined;
  afterEach(() => replica?.stop());

  it.each([
    ['an hour ahead', 3_600_000, /3600\.\d s ahead of/],
    ['six seconds behind', -6_000, /[56]\.\d s behind/],
  ])('by %s says so, and begins nothing', async (_name, shiftMs, sentence) => {
    replica = await shifted(shiftMs);
    const at = (method: string, path: string, body?: object) => ask(method, path, body, {}, replica!.url);
    const refused = [
      await at('GET', '/health/ready'),
      await at('POST', '/api/v1/sync', SYNC),
      await at('POST', '/api/v1/deployments', DEPLOYMENT),
      await at('POST', '/api/v1/platforms/optimizely/pull', PULL),
    ];
    for (const { status, body } of refused) {
      expect({ status, body }).toMatchObject({ status: 503, body: { code: 'CLOCK_SKEW' } });
      expect(body.detail).toMatch(sentence);
    }
    expect(await sql('select id from sync_history')).toEqual([]);
    expect(await at('GET', '/api/v1/sync/history')).toMatchObject({ status: 200 });
    const metrics = await (await fetch(`${replica.url}/metrics`)).text();
    const [, seconds] = /^synctrail_clock_offset_seconds (\S+)$/m.exec(metrics)!;
    expect(Math.abs(Number(seconds) - shiftMs / 1_000)).toBeLessThan(2);
  });

  it('by less than that shows it, and works', async () => {
    replica = await shifted(-60_000, { MAX_CLOCK_OFFSET_MS: '120000' });
    const { status, body } = await ask('GET', '/health/ready', undefined, {}, replica.url);
    expect(status).toBe(200);
    expect(Math.abs(body.clockOffsetMs + 60_000)).toBeLessThan(2_000);
    expect(await ask('POST', '/api/v1/sync', SYNC, {}, replica.url)).toMatchObject({ status: 201 });
  });

  function shifted(shiftMs: number, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
    const preload = join(import.meta.dirname, '../support/shifted-clock.mjs');
    return startServiceProcess({
      ...optimizelyAt(cms.url),
      ...{ DATABASE_URL: database.url, NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_MS: String(shiftMs) },
      ...env,
    });
  }
});

interface Body {
  id: string;
  code: string;
  detail: string;
  clockOffsetMs: number;
}

async function ask(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
  url = service.url,
): Promise<{ path: string; status: number; headers: Headers; body: Body }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answered = (await response.json().catch(() => ({}))) as Body;
  return { path: `${method} ${path}`, status: response.status, headers: response.headers, body: answered };
}
