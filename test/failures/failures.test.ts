import { FailurePatternService } from '#failures';
import { alwaysFailing, burst, creep, ERRORS, insertScenario, outage, scenario } from '../support/failure-scenario.ts';
import { insertSyncs } from '../support/insert-syncs.ts';
import { idAt } from '../support/random-history.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

interface Failures {
  window: { from: string; to: string };
  fingerprints: {
    fingerprint: string;
    errorCode: string;
    message: string;
    count: number;
    share: number;
    state: string;
    trend: { before: number; change: number | null };
    muted: { until: string } | null;
    typeKeys: string[];
    evidence: string[];
    suspects: { what: string; path: string | null; isNamed: boolean; before: unknown; after: unknown }[];
  }[];
  patterns: { shape: string; environment: string; typeKeys: string[]; count: number; evidence: string[] }[];
}

const HOUR = 60 * 60 * 1000;
const HOURS_AGO = (hours: number) => new Date(Date.now() - hours * HOUR);

let service: TestApp;
let sql: Sql;
beforeAll(async () => {
  service = await startTestApp();
  sql = await connectSql(service.databaseUrl);
});
afterAll(async () => {
  await sql.close();
  await service.close();
});

async function failures(query: string): Promise<Failures> {
  const { status, body } = await service.api('GET', `/sync/analytics/failures?${query}`);
  expect(status).toBe(200);
  return body;
}

/** Records a push from outside and settles it at once. */
async function push(
  over: Record<string, unknown>,
  result: Record<string, unknown> = { status: 'SUCCESS', statusCode: 200 },
) {
  const sync = {
    platform: 'elsewhere',
    direction: 'PUSH',
    typeKey: 'Bread',
    data: { key: 'Bread' },
    actor: 'jane',
    ...over,
  };
  const { status, body } = await service.api('POST', '/sync', sync);
  expect(status).toBe(201);
  const { id } = body as { id: string };
  expect((await service.api('PATCH', `/sync/${id}/status`, result)).status).toBe(200);
  return id;
}

const refused = (message: string) => ({
  status: 'FAILED',
  statusCode: 400,
  error: { code: 'INVALID_REQUEST', message },
});

