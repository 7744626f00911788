import { SyncHistoryExport, type HistoryFilter, SyncHistoryQueries } from '#history';
import { ReplayPlanner } from '#replay';
import { SyncHistoryService } from '#tracking';
import { idAt, insertHistory } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const AT = Date.now() - 60 * 60_000;
const sync = (index: number, more: object) => {
  const startedAt = new Date(AT + index * 60_000);
  return {
    ...{ id: idAt(startedAt), typeKey: 'Article', platform: 'shop', environment: 'default', direction: 'PUSH' },
    ...{ status: 'FAILED', trigger: 'API', actor: 'jane', errorCode: 'TIMEOUT', errorMessage: 'slow', statusCode: 503 },
    ...{ forced: false, durationMs: 3, startedAt, ...more },
  };
};
const SYNCS = [sync(0, {}), sync(1, { platform: 'other' }), sync(2, { status: 'SUCCESS' }), sync(3, {})];

describe('the filter', () => {
  let service: TestApp;
  let history: SyncHistoryService;
  beforeAll(async () => {
    service = await startTestApp();
    history = service.app.get(SyncHistoryService);
    await insertHistory(service.databaseUrl, SYNCS);
  });
  afterAll(() => service?.close());

  const found = async (filter: HistoryFilter) =>
    (await history.getSyncHistory(filter, { sort: 'startedAt' })).items.map(({ id }) =>
      SYNCS.findIndex((one) => one.id === id),
    );
  const foundBy = async (query: string) => {
    const { status, body } = await service.api('GET', `/sync/history?sort=startedAt&${query}`);
    expect([query, status]).toEqual([query, 200]);
    return (body as { items: { id: string }[] }).items.map(({ id }) => SYNCS.findIndex((one) => one.id === id));
  };
  const iso = (index: number) => SYNCS[index]!.startedAt.toISOString();

  it('takes the names of the original requirement in the service', async () => {
    const [from, to] = [SYNCS[1]!.startedAt, SYNCS[3]!.startedAt];
    expect(await found({ targetPlatform: 'shop' })).toEqual([0, 2, 3]);
    expect(await found({ syncStatus: ['FAILED'] })).toEqual([0, 1, 3]);
    expect(await found({ dateRange: { from, to } })).toEqual([1, 2]);
    expect(await found({ dateRange: { from } })).toEqual([1, 2, 3]);
    expect(await found({ dateRange: { to } })).toEqual([0, 1, 2]);
    expect(await found({ targetPlatform: 'shop', syncStatus: 'FAILED', dateRange: { from, to } })).toEqual([]);
    const last = await history.getLastSuccessfulSync({ targetPlatform: 'shop' });
    expect(last?.id).toBe(SYNCS[2]!.id);
  });

  it('takes the names of the original requirement over HTTP', async () => {
    expect(await foundBy('targetPlatform=shop')).toEqual([0, 2, 3]);
    expect(await foundBy('syncStatus=FAILED&syncStatus=PARTIAL')).toEqual([0, 1, 3]);
    expect(await foundBy(`dateRange=${iso(1)}/${iso(3)}`)).toEqual([1, 2]);
    expect(await foundBy(`dateRange=${iso(1)}/`)).toEqual([1, 2, 3]);
    expect(await foundBy(`dateRange=/${iso(3)}`)).toEqual([0, 1, 2]);
  });

  it('takes both names of one thing when they say the same', async () => {
    const from = SYNCS[1]!.startedAt;
    const both: HistoryFilter = { platform: ['shop', 'other'], targetPlatform: ['other', 'shop'] };
    expect(await found(both)).toEqual([0, 1, 2, 3]);
    expect(await found({ startDate: from, dateRange: { from: new Date(from) } })).toEqual([1, 2, 3]);
    expect(await foundBy(`platform=shop&targetPlatform=shop&startDate=${iso(2)}&dateRange=${iso(2)}/`)).toEqual([2, 3]);
  });

  it.each([
    ['platform=shop&targetPlatform=other', 'INVALID_FILTER', 'targetPlatform'],
    ['platform=shop&targetPlatform=shop&targetPlatform=other', 'INVALID_FILTER', 'targetPlatform'],
    ['status=FAILED&syncStatus=SUCCESS', 'INVALID_FILTER', 'syncStatus'],
    ['startDate=2026-01-01&dateRange=2026-01-02/', 'INVALID_FILTER', 'dateRange'],
    ['last=7d&dateRange=2026-01-02/', 'INVALID_FILTER', 'last'],
    ['dateRange=2026-01-02/2026-01-01', 'INVALID_FILTER', 'endDate'],
    ['syncStatus=DONE', 'INVALID_REQUEST', 'syncStatus'],
    ['dateRange=2026-01-02', 'INVALID_REQUEST', 'dateRange'],
    ['dateRange=/', 'INVALID_REQUEST', 'dateRange'],
    ['dateRange=2026-01-01/2026-02-31', 'INVALID_REQUEST', 'dateRange'],
    ['dateRange=2026-01-01/2026-02-01/2026-03-01', 'INVALID_REQUEST', 'dateRange'],
    ['targetPlatfrom=shop', 'INVALID_REQUEST', 'targetPlatfrom'],
  ])('refuses ?%s in list, count, facets and export', async (query, code, field) => {
    for (const path of ['', '/count', '/facets', '/export']) {
      const { status, body } = await service.api('GET', `/sync/history${path}?${query}`);
      expect([path, status, body]).toMatchObject([path, 400, { code, detail: expect.stringContaining(field) }]);
    }
  });

  it.each<[string, object]>([
    ['targetPlatfrom', { targetPlatfrom: 'shop' }],
    ['errorFingerPrint', { errorFingerPrint: 'x' }],
    ['toString', { toString: 'x' }],
    ['platform', { platform: null }],
    ['targetPlatform', { platform: 'shop', targetPlatform: 'other' }],
    ['dateRange', { dateRange: {} }],
    ['dateRange', { dateRange: null }],
    ['dateRange', { dateRange: { form: new Date(AT) } }],
    ['dateRange', { dateRange: { from: new Date(AT) }, startDate: new Date(AT + 1) }],
  ])('called from code refuses a wrong %s and ignores nothing: %j', async (field, wrong) => {
    const filter = wrong as HistoryFilter;
    const { app } = service;
    const callers = [
      () => history.getSyncHistory(filter),
      () => history.getLastSuccessfulSync(filter),
      () => app.get(SyncHistoryQueries).count(filter),
      () => app.get(SyncHistoryQueries).facets(filter),
      () => app.get(SyncHistoryExport).open(filter, 'csv'),
      () => app.get(ReplayPlanner).plan(filter),
    ];
    for (const call of callers) {
      await expect(call()).rejects.toMatchObject({ code: 'INVALID_FILTER', message: expect.stringContaining(field) });
    }
  });

  it('of the last success refuses another status', async () => {
    for (const wrong of [{ status: 'FAILED' }, { syncStatus: 'FAILED' }]) {
      await expect(history.getLastSuccessfulSync(wrong as HistoryFilter)).rejects.toMatchObject({
        code: 'INVALID_FILTER',
      });
    }
  });

  it('names the filters that there are', async () => {
    await expect(history.getSyncHistory({ targetPlatfrom: 'x' } as HistoryFilter)).rejects.toThrow(
      'The filter is invalid: targetPlatfrom is unknown; the filter takes actor, backfilled, callId, ',
    );
  });
});
