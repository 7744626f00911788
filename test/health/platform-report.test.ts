import type { HealthReportService } from '#health';
import { StatsRebuilder } from '#statistics';
import { idAt } from '../support/random-history.ts';
import { insertSyncs } from '../support/insert-syncs.ts';
import { connectSql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

type Report = NonNullable<Awaited<ReturnType<HealthReportService['get']>>['report']>;
interface Analytics {
  counts: { total: number };
  successRate: number | null;
  duration: { mean: number | null };
  report:
    | (Omit<Report, 'recentFailures' | 'recommendations'> & {
        recentFailures: (Report['recentFailures'][number] & { environment: string })[];
        recommendations: (Report['recommendations'][number] & { environment: string })[];
      })
    | null;
}

const MINUTE = 60_000;
const NOW = Date.now();
const failed = { status: 'FAILED', errorCode: 'RATE_LIMITED', statusCode: 429, errorFingerprint: '18ed84029078e4bb' };
/** Of each ten syncs of the shop's production the last six are refused; staging and the other platform are well. */
const SYNCS = Array.from({ length: 60 }, (_, index) => {
  const startedAt = new Date(NOW - (120 - index) * MINUTE);
  const [platform, environment] = (
    [
      ['shop', 'production'],
      ['shop', 'staging'],
      ['other', 'default'],
    ] as const
  )[index % 3]!;
  const isFailed = environment === 'production' && index >= 20;
  const outcome = isFailed ? { ...failed, errorMessage: 'Too many requests' } : { status: 'SUCCESS' };
  return {
    id: idAt(startedAt),
    startedAt,
    platform,
    environment,
    typeKey: `Type${index % 4}`,
    durationMs: 100,
    ...outcome,
  };
});

describe('the analytics of a platform', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
    const sql = await connectSql(service.databaseUrl);
    await insertSyncs(sql, SYNCS);
    await sql.close();
    await service.app.get(StatsRebuilder).rebuild();
  });
  afterAll(() => service?.close());

  const get = async (query: string): Promise<Analytics> => {
    const { status, body } = await service.api('GET', `/sync/analytics?${query}`);
    expect([query, status]).toEqual([query, 200]);
    return body;
  };

  it('have its health report beside the numbers', async () => {
    const { counts, successRate, duration, report } = await get('platform=shop&last=24h');
    expect(counts.total).toBe(40);
    const failures = SYNCS.filter(({ status }) => status === 'FAILED').toReversed();
    expect(report).toEqual({
      platform: 'shop',
      successRate,
      averageDuration: duration.mean,
      recentFailures: failures.slice(0, 10).map(({ id, typeKey, startedAt }) => ({
        ...{ syncId: id, typeKey, environment: 'production', errorCode: 'RATE_LIMITED' },
        ...{ errorMessage: 'Too many requests', at: startedAt.toISOString() },
      })),
      commonErrors: [
        expect.objectContaining({
          errorCode: 'RATE_LIMITED',
          count: failures.length,
          share: 1,
          fingerprint: '18ed84029078e4bb',
        }),
      ],
      recommendations: expect.arrayContaining([
        expect.objectContaining({ rule: 'slow-down', environment: 'production' }),
        expect.objectContaining({ rule: 'find-cause', environment: 'production' }),
      ]),
    });
    expect(report!.recommendations.every(({ environment }) => environment === 'production')).toBe(true);
  });

  it('say what the health report of the same target and interval says', async () => {
    const [startDate, endDate] = [NOW - 150 * MINUTE, NOW - 60_000].map((moment) => new Date(moment).toISOString());
    const { report } = await get(`platform=shop&environment=production&startDate=${startDate}&endDate=${endDate}`);
    const request = { platform: 'shop', environment: 'production', actor: 'ann', startDate, endDate };
    const stored = (await service.api('POST', '/sync/health-reports', request)).body as unknown as Report;
    const inEnvironment = <T>(list: T[]) => list.map((one) => ({ environment: 'production', ...one }));
    expect(report).toEqual({
      ...{ platform: 'shop', successRate: stored.successRate, averageDuration: stored.averageDuration },
      recentFailures: inEnvironment(stored.recentFailures),
      commonErrors: stored.commonErrors,
      recommendations: inEnvironment(stored.recommendations),
    });
    expect(report!.recommendations).not.toEqual([]);
  });

  it('have a report of the environments that are named', async () => {
    expect((await get('platform=shop&environment=staging&last=24h')).report).toMatchObject({
      ...{ platform: 'shop', successRate: 1, recentFailures: [], commonErrors: [], recommendations: [] },
    });
    const both = await get('targetPlatform=shop&environment=staging&environment=production&last=24h');
    expect(both.report).toEqual((await get('platform=shop&last=24h')).report);
  });

  it('have an empty report of a platform without syncs, and judge no future', async () => {
    expect((await get('platform=nobody')).report).toEqual({
      ...{ platform: 'nobody', successRate: null, averageDuration: null },
      ...{ recentFailures: [], commonErrors: [], recommendations: [] },
    });
    const [startDate, endDate] = [NOW - 150 * MINUTE, NOW + 300 * 24 * 60 * MINUTE].map((at) =>
      new Date(at).toISOString(),
    );
    const { report } = await get(`platform=shop&environment=staging&startDate=${startDate}&endDate=${endDate}`);
    expect(report).toMatchObject({ successRate: 1, recommendations: [] });
  });

  it.each([
    ['no platform', 'last=24h'],
    ['two platforms', 'platform=shop&platform=other'],
    ['another condition', 'platform=shop&typeKey=Type1'],
    ['syncs by their end', 'platform=shop&dateField=completed'],
    ['more than 366 days', 'platform=shop&last=367d'],
    ['a time to come', 'platform=shop&startDate=2999-01-01&endDate=2999-01-02'],
    ['a request to leave it out', 'platform=shop&report=false'],
  ])('have no report for %s', async (_what, query) => {
    expect((await get(query)).report).toBeNull();
  });

  it('have a report of any time', async () => {
    for (const query of ['startDate=0001-01-01&endDate=0001-12-31', 'last=366d', 'last=1m']) {
      expect((await get(`platform=shop&${query}`)).report).not.toBeNull();
    }
    expect((await service.api('GET', '/sync/analytics/failures?startDate=0001-01-01&endDate=0002-01-01')).status).toBe(
      200,
    );
  });
});
