import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { openEmbeddedPostgres, runningEmbeddedPostgres } from '#embedded-postgres';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { expectHonestBooks, setFaults, sql } from '../support/fsck.ts';
import { inLength, random, say } from '../support/chaos.ts';
import { killPostgres, newDataDir } from '../support/killable-postgres.ts';
import { Load } from '../support/load.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const LEASE = { LEASE_MS: '1500', RETRY_INITIAL_DELAY_MS: '50' };
/** The platform takes its time after it has applied: that is when a kill hurts. */
const SLOW = { kind: 'slow', delayMs: 120, untilReset: true, match: { method: 'POST', path: '/manifest' } };
const TIMEOUT = inLength(90_000, 900_000);

describe('under load', () => {
  const chance = random();
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = await startSandbox();
    await setFaults(sandbox.url, SLOW);
  });

  afterEach(() => sandbox.close());

  it(
    'loses nothing acknowledged, and sends nothing twice, when the service is killed again and again',
    async () => {
      const database = await createTestDatabase();
      const start = () => startServiceProcess({ DATABASE_URL: database.url, ...LEASE, ...optimizelyAt(sandbox.url) });
      let service: ServiceProcess | undefined = await start();
      const load = new Load(() => service, 6);
      const kills = inLength(3, 30);
      for (let kill = 0; kill < kills; kill += 1) {
        await moreAcknowledged(load, 3);
        await wait(chance() * 400);
        const victim: ServiceProcess = service;
        service = undefined;
        await victim.kill();
        service = await start();
      }
      await load.stop();
      const ends = await expectHonestBooks(database.url, sandbox.url, load.acknowledged);
      const resolved = await resolutions(database.url);
      say(
        `${kills} kills, ${load.acknowledged.length} acknowledged: ${JSON.stringify(ends)}, ${JSON.stringify(resolved)}`,
      );
      await service.stop();
      await database.drop();
    },
    TIMEOUT,
  );

  it(
    'settles what one of three replicas left exactly once, and numbers all events without a gap',
    async () => {
      const database = await createTestDatabase();
      const start = () => startServiceProcess({ DATABASE_URL: database.url, ...LEASE, ...optimizelyAt(sandbox.url) });
      const replicas = await Promise.all([start(), start(), start()]);
      const load = new Load(() => replicas[Math.floor(chance() * replicas.length)], 6);
      for (let kill = 0; kill < inLength(1, 10); kill += 1) {
        await moreAcknowledged(load, 10);
        const victim = Math.floor(chance() * replicas.length);
        await replicas[victim]!.kill();
        replicas[victim] = await start();
      }
      await load.stop();
      await expectHonestBooks(database.url, sandbox.url, load.acknowledged);
      const late = await sql(database.url, `select from sync_event where type = 'sync.late_result'`);
      expect(late).toEqual([]);
      await Promise.all(replicas.map((replica) => replica.stop()));
      await database.drop();
    },
    TIMEOUT,
  );

  it(
    'goes on by itself when its embedded PostgreSQL is killed',
    async () => {
      const dataDir = await newDataDir();
      const service = await startServiceProcess({ DATA_DIR: dataDir, ...LEASE, ...optimizelyAt(sandbox.url) });
      const load = new Load(() => service, 6);
      for (let kill = 0; kill < inLength(1, 5); kill += 1) {
        await moreAcknowledged(load, 5);
        await killPostgres(dataDir);
      }
      await moreAcknowledged(load, 5);
      await load.stop();
      await until('its PostgreSQL answers', async () =>
        sql((await runningEmbeddedPostgres(dataDir))!, 'select').catch(() => null),
      );
      await expectHonestBooks((await runningEmbeddedPostgres(dataDir))!, sandbox.url, load.acknowledged);
      expect(service.hasEnded).toBe(false);
      await service.stop();
      await rm(dataDir, { recursive: true });
    },
    TIMEOUT,
  );

  it(
    'waits for a PostgreSQL that somebody else starts again',
    async () => {
      const dataDir = await newDataDir();
      const postgres = await openEmbeddedPostgres(dataDir);
      const service = await startServiceProcess({ DATABASE_URL: postgres.url, ...LEASE, ...optimizelyAt(sandbox.url) });
      const load = new Load(() => service, 6);
      for (let kill = 0; kill < inLength(1, 5); kill += 1) {
        await moreAcknowledged(load, 5);
        await killPostgres(dataDir);
      }
      await moreAcknowledged(load, 5);
      await load.stop();
      await expectHonestBooks(postgres.url, sandbox.url, load.acknowledged);
      await service.stop();
      await postgres.close();
      await rm(dataDir, { recursive: true });
    },
    TIMEOUT,
  );
});

function moreAcknowledged(load: Load, count: number): Promise<unknown> {
  const goal = load.acknowledged.length + count;
  return until(`${count} more deployments are acknowledged`, () => load.acknowledged.length >= goal, 60_000);
}

async function resolutions(databaseUrl: string): Promise<Record<string, number>> {
  const rows = await sql<{ resolution: string; count: number }>(
    databaseUrl,
    `select coalesce(sync_metadata->>'resolvedBy', nullif(outcome, 'APPLIED')) as resolution, count(*)::integer
     from sync_history where sync_direction = 'PUSH' group by 1 having
       coalesce(sync_metadata->>'resolvedBy', nullif(outcome, 'APPLIED')) is not null`,
  );
  return Object.fromEntries(rows.map(({ resolution, count }) => [resolution, count]));
}