describe('the failures of a time', () => {
  it('are found in the history through SQL as they are in memory: each once, at the place where they happened', async () => {
    const ordinary = { seed: 5, noise: 0.02, from: HOURS_AGO(23), to: HOURS_AGO(0.01) };
    const planted = scenario(
      ordinary,
      outage({ at: 0.2, syncs: 20 }),
      burst({ at: 0.5, syncs: 30, share: 0.9, error: ERRORS.rate }),
      creep({ from: 0.5, times: 3 }),
      alwaysFailing({ syncs: 20 }),
    );
    await insertScenario(sql, { platform: 'planted', environment: 'live' }, planted);
    await insertScenario(sql, { platform: 'planted', environment: 'quiet' }, scenario({ ...ordinary, seed: 6 }));
    const { patterns, fingerprints } = await failures('platform=planted&last=24h');
    expect(patterns.map(({ shape, environment }) => `${environment} ${shape}`).toSorted()).toEqual(
      ['always-failing', 'outage', 'rate-limiting', 'slowness'].map((shape) => `live ${shape}`),
    );
    const failed = (
      await sql<{ n: number }>(
        `select count(*)::integer as n from sync_history where target_platform = 'planted' and sync_status = 'FAILED'`,
      )
    )[0]!.n;
    expect(fingerprints.reduce((sum, { count }) => sum + count, 0)).toBe(failed);
    expect(fingerprints.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect((await failures('platform=planted&environment=quiet&last=24h')).patterns).toEqual([]);
    expect(
      await service.app
        .get(FailurePatternService)
        .detectFailurePatterns({ platform: 'nobody' }, { from: HOURS_AGO(1), to: new Date() }),
    ).toEqual([]);
  });

  it('have the state of their error: new, ongoing, resolved or recurring', async () => {
    const fail = (typeKey: string, hoursAgo: number, code: string) =>
      scenario(
        {
          seed: hoursAgo,
          syncs: 1,
          types: [typeKey],
          noise: 0,
          from: HOURS_AGO(hoursAgo),
          to: HOURS_AGO(hoursAgo - 0.1),
        },
        (drafts) => {
          drafts[0]!.error = { code, status: 400, message: 'm' };
        },
      );
    const succeed = (typeKey: string, hoursAgo: number) =>
      scenario({ syncs: 1, types: [typeKey], noise: 0, from: HOURS_AGO(hoursAgo), to: HOURS_AGO(hoursAgo - 0.1) });
    await insertScenario(sql, { platform: 'states', environment: 'live' }, [
      ...fail('A', 5, 'NEW_ONE'),
      ...[30, 20, 4].flatMap((ago) => fail('B', ago, 'ONGOING_ONE')),
      ...[...fail('C', 6, 'RESOLVED_ONE'), ...succeed('C', 2)],
      ...[...fail('D', 100, 'RECURRING_ONE'), ...fail('D', 3, 'RECURRING_ONE')],
      ...[...fail('E', 6, 'HALF_RESOLVED'), ...fail('F', 6, 'HALF_RESOLVED'), ...succeed('E', 2)],
    ]);
    const { fingerprints } = await failures('platform=states&last=24h');
    expect(Object.fromEntries(fingerprints.map(({ errorCode, state }) => [errorCode, state]))).toEqual({
      NEW_ONE: 'new',
      ONGOING_ONE: 'ongoing',
      RESOLVED_ONE: 'resolved',
      RECURRING_ONE: 'recurring',
      HALF_RESOLVED: 'new',
    });
    expect(fingerprints.find(({ errorCode }) => errorCode === 'ONGOING_ONE')).toMatchObject({
      count: 2,
      trend: { before: 1, change: 1 },
    });
  });

  it('name what changed before a new error, first what its message names', async () => {
    await service.api('PUT', '/content-types/Bread?author=jane', { key: 'Bread' });
    const before = { key: 'Bread', properties: { weight: { type: 'integer' }, crust: { type: 'string' } } };
    const after = { key: 'Bread', properties: { weight: { type: 'string' }, crust: { type: 'text' } } };
    const success = await push({ data: before, metadata: { region: 'eu' } });
    const failure = await push(
      { data: after, actor: 'joe', force: true, metadata: { region: 'us' } },
      refused('The property "weight" of Bread cannot be changed'),
    );
    const [error] = (await failures('platform=elsewhere&last=1h')).fingerprints;
    expect(error).toMatchObject({
      message: 'The property … of … cannot be changed',
      typeKeys: ['Bread'],
      evidence: [failure],
    });
    expect(error!.suspects[0]).toMatchObject({
      what: 'version',
      path: '/properties/weight/type',
      isNamed: true,
      before: 'integer',
      after: 'string',
      lastSuccess: success,
      firstFailure: failure,
    });
    expect(error!.suspects.slice(1).map(({ what, path }) => [what, path])).toEqual([
      ['version', '/properties/crust/type'],
      ['configuration', '/region'],
      ['forced', null],
      ['actor', null],
    ]);
  });

  it('come in the order of the clock of the database, whatever the clock of the replica was that gave an id', async () => {
    // By its start, and by its id.
    const at = (hoursAgo: number, idHoursAgo = hoursAgo) => ({
      ...{ id: idAt(HOURS_AGO(idHoursAgo)), startedAt: HOURS_AGO(hoursAgo), platform: 'clocks' },
    });
    const failed = (code: string) => ({ status: 'FAILED', errorCode: code, errorFingerprint: `clocks-${code}` });
    const lastGood = { ...at(0.7), typeKey: 'Changed', actor: 'joe' };
    const firstBad = { ...at(0.4), typeKey: 'Changed', actor: 'ann', ...failed('CHANGED') };
    await insertSyncs(sql, [
      // A replica that was ahead recorded the failure that is healed, and the success before the last one.
      { ...at(0.6, -0.3), typeKey: 'Healed', ...failed('HEALED') },
      { ...at(0.5), typeKey: 'Healed' },
      { ...at(0.8, 0.1), typeKey: 'Changed', actor: 'jane' },
      ...[lastGood, firstBad],
    ]);
    const { fingerprints } = await failures('platform=clocks&last=1h');
    const byCode = new Map(fingerprints.map((one) => [one.errorCode, one]));
    expect(byCode.get('HEALED')).toMatchObject({ state: 'resolved' });
    expect(byCode.get('CHANGED')!.suspects).toMatchObject([
      { what: 'actor', before: 'joe', after: 'ann', lastSuccess: lastGood.id, firstFailure: firstBad.id },
    ]);
  });

  it('keep one fingerprint for one error, also in the event, however it is recorded', async () => {
    const ids = [
      await push({ platform: 'print', typeKey: 'Hero' }, refused('Item 17 of Hero is locked')),
      await push({ platform: 'print', typeKey: 'Menu' }, refused('Item 4 of Menu is locked')),
    ];
    const { body } = await service.api('POST', '/sync', {
      ...{ platform: 'print', direction: 'PUSH', typeKey: 'Event', data: {}, actor: 'jane' },
      result: refused('Item 9 of Event is locked'),
    });
    const { fingerprints } = await failures('platform=print&last=1h');
    expect(fingerprints).toMatchObject([{ count: 3, message: 'Item … of … is locked' }]);
    for (const id of [...ids, (body as { id: string }).id]) {
      const shown = (await service.api('GET', `/sync/${id}`)).body as { errorFingerprint: string };
      expect(shown.errorFingerprint).toBe(fingerprints[0]!.fingerprint);
      const [event] = await sql<{ told: string }>(
        `select data ->> 'errorFingerprint' as told from sync_event where sync_id = $1 and type = 'sync.failed'`,
        [id],
      );
      expect(event!.told).toBe(fingerprints[0]!.fingerprint);
    }
  });

  it('can be muted: they are listed as that, and raise no pattern until then', async () => {
    const syncs = scenario(
      { seed: 9, noise: 0, from: HOURS_AGO(23), to: HOURS_AGO(1) },
      burst({ at: 0.5, syncs: 20, error: ERRORS.rate }),
    );
    await insertScenario(sql, { platform: 'mutes', environment: 'live' }, syncs);
    const before = await failures('platform=mutes');
    expect(before.patterns).toMatchObject([{ shape: 'rate-limiting', count: 20 }]);
    const { fingerprint } = before.fingerprints[0]!;
    const mute = { until: new Date(Date.now() + HOUR).toISOString(), reason: 'Known', actor: 'jane' };
    const path = `/sync/analytics/failures/${fingerprint}/mute`;
    expect(await service.api('PUT', path, mute)).toMatchObject({ status: 200, body: mute });
    const muted = await failures('platform=mutes');
    expect(muted.patterns).toEqual([]);
    expect(muted.fingerprints).toMatchObject([{ fingerprint, count: 20, muted: mute }]);
    const unmuted = () => fetch(`${service.url}/api/v1${path}`, { method: 'DELETE' });
    expect([(await unmuted()).status, (await unmuted()).status]).toEqual([204, 204]);
    expect(await failures('platform=mutes')).toMatchObject({
      patterns: before.patterns,
      fingerprints: [{ muted: null }],
    });
  });

  it.each([
    ['GET', '?last=soon', undefined, 'INVALID_REQUEST', 400],
    ['GET', '?last=1h&startDate=2026-01-01T00:00:00Z', undefined, 'INVALID_FILTER', 400],
    ['PUT', '/x/mute', { until: '2090-01-01', reason: 'r', actor: 'a' }, 'INVALID_REQUEST', 400],
    ['PUT', '/0123456789abcdef/mute', { until: '2090-01-01', reason: 'r', actor: 'a' }, 'FINGERPRINT_NOT_FOUND', 404],
    ['PUT', '/0123456789abcdef/mute', { until: '2020-01-01', reason: 'r', actor: 'a' }, 'INVALID_REQUEST', 400],
    ['PUT', '/0123456789abcdef/mute', { until: '2090-01-01', actor: 'a' }, 'INVALID_REQUEST', 400],
  ])('are not told, nor muted, by %s %s %j', async (method, path, body, code, status) => {
    expect(await service.api(method, `/sync/analytics/failures${path}`, body)).toMatchObject({
      status,
      body: { code },
    });
  });
});
