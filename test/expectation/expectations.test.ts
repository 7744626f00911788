import { encodeCursor } from '#http';
import { findings, sql } from '../support/fsck.ts';
import { readBothWays } from '../support/pages.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

interface Check {
  dueAt: string;
  countsFrom: string;
  nextDueAt: string;
  outcome: string;
  counted: number;
  firstSyncId: string | null;
  lastSyncId: string | null;
  lateAt: string | null;
  lateSyncId: string | null;
}
interface Expectation {
  id: string;
  name: string;
  nextAt: string | null;
  lastCheck: Check | null;
}
interface Health {
  platform: string;
  environment: string;
  health: string;
  cause: string;
  since: string | null;
  unmet: { count: number; since: string | null; items: { id: string; name: string; code: string; cause: string }[] };
}

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** So far from now that nothing is due while a test runs. */
const HOUR_DUE = (new Date().getUTCHours() + 12) % 24;
const NIGHTLY = {
  ...{ platform: 'shop', environment: 'production', name: 'nightly', actor: 'nightly', by: `30 ${HOUR_DUE} * * *` },
  ...{ timeZone: 'Europe/Berlin', withinMs: HOUR, reason: 'The editors start at three', createdBy: 'jane' },
};

let database: TestDatabase;
let services: TestApp[];

beforeEach(async () => {
  database = await createTestDatabase();
  const env = {
    DATABASE_URL: database.url,
    ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    ALERT_ALLOW_PRIVATE: 'true',
    ALERT_AFTER_MS: '0',
    ALERT_EVERY_MS: '100',
  };
  services = await Promise.all([startTestApp(env), startTestApp(env)]);
});
afterEach(async () => {
  for (const service of services) await service.close();
  await database.drop();
});

const api = (...request: Parameters<TestApp['api']>) => services[0]!.api(...request);
const add = async (expectation: object = {}) => {
  const { status, body } = await api('POST', '/expectations', { ...NIGHTLY, ...expectation });
  expect(status).toBe(201);
  return body as Expectation;
};
/** A sync that another system has made, so long ago. */
const record = async (agoMs: number, sync: object = {}, status = 'SUCCESS') => {
  const endedAt = new Date(Date.now() - agoMs);
  const { body } = await api('POST', '/sync', {
    ...{ platform: 'shop', environment: 'production', direction: 'PUSH', typeKey: 'Article', actor: 'nightly' },
    ...{ startedAt: new Date(endedAt.getTime() - 1_000).toISOString(), ...sync },
    result: {
      ...{ status, completedAt: endedAt.toISOString() },
      ...(status === 'FAILED' && { error: { code: 'DOWN', message: 'It is down' } }),
    },
  });
  return (body as { id: string }).id;
};
/** It was due so long ago. */
const makeDue = async (id: string, agoMs: number) => {
  const due = new Date(Date.now() - agoMs);
  await sql(database.url, 'update expectation set next_at = $2 where id = $1', [id, due]);
  return due.toISOString();
};
const checksOf = async (id: string) =>
  ((await api('GET', `/expectations/${id}/checks`)).body as { items: Check[] }).items;
const checked = async (id: string, agoMs: number) => {
  const dueAt = await makeDue(id, agoMs);
  return until('it is checked', async () => (await checksOf(id)).find((check) => check.dueAt === dueAt));
};
const health = async (environment = 'production') => {
  const { body } = await api('GET', '/sync/health');
  return (body as { items: Health[] }).items.find((target) => target.environment === environment);
};
const alerts = async () => ((await api('GET', '/alerts')).body as { items: { type: string }[] }).items;

