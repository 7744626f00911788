import { setTimeout as wait } from 'node:timers/promises';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { findings, journal, setFaults, sql, untilSettled } from '../support/fsck.ts';
import { inLength, say } from '../support/chaos.ts';
import { Load } from '../support/load.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const OUTAGE_MS = inLength(6_000, 60_000);
const CIRCUIT = { failures: 3, resetMs: 3_000 };
const DOWN = { kind: 'status', status: 503, untilReset: true, match: { method: 'POST', path: '/manifest' } };
const TIMEOUT = inLength(90_000, 300_000);

describe('a platform that refuses everything under load', () => {
  let sandbox: Sandbox;
  let database: TestDatabase;
  let service: ServiceProcess;

  beforeAll(async () => {
    sandbox = await startSandbox();
    database = await createTestDatabase();
    service = await startServiceProcess({
      ...optimizelyAt(sandbox.url),
      DATABASE_URL: database.url,
      RETRY_INITIAL_DELAY_MS: '10',
      RETRY_MAX_DELAY_MS: '50',
      CIRCUIT_FAILURES: String(CIRCUIT.failures),
      CIRCUIT_RESET_MS: String(CIRCUIT.resetMs),
      // A deployment whose push is in doubt holds the next ones up for as long.
      READ_BACK_MS: '100',
    });
  }, TIMEOUT);

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    await sandbox?.close();
  });

  it(
    'is met by no more than the probes, all is recorded, and work goes on when it is back',
    async () => {
      const load = new Load(() => service, 8);
      await until('all is well', () => load.acknowledged.length >= 8);
      await setFaults(sandbox.url, DOWN);
      const before = (await journal(sandbox.url)).length;
      const begin = performance.now();
      // What was on its way when the platform went down, up to one call of each caller, comes on top of the probes.
      const most = () => CIRCUIT.failures + 8 + Math.ceil((performance.now() - begin) / CIRCUIT.resetMs) + 1;
      await wait(OUTAGE_MS);
      await until('much more was asked for than may reach it', () => load.acknowledged.length > 3 * most(), 60_000);
      const allowed = most();
      const calls = (await journal(sandbox.url)).slice(before).filter(({ path }) => path.endsWith('/manifest'));
      const met = calls.filter(({ method }) => method === 'POST');
      const refusedAcknowledged = load.acknowledged.length;
      await setFaults(sandbox.url);
      await until('deployments succeed again', async () => (await successes()) >= 8);
      await load.stop();
      await untilSettled(database.url);

      say(
        `${met.length} of at most ${allowed} calls reached the platform, ${refusedAcknowledged} deployments were asked for`,
      );
      expect(met.length).toBeLessThanOrEqual(allowed);
      // A push in doubt is read back up to six times; all that are in doubt at a time are read together.
      expect(calls.length - met.length).toBeLessThanOrEqual(6 * allowed);
      expect(refusedAcknowledged).toBeGreaterThan(3 * allowed);
      const recorded = await sql<{ deployments: number; syncs: number; refused: number }>(
        database.url,
        `select (select count(*) from deployment)::integer as deployments,
           (select count(distinct deployment_id) from sync_history)::integer as syncs,
           (select count(*) from sync_history where error_code = 'CIRCUIT_OPEN')::integer as refused`,
      );
      expect(recorded[0]!.deployments).toBeGreaterThanOrEqual(load.acknowledged.length);
      expect(recorded[0]!.syncs).toBe(recorded[0]!.deployments);
      expect(recorded[0]!.refused).toBeGreaterThan(0);
      expect(await findings(database.url)).toEqual([]);
    },
    TIMEOUT,
  );

  async function successes(): Promise<number> {
    const [row] = await sql<{ count: number }>(
      database.url,
      `select count(*)::integer from sync_history where sync_status = 'SUCCESS'
       and started_at > (select max(started_at) from sync_history where error_code = 'CIRCUIT_OPEN')`,
    );
    return row!.count;
  }
});
