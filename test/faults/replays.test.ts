import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { arrivals, findings, setFaults, sql, untilSettled } from '../support/fsck.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const KEYS = ['First', 'Second', 'Third'];
const MANIFEST = { untilReset: true, match: { method: 'POST', path: '/manifest' } };
const REFUSES = { ...MANIFEST, kind: 'status', status: 503 };
const SLOW = { ...MANIFEST, kind: 'slow', delayMs: 1_000 };
const ASKED = { actor: 'jane', reason: 'The platform was down' };
const BATCH = { ...ASKED, filter: { typeKey: KEYS, status: ['FAILED'], trigger: ['DEPLOYMENT'] } };

interface Row {
  typeKey: string;
  status: string;
  errorCode: string | null;
}

describe('what failed is replayed', () => {
  let sandbox: Sandbox;
  let database: TestDatabase;
  let service: ServiceProcess;
  let before: Map<string, number>;

  beforeEach(async () => {
    sandbox = await startSandbox();
    database = await createTestDatabase();
    await start();
    await setFaults(sandbox.url, REFUSES);
    const contentTypes = KEYS.map((key) => ({ key, displayName: key, baseType: '_page', properties: {} }));
    await service.api('POST', '/content-types/import', { contentTypes });
    for (const typeKey of KEYS) {
      await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items: [{ typeKey }] });
      // One after the other: replays go in the order in which the originals were recorded.
      await untilSettled(database.url);
    }
    before = await arrivals(sandbox.url);
    await setFaults(sandbox.url, SLOW);
  });

  afterEach(async () => {
    await service.stop();
    await database.drop();
    await sandbox.close();
  });

  async function start(): Promise<void> {
    const env = { LEASE_MS: '1500', RETRY_MAX_ATTEMPTS: '1', CIRCUIT_FAILURES: '1000' };
    service = await startServiceProcess({ DATABASE_URL: database.url, ...env, ...optimizelyAt(sandbox.url) });
  }

  /** The replays, in their order. */
  const replays = () =>
    sql<Row>(
      database.url,
      `select type_key as "typeKey", sync_status as status, error_code as "errorCode"
       from sync_history where trigger = 'REPLAY' and sync_direction = 'PUSH' order by id`,
    );

  /** How often each type arrived since it failed. */
  async function arrived(): Promise<number[]> {
    const now = await arrivals(sandbox.url);
    return KEYS.map((key) => now.get(key)! - before.get(key)!);
  }

  async function begin(key: string) {
    const response = await fetch(`${service.url}/api/v1/sync/replay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(BATCH),
    });
    const { status, headers } = response;
    return { status, isRepeated: headers.has('idempotency-replayed'), body: (await response.json()) as object };
  }

  it('one by one: it is in the record before anybody is told of it', async () => {
    const [failed] = await sql<{ id: string }>(database.url, `select id from sync_history where type_key = 'First'`);
    const other = await connectSql(database.url);
    await other('begin');
    await other('lock table sync_journal in exclusive mode');
    const answer = service.api('POST', `/sync/${failed!.id}/replay`, ASKED);
    const waiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like 'with %entry_in%'`;
    await until('it is being recorded', async () => (await sql(database.url, waiting)).length > 0);
    expect(await Promise.race([answer, Promise.resolve('not answered yet')])).toBe('not answered yet');
    await other('rollback');
    await other.close();
    const { status, headers } = await answer;
    expect(status).toBe(202);
    expect((await fetch(new URL(headers.get('location')!, service.url))).status).toBe(200);
    await untilSettled(database.url);
    expect(await replays()).toEqual([{ typeKey: 'First', status: 'SUCCESS', errorCode: null }]);
  });

  it('as a batch: what the service is stopped before is in the record as not sent', async () => {
    expect((await service.api('POST', '/sync/replay', BATCH)).body).toMatchObject({ replays: 3 });
    expect((await replays()).map(({ typeKey }) => typeKey)).toEqual(KEYS);
    await until('the first has arrived', async () => (await arrived())[0] === 1);
    await service.stop();
    expect(await replays()).toEqual([
      { typeKey: 'First', status: 'SUCCESS', errorCode: null },
      { typeKey: 'Second', status: 'FAILED', errorCode: 'NOT_SENT' },
      { typeKey: 'Third', status: 'FAILED', errorCode: 'NOT_SENT' },
    ]);
    expect(await arrived()).toEqual([1, 0, 0]);
    await start();
    await setFaults(sandbox.url);
    expect((await service.api('POST', '/sync/replay', BATCH)).body).toMatchObject({ healed: 1, replays: 2 });
    await untilSettled(database.url);
    expect(await arrived()).toEqual([1, 1, 1]);
    expect(await findings(database.url)).toEqual([]);
  });

  it('as a batch: a killed service leaves nothing out of the record, and what it began is not sent twice', async () => {
    const key = 'outage-of-today';
    const first = await begin(key);
    expect(first).toMatchObject({ status: 202, isRepeated: false, body: { replays: 3 } });
    await until('the first has arrived', async () => (await arrived())[0] === 1);
    await service.kill();
    await start();
    await untilSettled(database.url);
    const ends = await replays();
    expect(ends.map(({ typeKey }) => typeKey)).toEqual(KEYS);
    expect(ends.slice(1).map(({ errorCode }) => errorCode)).toEqual(['NOT_SENT', 'NOT_SENT']);
    const readBacks = `select distinct sync_metadata->>'readBackCallId' from sync_history
      where trigger = 'REPLAY' and sync_metadata->>'readBackCallId' is not null`;
    expect(await sql(database.url, readBacks)).toHaveLength(1);
    expect(await begin(key)).toEqual({ ...first, isRepeated: true });

    // Killed before the answer was kept, another service begins the request anew.
    await sql(
      database.url,
      `update idempotency_key set status = 'RUNNING', answer = null, answer_status = null, locked_until = now()`,
    );
    const taken = await begin(key);
    expect(taken).toMatchObject({ status: 202, isRepeated: false });
    expect((taken.body as { syncIds: string[] }).syncIds).toEqual((first.body as { syncIds: string[] }).syncIds);
    await untilSettled(database.url);
    expect(await replays()).toEqual(ends);
    expect(await arrived()).toEqual([1, 0, 0]);
    expect(await findings(database.url)).toEqual([]);
  });
});