describe('an expectation', () => {
  it('is met by the syncs that succeeded in its time, and says which', async () => {
    const { id, ...made } = await add({ atLeast: 2 });
    expect(made).toMatchObject({ ...NIGHTLY, direction: 'PUSH', atLeast: 2, typeKey: null, lastCheck: null });
    const hour = new Date(made.nextAt!).toLocaleTimeString('de', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
    expect(hour).toBe(`${String(HOUR_DUE).padStart(2, '0')}:30`);
    const first = await record(40 * MINUTE);
    const last = await record(30 * MINUTE, { typeKey: 'Bread' });
    // None of these counts.
    await record(2 * HOUR);
    await record(MINUTE);
    await record(35 * MINUTE, { actor: 'jane' });
    await record(35 * MINUTE, { direction: 'PULL' });
    await record(35 * MINUTE, { environment: 'staging' });
    await record(35 * MINUTE, {}, 'FAILED');
    const check = await checked(id, 10 * MINUTE);
    expect(check).toMatchObject({ outcome: 'MET', counted: 2, firstSyncId: first, lastSyncId: last, lateAt: null });
    expect(Date.parse(check.dueAt) - Date.parse(check.countsFrom)).toBe(HOUR);
    const { body } = await api('GET', `/expectations/${id}`);
    expect(body).toMatchObject({ lastCheck: check, nextAt: check.nextDueAt });
    expect(Date.parse(check.nextDueAt)).toBeGreaterThan(Date.now());
    expect(await health()).toMatchObject({ health: 'HEALTHY', unmet: { count: 0, since: null, items: [] } });
    expect(await findings(database.url)).toEqual([]);
  });

  it('counts only what each of its members says', async () => {
    const trigger = { name: 'trigger', actor: undefined, trigger: 'CLI' };
    const type = { name: 'type', actor: undefined, typeKey: 'Bread' };
    const kind = { name: 'kind', actor: undefined, kind: 'propertyGroup' };
    const pull = { name: 'pull', actor: undefined, direction: 'PULL' };
    const ids = await Promise.all([trigger, type, kind, pull].map(async (only) => (await add(only)).id));
    await record(40 * MINUTE, { trigger: 'CLI' });
    await record(40 * MINUTE, { typeKey: 'Bread' });
    await record(40 * MINUTE, { typeKey: 'Bread' });
    await record(40 * MINUTE, { direction: 'PULL' });
    const found = await Promise.all(ids.map((id) => checked(id, 10 * MINUTE)));
    expect(found.map(({ outcome, counted }) => [outcome, counted])).toEqual([
      ['MET', 1],
      ['MET', 2],
      ['MISSED', 0],
      ['MET', 1],
    ]);
  });

  it('that is missed raises the condition and one alert, and clears it with another one when it is late', async () => {
    const { id } = await add();
    const missed = await checked(id, 10 * MINUTE);
    expect(missed).toMatchObject({ outcome: 'MISSED', counted: 0, firstSyncId: null, lastSyncId: null });
    const clock = new Date(missed.dueAt).toLocaleString('sv', {
      ...{ timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'short' },
    });
    const cause = `The expectation "nightly" is not met: by ${clock} Europe/Berlin, at least 1 push by "nightly" had to succeed, and none did.`;
    // Nothing was ever sent there: the target shows all the same.
    expect(await health()).toMatchObject({
      ...{ platform: 'shop', health: 'STALE', cause, since: missed.dueAt },
      unmet: { count: 1, items: [{ id, name: 'nightly', code: 'EXPECTATION_MISSED', cause, dueAt: missed.dueAt }] },
    });
    await until('somebody is told', async () => (await alerts()).length > 0);
    expect(await alerts()).toMatchObject([
      { type: 'health.alert', payload: { data: { platform: 'shop', health: 'STALE', cause } } },
    ]);

    const syncId = await record(MINUTE);
    const late = await until('it is late', async () => (await checksOf(id)).find(({ outcome }) => outcome === 'LATE'));
    expect(late).toMatchObject({ dueAt: missed.dueAt, counted: 0, lateSyncId: syncId });
    expect(Date.parse(late.lateAt!)).toBeGreaterThan(Date.parse(missed.dueAt));
    expect(await health()).toMatchObject({ health: 'HEALTHY', unmet: { count: 0 } });
    await until('the end is told', async () => (await alerts()).length > 1);
    expect(await alerts()).toMatchObject([{ type: 'health.recovery' }, { type: 'health.alert' }]);
  });

  it('with too few syncs names how many are missing, and a report says the same of its time', async () => {
    const { id } = await add({ atLeast: 3, actor: undefined, typeKey: 'Article' });
    await record(40 * MINUTE);
    const last = await record(39 * MINUTE);
    const check = await checked(id, 10 * MINUTE);
    expect(check).toMatchObject({ outcome: 'TOO_FEW', counted: 2, lastSyncId: last });
    const cause = /at least 3 pushes of "Article" had to succeed, and 2 did\.$/;
    expect(await health()).toMatchObject({
      health: 'STALE',
      cause: expect.stringMatching(cause),
      unmet: { items: [{ code: 'EXPECTATION_TOO_FEW' }] },
    });
    const reportTo = async (agoMs: number) => {
      const [startDate, endDate] = [HOUR, 0].map((more) => new Date(Date.now() - agoMs - more).toISOString());
      const request = { platform: 'shop', environment: 'production', actor: 'jane', startDate, endDate };
      const { body } = await api('POST', '/sync/health-reports', request);
      return body as { health: string; cause: string; recommendations: { rule: string; evidence: string[] }[] };
    };
    await sql(database.url, `update expectation set created_at = created_at - interval '1 day'`);
    const now = await reportTo(0);
    expect(now).toMatchObject({ health: 'STALE', cause: expect.stringMatching(cause) });
    expect(now.recommendations.find(({ rule }) => rule === 'meet-expectations')).toMatchObject({ evidence: [last] });
    expect(await reportTo(20 * MINUTE)).toMatchObject({ health: 'HEALTHY' });
    await record(MINUTE);
    await until('it is late', async () => (await health())!.unmet.count === 0);
    // What a report says of a time stays so.
    expect(await reportTo(5 * MINUTE)).toMatchObject({ health: 'STALE' });
  });

  it('that is not fulfilled before it is due again stays missed, and the next check decides', async () => {
    const { id } = await add({ by: '*/5 * * * *', withinMs: MINUTE });
    const dueAt = Date.now() - 12 * MINUTE;
    const nextDueAt = Math.ceil(dueAt / (5 * MINUTE)) * 5 * MINUTE;
    // Too late for this one, and half a minute late for the next.
    await record(Date.now() - nextDueAt - MINUTE / 2);
    const missed = await checked(id, Date.now() - dueAt);
    expect(missed).toMatchObject({ outcome: 'MISSED', nextDueAt: new Date(nextDueAt).toISOString() });
    const outcomes = async () => Object.fromEntries((await checksOf(id)).map(({ dueAt, outcome }) => [dueAt, outcome]));
    await until('the next is late', async () => (await outcomes())[missed.nextDueAt] === 'LATE');
    expect((await outcomes())[missed.dueAt]).toBe('MISSED');
    // And there was nothing for the one after it.
    expect((await checksOf(id))[0]).toMatchObject({ outcome: 'MISSED' });
    expect(await health()).toMatchObject({ health: 'STALE', unmet: { count: 1 } });
  });

  it('is checked once at each time that was missed, whatever the number of replicas', async () => {
    const { id } = await add({ by: '*/10 * * * *', withinMs: MINUTE });
    await makeDue(id, 3 * HOUR + 5 * MINUTE);
    const all = await until('it is checked up to now', async () => {
      const { body } = await api('GET', `/expectations/${id}`);
      return Date.parse((body as Expectation).nextAt!) > Date.now() && (await checksOf(id));
    });
    // One at the time that the test has set, then every ten minutes.
    expect(all.length).toBeGreaterThanOrEqual(19);
    const gaps = all.slice(0, -2).map(({ dueAt }, index) => Date.parse(dueAt) - Date.parse(all[index + 1]!.dueAt));
    expect(new Set(gaps)).toEqual(new Set([10 * MINUTE]));
    const read = await readBothWays<Check>(async (cursor = '') => {
      const { body } = await api('GET', `/expectations/${id}/checks?limit=5${cursor && `&cursor=${cursor}`}`);
      return body;
    });
    expect(read).toEqual(all);
  });

  it('of a service that was away for long goes on a week ago', async () => {
    const { id } = await add({ withinMs: MINUTE });
    await makeDue(id, 60 * 24 * HOUR);
    await until('it is checked up to now', async () => {
      const { body } = await api('GET', `/expectations/${id}`);
      return Date.parse((body as Expectation).nextAt!) > Date.now();
    });
    expect((await checksOf(id)).length).toBeLessThanOrEqual(8);
    expect((await checksOf(id)).length).toBeGreaterThanOrEqual(6);
  });

  it('is no ground of a condition any more when it has ended, and stays with its checks', async () => {
    const { id } = await add();
    await checked(id, 10 * MINUTE);
    expect((await health())!.unmet.count).toBe(1);
    await until('somebody is told', async () => (await alerts()).length > 0);
    const end = () => api('POST', `/expectations/${id}/end`, { actor: 'joe', reason: 'The job is gone' });
    expect((await end()).body).toMatchObject({ endedBy: 'joe', endReason: 'The job is gone', nextAt: null });
    const again = await end();
    expect([again.status, again.body]).toMatchObject([409, { code: 'EXPECTATION_ENDED' }]);
    expect(await health()).toBeUndefined();
    // The target is not in the list any more, and yet its recovery is told.
    await until('the end is told', async () => (await alerts()).length > 1);
    expect(await alerts()).toMatchObject([{ type: 'health.recovery' }, { type: 'health.alert' }]);
    const other = await add();
    const listed = async (query: string) =>
      ((await api('GET', `/expectations?platform=shop&${query}`)).body as { items: Expectation[] }).items;
    expect((await listed('')).map((one) => one.id)).toEqual([other.id, id]);
    expect(await listed('inForce=false')).toMatchObject([{ id, lastCheck: { outcome: 'MISSED' } }]);
    expect(await listed('inForce=true&environment=production')).toMatchObject([{ id: other.id, lastCheck: null }]);
    expect(await listed('environment=staging')).toEqual([]);
  });

  it('is refused with the reason where it could never be checked', async () => {
    const refused = async (expectation: object) => {
      const { status, body } = await api('POST', '/expectations', { ...NIGHTLY, ...expectation });
      return [status, (body as { code: string }).code];
    };
    for (const wrong of [
      { atLeast: 0 },
      { atLeast: 1.5 },
      { atLeast: '1' },
      { name: 'n'.repeat(101) },
      { name: '' },
      { withinMs: 0 },
      { withinMs: 32 * 24 * HOUR },
      { direction: 'BOTH' },
      { trigger: 'MAGIC' },
      { reason: undefined },
      { createdBy: null },
      { surprise: true },
    ]) {
      expect([wrong, await refused(wrong)]).toEqual([wrong, [400, 'INVALID_REQUEST']]);
    }
    expect(await refused({ by: '30 2 * *' })).toEqual([400, 'INVALID_CRON']);
    expect(await refused({ by: '0 0 31 2 *' })).toEqual([400, 'INVALID_CRON']);
    expect(await refused({ timeZone: 'Mars/Base' })).toEqual([400, 'UNKNOWN_TIME_ZONE']);
    await add();
    expect(await refused({})).toEqual([409, 'EXPECTATION_EXISTS']);
    const unknown = '/expectations/019a5f0e-7c11-7aaa-8000-000000000000';
    for (const path of [unknown, `${unknown}/checks`]) {
      expect(await api('GET', path)).toMatchObject({ status: 404, body: { code: 'EXPECTATION_NOT_FOUND' } });
    }
    const { id } = await add({ name: 'other' });
    for (const key of ['never', '2026-99-99T00:00:00.000Z']) {
      const cursor = encodeURIComponent(encodeCursor(['next', key]));
      const answer = await api('GET', `/expectations/${id}/checks?cursor=${cursor}`);
      expect([key, answer.status, answer.body]).toMatchObject([key, 400, { code: 'INVALID_CURSOR' }]);
    }
  });

  it('is one of at most a thousand, also where several are created at once', async () => {
    const { id } = await add();
    await sql(
      database.url,
      `insert into expectation (id, platform, environment, name, direction, at_least, cron, time_zone, within_ms, reason,
         created_by, next_at)
       select gen_random_uuid(), platform, environment, n::text, direction, at_least, cron, time_zone, within_ms, reason,
         created_by, next_at
       from expectation, generate_series(1, 997) n where id = $1`,
      [id],
    );
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => api('POST', '/expectations', { ...NIGHTLY, name: `extra ${index}` })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({ code: 'TOO_MANY_EXPECTATIONS' });
    // All of them are due at once: each is checked, and the condition names a few.
    await sql(
      database.url,
      `update expectation set next_at = date_trunc('milliseconds', clock_timestamp()) - interval '1 minute'`,
    );
    const unmet = await until(
      'all are checked',
      async () => {
        const target = await health();
        return target?.unmet.count === 1_000 && target;
      },
      60_000,
    );
    expect(unmet.unmet.items).toHaveLength(10);
    expect(unmet.cause).toMatch(/ 997 more expectations are not met\.$/);
    expect(unmet.cause.length).toBeLessThan(1_000);
  }, 120_000);
});
