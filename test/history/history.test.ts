import * as fc from 'fast-check';
import { Client } from 'pg';
import { runs } from '../support/properties.ts';
import { idAt, insertHistory, type RandomSync } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { ProjectedClient } from '../support/sql.ts';

interface Page {
  items: { id: string }[];
  next: string | null;
  prev: string | null;
  window: { from: string | null; to: string | null; default: boolean };
}

const NOW = Date.now();
const DAY = 24 * 60 * 60 * 1000;

const randomSync: fc.Arbitrary<RandomSync> = fc
  .record({
    typeKey: fc.constantFrom('Article', 'Hero', '100%_sure', 'a\\b', '=HYPERLINK("x")', 'naïve,"quoted"\nline'),
    platform: fc.constantFrom('optimizely', 'other'),
    environment: fc.constantFrom('default', 'staging'),
    direction: fc.constantFrom('PUSH', 'PULL'),
    status: fc.constantFrom('SUCCESS', 'FAILED', 'PARTIAL', 'IN_PROGRESS'),
    trigger: fc.constantFrom('API', 'DEPLOYMENT', 'REPLAY'),
    actor: fc.constantFrom('jane', '+41', '-1', '@me'),
    errorCode: fc.constantFrom(null, 'TIMEOUT', 'RATE_LIMITED'),
    errorMessage: fc.constantFrom(null, 'The 100% failed', 'A_B', 'nothing'),
    errorFingerprint: fc.constantFrom(null, '18ed84029078e4bb', '0000000000000001'),
    statusCode: fc.constantFrom(null, 200, 404, 429, 503),
    forced: fc.boolean(),
    durationMs: fc.option(fc.integer({ min: 0, max: 5 }), { nil: null }),
    // Within the partitions that exist: this month and the one before.
    startedAt: fc.integer({ min: 0, max: 20 * DAY }).map((ago) => new Date(NOW - ago)),
  })
  .map((sync) => ({ ...sync, id: idAt(sync.startedAt) }));

const filter = fc.record(
  {
    typeKey: fc.subarray(['Article', 'Hero', '100%_sure', 'missing'], { minLength: 1 }),
    platform: fc.subarray(['optimizely', 'other'], { minLength: 1 }),
    environment: fc.subarray(['default', 'staging'], { minLength: 1 }),
    direction: fc.subarray(['PUSH', 'PULL'], { minLength: 1 }),
    status: fc.subarray(['SUCCESS', 'FAILED', 'IN_PROGRESS'], { minLength: 1 }),
    trigger: fc.subarray(['API', 'REPLAY'], { minLength: 1 }),
    actor: fc.subarray(['jane', '+41'], { minLength: 1 }),
    errorCode: fc.subarray(['TIMEOUT', 'RATE_LIMITED'], { minLength: 1 }),
    errorFingerprint: fc.subarray(['18ed84029078e4bb', '0000000000000002'], { minLength: 1 }),
    statusClass: fc.subarray(['2xx', '4xx', '5xx'], { minLength: 1 }),
    forced: fc.boolean(),
    q: fc.constantFrom('100%', '_', 'article', 'A_B', '\\', 'zzz'),
    startDate: fc.integer({ min: 0, max: 20 * DAY }).map((ago) => new Date(NOW - ago)),
  },
  { requiredKeys: [] },
);
type Filter = typeof filter extends fc.Arbitrary<infer T> ? T : never;

function query(asked: Filter): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const one of [value].flat()) parameters.append(name, one instanceof Date ? one.toISOString() : String(one));
  }
  return parameters.toString();
}

function holds(asked: Filter, sync: RandomSync): boolean {
  const { q, startDate, statusClass, forced, ...same } = asked;
  const text = q?.toLowerCase();
  return (
    Object.entries(same).every(([name, values]) => (values as unknown[]).includes(sync[name as keyof RandomSync])) &&
    (forced === undefined || sync.forced === forced) &&
    (statusClass === undefined || statusClass.includes(`${Math.floor((sync.statusCode ?? 0) / 100)}xx`)) &&
    (text === undefined || [sync.typeKey, sync.errorMessage].some((field) => field?.toLowerCase().includes(text))) &&
    (startDate === undefined || sync.startedAt >= startDate)
  );
}

