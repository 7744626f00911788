import { PlatformError } from '#platform';
import { CircuitBreakers, SyncHistoryService } from '#tracking';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

describe('names that come from outside', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp({ ...optimizelyAt('http://127.0.0.1:9'), CIRCUIT_FAILURES: '1' });
    const syncs = Array.from({ length: 500 }, (_, n) => ({
      ...{ platform: `p${n}`, environment: 'e'.repeat(200), direction: 'PUSH', typeKey: 'Many', actor: 'jane' },
      data: { key: 'Many' },
      result: { status: 'SUCCESS' },
    }));
    const real = { ...syncs[0]!, platform: 'optimizely', environment: 'default' };
    const long = { ...real, platform: 'x'.repeat(255) };
    for (const batch of [syncs, [long, real, real]]) {
      expect(await service.api('POST', '/sync/batch', { syncs: batch })).toMatchObject({ status: 201 });
    }
  });
  afterAll(() => service?.close());

  const metrics = async () => (await fetch(`${service.url}/metrics`)).text();

  it('make a bounded number of series and leave those of platforms that are installed', async () => {
    const series = (await metrics()).split('\n').filter((line) => line.startsWith('synctrail_syncs_total{'));
    expect(series).toHaveLength(52);
    expect(series.find((line) => line.includes('platform="optimizely"'))).toMatch(/ 2$/);
    expect(series.find((line) => line.includes('platform="other"'))).toMatch(/ 451$/);
  });

  it('make a bounded number of places that are looked after', async () => {
    const { items } = (await service.api('GET', '/sync/health')).body as { items: { platform: string }[] };
    expect(items).toHaveLength(200);
    expect(items.map(({ platform }) => platform)).toContain('optimizely');
    const wide = Array.from({ length: 300 }, (_, n) => ({
      ...{ platform: 'p0', environment: `e${n}`, direction: 'PUSH', typeKey: 'Wide', actor: 'jane' },
      data: { key: 'Wide' },
      result: { status: 'SUCCESS' },
    }));
    expect(await service.api('POST', '/sync/batch', { syncs: wide })).toMatchObject({ status: 201 });
    const where = (await service.api('GET', '/content-types/Wide/where?platform=p0')).body as { items: unknown[] };
    expect(where.items).toHaveLength(200);
    const facets = (await service.api('GET', '/sync/history/facets')).body as { facets: { platform: unknown[] } };
    expect(facets.facets.platform).toHaveLength(100);
  });

  it('make a bounded number of circuits, of which the open ones stay', async () => {
    const circuits = service.app.get(CircuitBreakers);
    const outage = new PlatformError({ code: 'UNAVAILABLE', message: 'down', retryable: true });
    await expect(
      circuits.execute({ platform: 'shop', environment: 'open' }, () => Promise.reject(outage)),
    ).rejects.toThrow('down');
    for (let n = 0; n < 500; n += 1)
      await circuits.execute({ platform: 'shop', environment: `e${n}` }, () => Promise.resolve());
    const states = circuits.states();
    expect(states).toHaveLength(200);
    expect(states.filter(({ state }) => state === 'open')).toMatchObject([{ environment: 'open' }]);
    const ready = (await (await fetch(`${service.url}/health/ready`)).json()) as {
      circuits: { environment: string }[];
    };
    expect(ready.circuits.length).toBeLessThanOrEqual(200);
    expect(ready.circuits.map(({ environment }) => environment)).toContain('open');
    expect((await metrics()).match(/^synctrail_circuit_state\{/gm)).toHaveLength(200);
  });

  it('are those of syncs that others record, and get no circuit', async () => {
    const history = service.app.get(SyncHistoryService);
    expect((await history.getSyncHistory({ platform: 'p1' })).items).toHaveLength(1);
    expect(
      service.app
        .get(CircuitBreakers)
        .states()
        .filter(({ platform }) => platform === 'p1'),
    ).toEqual([]);
  });
});

const WEBHOOK = {
  ALERT_WEBHOOK_URL: 'https://127.0.0.1:9/x',
  ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
  ALERT_RETRY_MS: '600000',
};

describe('tests of alerts', () => {
  it('are one at a time, and few of them stay', async () => {
    const service = await startTestApp(WEBHOOK);
    const sql = await connectSql(service.databaseUrl);
    await sql(
      `insert into alert (id, type, payload, status) select gen_random_uuid(), 'health.test', '{}', 'FAILED' from generate_series(1, 300)`,
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.api('POST', '/alerts/test', { actor: 'jane' })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${(body as { id: string }).id}`)).size).toBe(1);
    expect(await sql('select count(*)::integer as count from alert')).toEqual([{ count: 100 }]);
    await sql.close();
    await service.close();
  });

  it('name the one that another statement has just made', async () => {
    const service = await startTestApp(WEBHOOK);
    const sql = await connectSql(service.databaseUrl);
    await sql('begin');
    const [made] = await sql(
      `insert into alert (id, type, payload) values (gen_random_uuid(), 'health.test', '{}') returning id`,
    );
    const answer = service.api('POST', '/alerts/test', { actor: 'jane' });
    const watch = await connectSql(service.databaseUrl);
    await until('it waits', async () => {
      const [row] = await watch(`select count(*)::integer as count from pg_stat_activity where wait_event_type = 'Lock'
        and datname = current_database()`);
      return row!.count === 1;
    });
    await sql('commit');
    expect(await answer).toMatchObject({ status: 202, body: { id: made!.id } });
    await Promise.all([sql.close(), watch.close()]);
    await service.close();
  });
});
