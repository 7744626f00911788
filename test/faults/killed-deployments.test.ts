import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { openEmbeddedPostgres } from '#embedded-postgres';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { inLength, random, say } from '../support/chaos.ts';
import { arrivals, findings, setFaults, sql } from '../support/fsck.ts';
import { killPostgres, newDataDir } from '../support/killable-postgres.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const TYPES = 80;
/** The platform takes its time after it has applied: that is when a kill hurts. */
const SLOW = { kind: 'slow', delayMs: 400, untilReset: true, match: { method: 'POST', path: '/manifest' } };
/** A replica's end is noticed, what it left is read back, and the rest is sent. */
const GOES_ON_WITHIN_MS = 30_000;
const TIMEOUT = inLength(120_000, 600_000);

describe('a deployment, with a plan or without one,', () => {
  const chance = random();
  let sandbox: Sandbox;
  /** What is left to be ended, also after a failure; the last first. */
  let ends: (() => Promise<unknown>)[];

  beforeEach(async () => {
    sandbox = await startSandbox();
    ends = [() => sandbox.close()];
    await setFaults(sandbox.url, SLOW);
  });

  afterEach(async () => {
    for (const end of ends.toReversed()) await end();
  });

  async function start(url: string, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
    const service = await startServiceProcess({ ...envOf(sandbox, url), ...env });
    ends.push(() => service.stop());
    return service;
  }

  it(
    'goes on elsewhere when its replica is killed, and sends no content twice',
    async () => {
      const database = await createTestDatabase();
      ends.push(() => database.drop());
      const replicas = [await start(database.url), await start(database.url)];
      const waits: number[] = [];
      for (let kill = 0; kill < inLength(2, 10); kill += 1) {
        const id = await begin(replicas[0]!, kill);
        await wait(chance() * 600);
        const victim = await ownerOf(database.url, id, replicas);
        await replicas[victim]!.kill();
        const killedAt = performance.now();
        await expectSuccess(replicas[1 - victim]!, id);
        waits.push(Math.round(performance.now() - killedAt));
        replicas[victim] = await start(database.url);
      }
      await expectHonestRecord(sandbox, database.url, waits.length);
      say(`${waits.length} kills; the other replica had ended the deployment after ${waits.join(', ')} ms`);
    },
    TIMEOUT,
  );

  it('goes on from a replica whose clock was ahead, and sends what that one did not, once', async () => {
    const database = await createTestDatabase();
    ends.push(() => database.drop());
    await setFaults(sandbox.url, { kind: 'status', status: 500, match: SLOW.match });
    const ahead = await start(database.url, { ...aheadBy(90_000), RETRY_INITIAL_DELAY_MS: '60000' });
    const id = await begin(ahead, 0);
    const failures = `select from sync_event where type = 'attempt.failed'`;
    await until('the first call has failed', async () => (await sql(database.url, failures)).length === TYPES);
    await ahead.kill();
    const other = await start(database.url);
    await expectSuccess(other, id);
    const path = '/sync/history?direction=PUSH&status=FAILED&typeKey=Type0';
    const { body } = await other.api<{ items: { id: string }[] }>('GET', path);
    for (const path of [`/sync/${body.items[0]!.id}`, `/sync/${body.items[0]!.id}/events`]) {
      const timeline = await other.api<Record<'events' | 'items', { type: string }[] | undefined>>('GET', path);
      const types = (timeline.body.events ?? timeline.body.items)!.map(({ type }) => type);
      expect(types).toEqual(['sync.recorded', 'attempt.failed', 'sync.failed']);
    }
    const arrived = await arrivals(sandbox.url);
    expect([...arrived].filter(([, count]) => count !== 2)).toEqual([]);
    expect(await findings(database.url)).toEqual([]);
  }, 120_000);

  it(
    'goes on when its PostgreSQL is killed and started again, and sends no content twice',
    async () => {
      const dataDir = await newDataDir();
      ends.push(() => rm(dataDir, { recursive: true }));
      const postgres = await openEmbeddedPostgres(dataDir);
      ends.push(() => postgres.close());
      const service = await start(postgres.url);
      const waits: number[] = [];
      for (let kill = 0; kill < inLength(2, 5); kill += 1) {
        const id = await begin(service, kill);
        await wait(chance() * 600);
        await killPostgres(dataDir);
        const killedAt = performance.now();
        await expectSuccess(service, id);
        waits.push(Math.round(performance.now() - killedAt));
      }
      await expectHonestRecord(sandbox, postgres.url, waits.length);
      expect(service.hasEnded).toBe(false);
      say(`${waits.length} kills of PostgreSQL; the deployment had ended after ${waits.join(', ')} ms`);
    },
    TIMEOUT,
  );
});