describe('the history under a filter', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  const clear = async () => {
    const client = new ProjectedClient({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query('delete from sync_history');
    await client.end();
  };

  const pages = async (asked: Filter, sort: string, limit: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let cursor = ''; ;) {
      const address = `/sync/history?${query(asked)}&sort=${sort}&limit=${limit}${cursor && `&cursor=${cursor}`}`;
      const { status, body } = await service.api('GET', address);
      expect(status).toBe(200);
      const page = body as Page;
      ids.push(...page.items.map(({ id }) => id));
      if (page.next === null) return ids;
      cursor = page.next;
    }
  };

  it('is the same in list, count, facets and export as recomputed by hand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomSync, { maxLength: 30 }), filter, async (syncs, asked) => {
        await clear();
        await insertHistory(service.databaseUrl, syncs);
        const expected = syncs.filter((sync) => holds(asked, sync)).map(({ id }) => id);

        expect(await pages(asked, '-startedAt', 7)).toEqual(expected.toSorted().toReversed());
        expect(await pages(asked, 'startedAt', 4)).toEqual(expected.toSorted());
        expect((await service.api('GET', `/sync/history/count?${query(asked)}`)).body).toMatchObject({
          count: expected.length,
        });

        const facets = (await service.api('GET', `/sync/history/facets?${query(asked)}`)).body as unknown as {
          total: number;
          facets: Record<string, { value: string | null; count: number }[]>;
        };
        expect(facets.total).toBe(expected.length);
        for (const name of ['status', 'platform', 'environment', 'direction', 'trigger', 'errorCode'] as const) {
          const counts = Map.groupBy(
            syncs.filter((sync) => holds(asked, sync)),
            (sync) => sync[name],
          );
          expect(new Map(facets.facets[name]!.map(({ value, count }) => [value, count]))).toEqual(
            new Map([...counts].map(([value, group]) => [value, group.length])),
          );
        }

        const exported = await fetch(`${service.url}/api/v1/sync/history/export?format=ndjson&${query(asked)}`);
        expect(exported.headers.get('x-synctrail-count')).toBe(String(expected.length));
        const lines = (await exported.text()).split('\n').filter(Boolean);
        const rows = lines.map((line) => JSON.parse(line) as RandomSync);
        expect(rows.map(({ id }) => id)).toEqual(expected.toSorted().toReversed());
        for (const name of ['typeKey', 'errorFingerprint'] as const) {
          expect(rows.map((row) => row[name])).toEqual(
            rows.map(({ id }) => syncs.find((sync) => sync.id === id)![name]),
          );
        }
      }),
      { numRuns: runs(25) },
    );
  }, 120_000);

  it('can be paged by duration in both directions, without gap or repeat', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomSync, { minLength: 1, maxLength: 25 }), async (syncs) => {
        await clear();
        await insertHistory(service.databaseUrl, syncs);
        const order = (a: RandomSync, b: RandomSync) =>
          (b.durationMs ?? -1) - (a.durationMs ?? -1) || (a.id < b.id ? 1 : -1);
        const expected = syncs.toSorted(order).map(({ id }) => id);
        expect(await pages({}, '-durationMs', 4)).toEqual(expected);

        const path = (cursor: string) => `/sync/history?sort=-durationMs&limit=4${cursor && `&cursor=${cursor}`}`;
        let page = (await service.api('GET', path(''))).body as Page;
        while (page.next) page = (await service.api('GET', path(page.next))).body;
        const backwards = page.items.map(({ id }) => id);
        while (page.prev) {
          page = (await service.api('GET', path(page.prev))).body;
          backwards.unshift(...page.items.map(({ id }) => id));
        }
        expect(backwards).toEqual(expected);
      }),
      { numRuns: runs(8) },
    );
  }, 60_000);

  it('stays on its pages while rows arrive, and offers the newer ones on the page before', async () => {
    await clear();
    const at = (ago: number): RandomSync => ({
      ...sample(),
      startedAt: new Date(NOW - ago),
      id: idAt(new Date(NOW - ago)),
    });
    const old = [at(5000), at(4000), at(3000), at(2000)];
    await insertHistory(service.databaseUrl, old);
    const first = (await service.api('GET', '/sync/history?limit=2')).body as Page;
    const newer = at(1000);
    await insertHistory(service.databaseUrl, [newer]);
    const second = (await service.api('GET', `/sync/history?limit=2&cursor=${first.next}`)).body as Page;
    expect(second.items.map(({ id }) => id)).toEqual([old[1]!.id, old[0]!.id]);
    const back = (await service.api('GET', `/sync/history?limit=10&cursor=${second.prev}`)).body as Page;
    expect(back.items.map(({ id }) => id)).toEqual([newer.id, old[3]!.id, old[2]!.id]);
  });

  it('resolves a relative time once for all pages', async () => {
    await clear();
    const first = (await service.api('GET', '/sync/history?last=90m&limit=1')).body as Page;
    expect(Date.parse(first.window.to!) - Date.parse(first.window.from!)).toBe(90 * 60_000);
    await insertHistory(service.databaseUrl, [sample(), sample()]);
    const page = (await service.api('GET', '/sync/history?last=90m&limit=1')).body as Page;
    const next = (await service.api('GET', `/sync/history?last=90m&limit=1&cursor=${page.next}`)).body as Page;
    expect(next.window).toEqual(page.window);
  });

  it.each(['/sync/history?q=x', '/sync/history/facets?', '/sync/history/facets?status=FAILED'])(
    'covers 30 days, and says so, where %s names no time',
    async (asked) => {
      await clear();
      await insertHistory(service.databaseUrl, [{ ...sample(), typeKey: 'x' }]);
      const windowOf = async (more: string) =>
        ((await service.api('GET', `${asked}${more}`)).body as { window: Page['window'] }).window;
      const { from, to, default: chosen } = await windowOf('');
      expect(chosen).toBe(true);
      expect(Date.parse(to!) - Date.parse(from!)).toBe(30 * DAY);
      expect(await windowOf('&endDate=2026-03-31T00:00:00Z')).toEqual({
        from: '2026-03-01T00:00:00.000Z',
        to: '2026-03-31T00:00:00.000Z',
        default: true,
      });
      const everything = { from: null, to: null, default: false };
      expect(await windowOf('&startDate=2020-01-01T00:00:00Z')).toEqual({
        ...everything,
        from: '2020-01-01T00:00:00.000Z',
      });
      for (const small of ['deploymentId', 'callId'])
        expect(await windowOf(`&${small}=${idAt(new Date())}`)).toEqual(everything);
    },
  );

  it('leaves connections for everybody else, however many ask for all of it', async () => {
    const [blocker, observer] = [0, 1].map(() => new ProjectedClient({ connectionString: service.databaseUrl })) as [
      Client,
      Client,
    ];
    await Promise.all([blocker.connect(), observer.connect()]);
    try {
      const { rows } = await blocker.query<{ oldest: string }>(
        `select min(inhrelid::regclass::text) as oldest from pg_inherits where inhparent = 'sync_history'::regclass`,
      );
      // Whoever reads all months waits for this one.
      await blocker.query(`begin; lock table ${rows[0]!.oldest} in access exclusive mode`);
      const counts = Array.from({ length: 40 }, () => service.api('GET', '/sync/history/count'));
      const waiting = `select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like 'select count%'`;
      await until('as many wait as may', async () => (await observer.query(waiting)).rowCount === 8);
      expect((await service.api('GET', '/content-types')).status).toBe(200);
      expect((await observer.query(waiting)).rowCount).toBe(8);
      await blocker.query('rollback');
      expect((await Promise.all(counts)).map(({ status }) => status)).toEqual(counts.map(() => 200));
    } finally {
      await Promise.all([blocker.end(), observer.end()]);
    }
  });

  it('of one type is asked for by its address alone', async () => {
    const { status, body } = await service.api('GET', '/sync/Article/history?typeKey=Hero');
    expect([status, body]).toMatchObject([400, { code: 'INVALID_FILTER', errors: [{ field: 'typeKey' }] }]);
  });

  it.each([
    ['last=7d&startDate=2026-01-01', 'INVALID_FILTER', 'last'],
    ['startDate=2026-02-01&endDate=2026-01-01', 'INVALID_FILTER', 'endDate'],
    ['dateField=completed&status=IN_PROGRESS', 'INVALID_FILTER', 'dateField'],
    ['last=0d', 'INVALID_FILTER', 'last'],
    ['startDate=275760-01-01', 'INVALID_REQUEST', 'startDate'],
    ['startDate=2026-02-31', 'INVALID_REQUEST', 'startDate'],
    ['startDate=0', 'INVALID_REQUEST', 'startDate'],
    ['endDate=2026-02-01T10:00:00', 'INVALID_REQUEST', 'endDate'],
    ['last=soon', 'INVALID_REQUEST', 'last'],
    ['statusClass=6xx', 'INVALID_REQUEST', 'statusClass'],
    ['errorFingerprint=18ed', 'INVALID_REQUEST', 'errorFingerprint'],
    ['forced=maybe', 'INVALID_REQUEST', 'forced'],
    ['sort=actor', 'INVALID_REQUEST', 'sort'],
    ['deploymentId=x', 'INVALID_REQUEST', 'deploymentId'],
    ['nonsense=1', 'INVALID_REQUEST', 'nonsense'],
    ['cursor=bm9uc2Vuc2U', 'INVALID_CURSOR', ''],
  ])('refuses ?%s by name', async (asked, code, field) => {
    const { status, body } = await service.api('GET', `/sync/history?${asked}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code, detail: expect.stringContaining(field) });
  });

  it('refuses a cursor with another filter or order', async () => {
    await insertHistory(service.databaseUrl, [sample(), sample()]);
    const { next } = (await service.api('GET', '/sync/history?limit=1&status=FAILED')).body as Page;
    for (const asked of ['status=SUCCESS', 'status=FAILED&sort=startedAt', '']) {
      const { status, body } = await service.api('GET', `/sync/history?limit=1&${asked}&cursor=${next}`);
      expect([status, body]).toMatchObject([400, { code: 'INVALID_CURSOR' }]);
    }
  });
});

let made = 0;
function sample(): RandomSync {
  made += 1;
  const startedAt = new Date(NOW - 60_000 + made);
  return {
    ...{ id: idAt(startedAt), typeKey: 'Article', platform: 'optimizely', environment: 'default', direction: 'PUSH' },
    ...{ status: 'FAILED', trigger: 'API', actor: 'jane', errorCode: 'TIMEOUT', errorMessage: 'slow', statusCode: 503 },
    ...{ forced: false, durationMs: 3, startedAt },
  };
}
