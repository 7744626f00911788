import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { findings, untilSettled } from '../support/fsck.ts';
import { say } from '../support/chaos.ts';
import { Load } from '../support/load.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { describeWith, Server, versionOf } from './programs.ts';

describeWith('initdb', 'pg_basebackup')('a primary and its standby', () => {
  let primary: Server;
  let standby: Server;
  let sandbox: Sandbox;
  let service: ServiceProcess;
  beforeAll(async () => {
    primary = await Server.primary();
    standby = await Server.standbyOf(primary);
    sandbox = await startSandbox();
    const hosts = `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`;
    service = await startServiceProcess({
      DATABASE_URL: `postgres://synctrail@${hosts}/postgres?target_session_attrs=read-write`,
      LEASE_MS: '1500',
      ...optimizelyAt(sandbox.url),
    });
  });
  afterAll(async () => {
    await service?.stop();
    await sandbox?.close();
    await standby?.remove();
    await primary?.remove();
  });

  it('fail over: the service finds what was promoted, goes on recording, and tells readers of the new epoch', async () => {
    const load = new Load(() => service, 4);
    await until('some are acknowledged', () => load.acknowledged.length > 10, 60_000);
    const { body: before } = await service.api<{ next: string }>(
      'GET',
      `/sync/events?after=${Number.MAX_SAFE_INTEGER}`,
    );
    const lostAt = performance.now();
    await primary.kill();
    await standby.promote();
    const count = load.acknowledged.length;
    await until('it records again', () => load.acknowledged.length > count + 10, 60_000);
    const outageMs = Math.round(performance.now() - lostAt);
    await load.stop();
    await untilSettled(standby.url, 60_000);
    expect(await findings(standby.url)).toEqual([]);
    const { body: after } = await service.api<{ next: string }>('GET', `/sync/events?after=${Number.MAX_SAFE_INTEGER}`);
    const [old, now] = [before.next.split('-'), after.next.split('-')];
    expect(now[0]).not.toBe(old[0]);
    const gone = await service.api<{ code: string }>('GET', `/sync/events?after=${old[0]}-${now[1]}`);
    expect([gone.status, gone.body.code]).toEqual([410, 'EPOCH_CHANGED']);
    say(
      `${await versionOf('initdb')}: ${load.acknowledged.length} deployments; ten more recorded ${outageMs} ms after the loss`,
    );
  });

  it('of which none takes writes: the service is not ready, says so, and refuses to send', async () => {
    await standby.sql(`alter system set default_transaction_read_only = on`);
    await standby.sql(`select pg_reload_conf()`);
    await until('it is not ready', async () => (await fetch(`${service.url}/health/ready`)).status === 503, 60_000);
    const { status, body } = await service.api<{ code: string }>('PUT', '/content-types/Late', { displayName: 'Late' });
    expect([status, body.code]).toEqual([503, expect.stringMatching(/UNAVAILABLE|READ_ONLY/)]);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    say(`read-only primary: ready 503, a write ${status} ${body.code}`);
  });
});
