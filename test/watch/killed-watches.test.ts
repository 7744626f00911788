import { sql } from '../support/fsck.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

interface Watch {
  id: string;
  nextAt: string | null;
  runningSince: string | null;
  lastRun: { dueAt: string; differences: number | null; error: object | null } | null;
}

let cms: SimulatedCms;
let database: TestDatabase;
let replicas: ServiceProcess[];

beforeEach(async () => {
  [cms, database] = await Promise.all([startSimulatedCms(), createTestDatabase()]);
  const env = { DATABASE_URL: database.url, LEASE_MS: '1500', ...optimizelyAt(cms.url) };
  replicas = await Promise.all([startServiceProcess(env), startServiceProcess(env)]);
}, 60_000);
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await Promise.all([cms.close(), database.drop()]);
});

it('a run whose replica is killed is made up once by another one', async () => {
  const request = { cron: '0 3 * * *', actor: 'drift-watch', reason: 'Find edits' };
  const { id } = (await replicas[0]!.api<Watch>('POST', '/watches', request)).body;
  await cms.strike({ kind: 'slow', delayMs: 2_000, untilReset: true, match: { method: 'GET', path: '/manifest' } });
  const [{ due }] = (await sql<{ due: Date }>(
    database.url,
    `update watch set next_at = date_trunc('milliseconds', clock_timestamp()) where id = $1 returning next_at as due`,
    [id],
  )) as [{ due: Date }];
  const owner = await until('it runs', async () => {
    const [row] = await sql<{ pid: number; syncs: number }>(
      database.url,
      `select pid, (select count(*) from sync_history where call_id = run_call_id)::integer as syncs
       from watch join recorder on owner = run_owner`,
    );
    return row && row.syncs > 0 && row;
  });
  const victim = replicas.find(({ pid }) => pid === owner.pid)!;
  await victim.kill();
  await cms.strike();
  const [other] = (replicas = replicas.filter((replica) => replica !== victim)) as [ServiceProcess];
  const { lastRun, nextAt } = await until('the other has run it', async () => {
    const { body } = await other.api<Watch>('GET', `/watches/${id}`);
    return body.lastRun && body.runningSince === null && body;
  });
  expect(lastRun).toMatchObject({ differences: 0, error: null, dueAt: new Date(due).toISOString() });
  expect(Date.parse(nextAt!)).toBeGreaterThan(Date.now());
  const calls = await until('the call that was lost is settled', async () => {
    const rows = await sql<{ sync_status: string }>(
      database.url,
      `select sync_status from sync_history where actor = 'drift-watch' and type_key = '*' order by id`,
    );
    return rows.every(({ sync_status: status }) => status !== 'IN_PROGRESS') && rows;
  });
  expect(calls.map(({ sync_status: status }) => status)).toEqual(['FAILED', 'SUCCESS']);
}, 90_000);
