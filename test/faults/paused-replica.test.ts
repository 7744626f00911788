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
      await setFaults(
        sandbox.url,
        { kind: 'status', status: 503, call: 1, ...POST_MANIFEST },
        { kind: 'slow', delayMs: 6_000, call: 2, ...POST_MANIFEST },
      );
      await deploy(paused, 'WaitsToTryAgain');
      await until('the first attempt failed', async () => (await posts(sandbox.url)) === 1);
      await deploy(paused, 'WaitsForItsAnswer');
      await until('the second call has arrived', async () => (await posts(sandbox.url)) === 2);
      await deploy(paused, 'WaitsForItsTurn');
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
      expect(Object.fromEntries(await arrivals(sandbox.url))).toEqual({ WaitsToTryAgain: 1, WaitsForItsAnswer: 1 });
      expect(await findings(database.url)).toEqual([]);
    },
    60_000,
  );
});

async function deploy(service: ServiceProcess, typeKey: string): Promise<void> {
  const type = { key: typeKey, baseType: '_component', displayName: typeKey };
  await service.api('PUT', `/content-types/${typeKey}?author=jane`, type);
  await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items: [{ typeKey }] });
}

async function posts(sandboxUrl: string): Promise<number> {
  return (await journal(sandboxUrl)).filter(({ method, path }) => method === 'POST' && path.endsWith('/manifest'))
    .length;
}

function outcomes(databaseUrl: string): Promise<Record<string, unknown>[]> {
  return sql(
    databaseUrl,
    `select h.*, d.status as deployment_status, d.error_code as deployment_error from sync_history h
     join deployment d on d.id = h.deployment_id order by type_key`,
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
