import { SyncHistoryService } from '#tracking';
import { startClosablePort } from '../support/closable-port.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

/** The samples of a scrape, by name and labels. */
async function scrape({ url }: TestApp): Promise<Record<string, number>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('the metrics', () => {
  let database: TestDatabase;
  let services: TestApp[];
  beforeEach(async () => {
    database = await createTestDatabase();
    services = [await startTestApp({ DATABASE_URL: database.url }), await startTestApp({ DATABASE_URL: database.url })];
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.close()));
    await database.drop();
  });

  const record = (service: TestApp, platform: string) =>
    service.app.get(SyncHistoryService).recordSyncAttempt({
      ...{ typeKey: 'Article', platform, direction: 'PUSH', data: {} },
      context: { environment: 'default', actor: 'jane', trigger: 'API' },
    });

  it('tell what each process has recorded, and how far the database is', async () => {
    const [one, other] = services as [TestApp, TestApp];
    const history = one.app.get(SyncHistoryService);
    const [settled] = await Promise.all([record(one, 'optimizely'), record(one, 'optimizely')]);
    await history.updateSyncStatus(settled.id, { status: 'FAILED', retryCount: 2, durationMs: 300 });
    await expect(history.updateSyncStatus(settled.id, { status: 'SUCCESS' })).rejects.toThrow('has the final status');
    const labels = 'platform="optimizely",direction="PUSH"';
    expect(await scrape(one)).toMatchObject({
      [`synctrail_syncs_total{${labels},status="FAILED"}`]: 1,
      [`synctrail_retries_total{${labels}}`]: 2,
      [`synctrail_sync_duration_seconds_bucket{le="0.25",${labels}}`]: 0,
      [`synctrail_sync_duration_seconds_bucket{le="0.5",${labels}}`]: 1,
      'synctrail_recorder_batch_rows_sum{step="start"}': 2,
      synctrail_recorder_queue_length: 0,
      synctrail_syncs_running: 0,
      synctrail_event_streams: 0,
      synctrail_sweeper_settled_total: 0,
      synctrail_database_up: 1,
      synctrail_syncs_in_progress: 1,
    });
    await until('every event is counted', async () => {
      const samples = await scrape(one);
      return samples.synctrail_journal_lag_entries === 0 && samples.synctrail_stats_lag_events === 0;
    });
    const elsewhere = await scrape(other);
    expect(Object.keys(elsewhere).filter((name) => name.startsWith('synctrail_syncs_total'))).toEqual([]);
    expect(elsewhere.synctrail_syncs_in_progress).toBe(1);
    expect(elsewhere).toHaveProperty('process_cpu_seconds_total');
  });

  it('count syncs that are recorded from outside with their result', async () => {
    const [service] = services as [TestApp];
    const sync = { typeKey: 'Article', platform: 'shop', direction: 'PUSH', actor: 'jane' };
    const { status } = await service.api('POST', '/sync', {
      ...sync,
      data: {},
      result: { status: 'SUCCESS', durationMs: 40 },
    });
    expect(status).toBe(201);
    expect(await scrape(service)).toMatchObject({
      'synctrail_syncs_total{platform="shop",direction="PUSH",status="SUCCESS"}': 1,
      'synctrail_sync_duration_seconds_count{platform="shop",direction="PUSH"}': 1,
    });
  });

  it('have a series for each of fifty platforms, and one for all others', async () => {
    const [service] = services as [TestApp];
    const history = service.app.get(SyncHistoryService);
    const syncs = await Promise.all(Array.from({ length: 60 }, (_, n) => record(service, `platform${n}`)));
    for (const { id } of syncs) await history.updateSyncStatus(id, { status: 'SUCCESS' });
    const series = Object.entries(await scrape(service)).filter(([name]) => name.startsWith('synctrail_syncs_total'));
    expect(series).toHaveLength(51);
    expect(series.find(([name]) => name.includes('platform="other"'))?.[1]).toBe(10);
  });

  it('are there while the database is away', async () => {
    const port = await startClosablePort(database.url);
    const service = await startTestApp({ DATABASE_URL: port.url });
    services.push(service);
    port.cut();
    const samples = await scrape(service);
    expect(samples).toMatchObject({ synctrail_database_up: 0, synctrail_syncs_in_progress: Number.NaN });
    port.beforeRetry();
    await until('the database is seen again', async () => (await scrape(service)).synctrail_database_up === 1);
    await services.pop()!.close();
    await port.close();
  });
});
