import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { arrivals, findings, journal, setFaults, sql, untilSettled } from '../support/fsck.ts';
import { inLength } from '../support/chaos.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const POST_MANIFEST = { match: { method: 'POST', path: '/manifest' } };

describe('a replica that is paused for longer than its lease', () => {
  let sandbox: Sandbox;
  let database: TestDatabase;
  let paused: ServiceProcess;
  let other: ServiceProcess;

  beforeEach(async () => {
    sandbox = await startSandbox();
    database = await createTestDatabase();
    // One call at a time, so that another waits for its turn; and a long wait before the next attempt.
    const env = {
      ...{ DATABASE_URL: database.url, LEASE_MS: '1500', RETRY_INITIAL_DELAY_MS: '12000', READ_BACK_MS: '9000' },
      ...{ ...optimizelyAt(sandbox.url), OPTIMIZELY_CMS_MAX_CONCURRENCY: '1' },
    };
    [paused, other] = await Promise.all([startServiceProcess(env), startServiceProcess(env)]);
  }, 60_000);

  afterEach(async () => {
    await Promise.all([paused.stop(), other.stop()]);
    await database.drop();
    await sandbox.close();
  });

  it.each(Array.from({ length: inLength(1, 5) }, (_, round) => [round + 1]))(
    'overwrites nothing that another settled, sends nothing more, and keeps its late results (%i)',
    async () => {
      const ids = await deployedOnce(['WaitsToTryAgain', 'WaitsForItsAnswer', 'WaitsForItsTurn']);
      await setFaults(
        sandbox.url,
        { kind: 'status', status: 503, call: 1, ...POST_MANIFEST },
        { kind: 'slow', delayMs: 6_000, call: 2, ...POST_MANIFEST },
      );
      await replay(ids.WaitsToTryAgain!);
      await until('the first attempt failed', async () => (await posts(sandbox.url)) === 2);
      await replay(ids.WaitsForItsAnswer!);
      await until('the second call has arrived', async () => (await posts(sandbox.url)) === 3);
      await replay(ids.WaitsForItsTurn!);
      await until('all are recorded', async () => (await outcomes(database.url)).length === 3);
      paused.pause();
      await untilSettled(database.url);
      const settled = await outcomes(database.url);
      expect(settled).toMatchObject([
        { type_key: 'WaitsForItsAnswer', sync_status: 'SUCCESS', sync_metadata: { resolvedBy: 'read-back' } },
        { type_key: 'WaitsForItsTurn', sync_status: 'FAILED', outcome: 'NOT_APPLIED' },
        { type_key: 'WaitsToTryAgain', sync_status: 'FAILED', outcome: 'NOT_APPLIED' },
      ]);
      const [waited] = settled as { sync_metadata: { readBackCallId: string } }[];
      const { readBackCallId } = waited!.sync_metadata;
      expect(await readBy(database.url, readBackCallId)).toContain('WaitsForItsAnswer');
      paused.resume();
      await until('all three have a late result', async () => (await lateResults(database.url)) === 3, 30_000);
      await untilSettled(database.url);
      expect(await outcomes(database.url)).toEqual(settled);
      expect(Object.fromEntries(await arrivals(sandbox.url))).toEqual({
        ...{ WaitsToTryAgain: 2, WaitsForItsAnswer: 2, WaitsForItsTurn: 1 },
      });
      expect(await findings(database.url)).toEqual([]);
    },
    90_000,
  );

  it('leaves its deployment to another, which sends only what never left, and goes on with nothing afterwards', async () => {
    await setFaults(sandbox.url, { kind: 'status', status: 503, call: 1, ...POST_MANIFEST });
    await define(['Left']);
    const id = await deploy(['Left']);
    await until('the first attempt failed', async () => (await posts(sandbox.url)) === 1);
    const [runner] = await sql<{ pid: number }>(database.url, 'select pid from deployment join recorder using (owner)');
    const [silent, survivor] = runner!.pid === paused.pid ? [paused, other] : [other, paused];
    silent.pause();
    const status = async () => {
      const { body } = await survivor.api<{ status: string }>('GET', `/deployments/${id}`);
      return body.status;
    };
    await until('the other one has ended it', async () => (await status()) === 'SUCCESS', 40_000);
    silent.resume();
    await until('its late result is kept', async () => (await lateResults(database.url)) === 1, 30_000);
    expect(await status()).toBe('SUCCESS');
    expect(Object.fromEntries(await arrivals(sandbox.url))).toEqual({ Left: 2 });
    expect(await findings(database.url)).toEqual([]);
  }, 90_000);

  /** Pushes that failed, by their types; they are sent again beside each other, as deployments are not. */
  async function deployedOnce(typeKeys: string[]): Promise<Record<string, string>> {
    await setFaults(sandbox.url, { kind: 'status', status: 400, call: 1, ...POST_MANIFEST });
    await define(typeKeys);
    await deploy(typeKeys);
    await untilSettled(database.url);
    const rows = await sql<{ id: string; type_key: string }>(database.url, 'select id, type_key from sync_history');
    return Object.fromEntries(rows.map(({ id, type_key }) => [type_key, id]));
  }

  async function define(typeKeys: string[]): Promise<void> {
    const contentTypes = typeKeys.map((key) => ({ key, baseType: '_component', displayName: key }));
    await paused.api('POST', '/content-types/import?author=jane', { contentTypes });
  }

  async function deploy(typeKeys: string[]): Promise<string> {
    const request = { platform: 'optimizely', actor: 'jane', items: typeKeys.map((typeKey) => ({ typeKey })) };
    const { body } = await paused.api<{ id: string }>('POST', '/deployments', request);
    return body.id;
  }

  async function replay(id: string): Promise<void> {
    await paused.api('POST', `/sync/${id}/replay`, { actor: 'jane', reason: 'Once more' });
  }
});

async function posts(sandboxUrl: string): Promise<number> {
  return (await journal(sandboxUrl)).filter(({ method, path }) => method === 'POST' && path.endsWith('/manifest'))
    .length;
}

function outcomes(databaseUrl: string): Promise<Record<string, unknown>[]> {
  return sql(
    databaseUrl,
    `select * from sync_history where trigger = 'REPLAY' and sync_direction = 'PUSH' order by type_key`,
  );
}

/** The types that a call has read. */
async function readBy(databaseUrl: string, callId: string): Promise<string[]> {
  const pulls = `select type_key from sync_history where call_id = $1 and sync_direction = 'PULL'`;
  return (await sql<{ type_key: string }>(databaseUrl, pulls, [callId])).map(({ type_key }) => type_key);
}

async function lateResults(databaseUrl: string): Promise<number> {
  return (await sql(databaseUrl, `select from sync_event where type = 'sync.late_result'`)).length;
}