function envOf(sandbox: Sandbox, url: string): NodeJS.ProcessEnv {
  return { DATABASE_URL: url, LEASE_MS: '1500', RETRY_INITIAL_DELAY_MS: '50', ...optimizelyAt(sandbox.url) };
}

/** The clock of a process, wrong by so many milliseconds. */
function aheadBy(shiftMs: number): NodeJS.ProcessEnv {
  return {
    ...{ CLOCK_SHIFT_MS: String(shiftMs), MAX_CLOCK_OFFSET_MS: '3600000' },
    NODE_OPTIONS: `--import=${new URL('../support/shifted-clock.mjs', import.meta.url).href}`,
  };
}

/** Deploys a round of its own of all types; every other one has a plan. */
async function begin(service: ServiceProcess, round: number): Promise<string> {
  const contentTypes = Array.from({ length: TYPES }, (_, index) => ({
    ...{ key: `Type${index}`, baseType: '_component', displayName: `Round ${round}, type ${index}` },
  }));
  expect(await service.api('POST', '/content-types/import?author=jane', { contentTypes })).toMatchObject({
    status: 201,
  });
  const target = { platform: 'optimizely', actor: 'jane', reason: `Round ${round}` };
  const plan = round % 2 === 1 ? await service.api<{ id: string }>('POST', '/plans', target) : undefined;
  const request = plan ? { planId: plan.body.id, actor: 'joe' } : target;
  const { status, body } = await service.api<{ id: string }>('POST', '/deployments', request);
  expect([status, body]).toEqual([202, expect.anything()]);
  return body.id;
}

/** The replica that runs a deployment; the first while none does. */
async function ownerOf(url: string, id: string, replicas: ServiceProcess[]): Promise<number> {
  const statement = 'select pid from deployment d join recorder r using (owner) where d.id = $1';
  const [owner] = await sql<{ pid: number }>(url, statement, [id]);
  return Math.max(
    replicas.findIndex(({ pid }) => pid === owner?.pid),
    0,
  );
}

async function expectSuccess(service: ServiceProcess, id: string): Promise<void> {
  const shown = () => service.api<Shown>('GET', `/deployments/${id}`);
  await until(
    'the deployment has ended',
    async () => {
      // Refused while the database is away.
      const { status, body } = await shown();
      return status === 200 && body.completedAt !== null;
    },
    GOES_ON_WITHIN_MS,
  );
  const { body } = await shown();
  expect(body.items.filter((item) => item.status !== 'SUCCESS')).toEqual([]);
  expect(body).toMatchObject({ status: 'SUCCESS', progress: { total: TYPES, succeeded: TYPES } });
  const verified = body.planId === null ? null : 'VERIFIED';
  expect(body.items.filter(({ verification }) => verification !== verified)).toEqual([]);
}

interface Shown {
  planId: string | null;
  completedAt: string | null;
  items: { typeKey: string; status: string; verification: string | null }[];
}

/** Each content of each round has arrived once, and the books agree. */
async function expectHonestRecord(sandbox: Sandbox, url: string, rounds: number): Promise<void> {
  const arrived = await arrivals(sandbox.url);
  expect([...arrived].filter(([, count]) => count !== 1)).toEqual([]);
  expect(arrived.size).toBe(TYPES * rounds);
  expect(await findings(url)).toEqual([]);
}
