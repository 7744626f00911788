import { StatsRebuilder } from '#statistics';
import { SyncHistoryService } from '#tracking';
import { idAt, insertHistory } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

/** The clocks of Berlin go back in the night to 25 October: it has 25 hours, from 22:00 to 23:00 by UTC. */
const [BEGIN, END] = ['2025-10-23T22:00:00Z', '2025-10-26T23:00:00Z'].map((moment) => Date.parse(moment)) as [
  number,
  number,
];
const DAYS = 'startDate=2025-10-24&endDate=2025-10-27';
const BERLIN = `${DAYS}&timeZone=Europe/Berlin`;

describe('the dates of a question', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
    const moments = [BEGIN - 1, BEGIN, Date.parse('2025-10-25T22:30:00Z'), END - 1, END];
    await insertHistory(
      service.databaseUrl,
      moments.map((moment) => ({
        ...{ id: idAt(new Date(moment)), startedAt: new Date(moment), typeKey: 'Article', platform: 'shop' },
        ...{
          environment: 'default',
          direction: 'PUSH',
          status: 'FAILED',
          trigger: 'API',
          actor: 'jane',
          durationMs: 0,
        },
        ...{ errorCode: 'TIMEOUT', errorMessage: 'slow', errorFingerprint: '18ed84029078e4bb', statusCode: 503 },
        forced: false,
      })),
    );
    await service.app.get(StatsRebuilder).rebuild();
  });
  afterAll(() => service?.close());

  const get = async (path: string) => {
    const { status, body } = await service.api('GET', path);
    expect([path, status]).toEqual([path, 200]);
    return body as Record<string, never>;
  };

  it('are days of the zone that it names, in a time series over a change of the clocks', async () => {
    const { items } = (await get(`/sync/analytics/timeseries?bucket=day&${BERLIN}`)) as unknown as {
      items: { from: string; to: string; counts: { total: number } }[];
    };
    const hours = items.map(({ from, to }) => (Date.parse(to) - Date.parse(from)) / 3_600_000);
    expect([hours, items.map(({ counts }) => counts.total)]).toEqual([
      [24, 24, 25],
      [1, 0, 2],
    ]);
  });

  it.each(['startDate=2025-10-24&endDate=2025-10-27', 'dateRange=2025-10-24/2025-10-27'])(
    'are days of the zone that it names, wherever it asks for %s',
    async (days) => {
      const window = { from: new Date(BEGIN).toISOString(), to: new Date(END).toISOString(), default: false };
      const asked = `${days}&timeZone=Europe/Berlin`;
      for (const path of [
        'history',
        'history/count',
        'history/facets',
        'analytics',
        'analytics/groups',
        'analytics/failures',
      ]) {
        expect([path, await get(`/sync/${path}?${asked}`)]).toMatchObject([path, { window }]);
      }
      expect(await get(`/sync/history/count?${asked}`)).toMatchObject({ count: 3 });
      expect(await get(`/sync/analytics?${asked}&actor=jane`)).toMatchObject({ counts: { total: 3 } });
      const exported = await fetch(`${service.url}/api/v1/sync/history/export?${asked}`);
      expect(exported.headers.get('x-synctrail-count')).toBe('3');
      expect(exported.headers.get('x-synctrail-window')).toBe(`${window.from}/${window.to}`);
      await exported.text();
    },
  );

  it('are days of UTC by default, and moments stay moments', async () => {
    const window = { from: '2025-10-24T00:00:00.000Z', to: '2025-10-27T00:00:00.000Z' };
    expect(await get(`/sync/history/count?${DAYS}`)).toMatchObject({ window });
    expect(
      await get('/sync/history/count?startDate=2025-10-24T00:00Z&endDate=2025-10-27T02:00%2B02:00&timeZone=Asia/Tokyo'),
    ).toMatchObject({ window });
  });

  it('are days of the zone for a caller of the service, too', async () => {
    const history = service.app.get(SyncHistoryService);
    const dateRange = { from: '2025-10-24', to: '2025-10-27' };
    const { items, window } = await history.getSyncHistory({ dateRange, timeZone: 'Europe/Berlin' });
    expect([items.length, window]).toEqual([3, { from: new Date(BEGIN), to: new Date(END), default: false }]);
    for (const from of ['soon', '2025-02-31', new Date(NaN), 5]) {
      const filter = { dateRange: { from: from as string } };
      await expect(history.getSyncHistory(filter)).rejects.toMatchObject({ code: 'INVALID_FILTER' });
    }
  });

  it('are days of the zone in a health report', async () => {
    const { status, body } = await service.api('POST', '/sync/health-reports', {
      ...{ platform: 'shop', actor: 'jane', startDate: '2025-10-24', endDate: '2025-10-27', timeZone: 'Europe/Berlin' },
    });
    expect([status, body]).toMatchObject([
      200,
      {
        window: { from: new Date(BEGIN).toISOString(), to: new Date(END).toISOString() },
        numbers: { counts: { failed: 3 } },
      },
    ]);
  });

  it.each([
    ['GET', `/sync/history?timeZone=Mars/Olympus`, undefined],
    ['GET', `/sync/history/export?timeZone=Mars/Olympus&${DAYS}`, undefined],
    ['GET', `/sync/analytics?timeZone=Mars/Olympus`, undefined],
    ['GET', `/sync/analytics/failures?timeZone=Mars/Olympus`, undefined],
    [
      'POST',
      '/sync/health-reports',
      { platform: 'shop', actor: 'jane', startDate: '2025-10-24', endDate: '2025-10-27', timeZone: 'Mars/Olympus' },
    ],
  ])('have a zone that exists: %s %s', async (method, path, sent) => {
    const { status, body } = await service.api(method, path, sent);
    expect([status, body]).toMatchObject([400, { code: 'UNKNOWN_TIME_ZONE', errors: [{ field: 'timeZone' }] }]);
  });

  it('alone, without a condition, select nothing to replay', async () => {
    const request = { actor: 'jane', reason: 'try', dryRun: true, filter: { timeZone: 'Europe/Berlin' } };
    const { status, body } = await service.api('POST', '/sync/replay', request);
    expect([status, body]).toMatchObject([400, { code: 'INVALID_FILTER' }]);
  });
});
