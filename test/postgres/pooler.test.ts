import { setTimeout as wait } from 'node:timers/promises';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { expectHonestBooks } from '../support/fsck.ts';
import { say } from '../support/chaos.ts';
import { Load } from '../support/load.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { Bouncer, describeWith, Server, versionOf } from './programs.ts';

const LOAD_MS = 10_000;

describeWith('pgbouncer', 'initdb')('two replicas behind pgbouncer in transaction mode', () => {
  let server: Server;
  let bouncer: Bouncer;
  let sandbox: Sandbox;
  let replicas: ServiceProcess[];
  beforeAll(async () => {
    server = await Server.primary();
    await server.sql('create extension pg_stat_statements');
    bouncer = await Bouncer.before(server, 6);
    sandbox = await startSandbox();
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await sandbox?.close();
    await bouncer?.remove();
    await server?.remove();
  });

  const start = () =>
    startServiceProcess({ DATABASE_URL: bouncer.url, LEASE_MS: '1500', ...optimizelyAt(sandbox.url) });

  it('start together, share six connections, and lose and mix up nothing when one is killed', async () => {
    const begun = performance.now();
    replicas = await Promise.all([start(), start()]);
    const startMs = Math.round(performance.now() - begun);
    let next = 0;
    const load = new Load(() => replicas[(next += 1) % replicas.length], 8);
    await wait(LOAD_MS);
    await replicas[1]!.kill();
    replicas[1] = await start();
    const atKill = load.acknowledged.length;
    await until('it goes on', () => load.acknowledged.length > atKill + 20, 60_000);
    await load.stop();
    const ends = await expectHonestBooks(server.url, sandbox.url, load.acknowledged);
    const [{ count }] = (await server.sql<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity where backend_type = 'client backend'`,
    )) as [{ count: number }];
    const errors = replicas.flatMap(({ log }) => log).filter((line) => line.includes('prepared statement'));
    say(
      `${await versionOf('pgbouncer')}: both up in ${startMs} ms; ${load.acknowledged.length} deployments ` +
        `${JSON.stringify(ends)}; ${count} server connections`,
    );
    expect(errors).toEqual([]);
    expect(ends.SUCCESS).toBeGreaterThan(20);
  });

  it('every read works there too', async () => {
    const [one] = replicas as [ServiceProcess];
    for (const path of [
      '/sync/history',
      '/deployments',
      '/sync/analytics?platform=optimizely',
      '/sync/events?after=0',
    ]) {
      expect([path, (await one.api('GET', path)).status]).toEqual([path, 200]);
    }
    const exported = await fetch(`${one.url}/api/v1/sync/history/export?format=csv`);
    expect([exported.status, (await exported.text()).split('\r\n').length > 20]).toEqual([200, true]);
    expect((await fetch(`${one.url}/health/ready`)).status).toBe(200);
  });

  it('no statement is compiled, which would take longer than all the rest', async () => {
    const compiled = await server.sql(
      'select left(query, 300) as query, calls, jit_functions from pg_stat_statements where jit_functions > 0',
    );
    expect(compiled).toEqual([]);
  });
});
