import { deploy } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { idAt } from '../support/random-history.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

interface Found {
  count: number;
  since: string | null;
  syncIds: string[];
  href: string;
}
interface Health {
  health: string;
  cause: string;
  evidence: string[];
  drift: Found | null;
  absent: Found | null;
  unknown: Found | null;
  observedAt: string | null;
}

const POSTS = { method: 'POST', path: '/manifest' };
const GETS = { method: 'GET', path: '/manifest' };
const HOUR = 3_600_000;

let cms: SimulatedCms;
let service: TestApp;

beforeEach(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000' });
});
afterEach(async () => {
  await service.close();
  await cms.close();
});

const put = (typeKey: string, displayName: string) =>
  service.api('PUT', `/content-types/${typeKey}?author=jane`, { key: typeKey, baseType: '_component', displayName });
const send = (...typeKeys: string[]) => deploy(service.api, { items: typeKeys.map((typeKey) => ({ typeKey })) });
const pull = () => service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
const health = async () => {
  const { body } = await service.api('GET', '/sync/health');
  return (body as { items: Health[] }).items[0]!;
};
/** The items that the address of a count lists. */
const listed = async ({ href }: Found) => {
  const { body } = await service.api('GET', href.replace('/api/v1', ''));
  return (body as { items: { typeKey: string; syncId: string }[] }).items;
};
const keysOf = (items: { typeKey: string }[]) => items.map(({ typeKey }) => typeKey);
/** A report that ends at this time, and the one that the analytics make of it. */
const reportedAt = async (end: Date) => {
  const [startDate, endDate] = [new Date(end.getTime() - HOUR).toISOString(), end.toISOString()];
  const request = { platform: 'optimizely', actor: 'jane', startDate, endDate };
  const { body } = await service.api('POST', '/sync/health-reports', request);
  return body as Health & { recommendations: { rule: string }[] };
};

it('counts the items that others changed and removed, and lists them', async () => {
  for (const typeKey of ['Article', 'Bread', 'Gone']) await put(typeKey, 'first');
  await send('Article', 'Bread', 'Gone');
  expect(await health()).toMatchObject({ drift: { count: 0 }, unknown: { count: 0 }, observedAt: null });
  await cms.reset();
  await send('Article', 'Bread');
  await cms.edit('Bread', 'mallory', { displayName: 'by hand' });
  const asked = new Date().toISOString();
  await pull();
  const found = await health();
  expect(found).toMatchObject({
    health: 'DEGRADED',
    cause: '2 items differ from what was last sent to the target; the target lacks 1 of them.',
    ...{ drift: { count: 2 }, absent: { count: 1 }, unknown: { count: 0, since: null, syncIds: [] } },
  });
  expect(found.observedAt! >= asked).toBe(true);
  expect(found.drift!.since! >= asked).toBe(true);
  const drift = await listed(found.drift!);
  expect(keysOf(drift)).toEqual(['Bread', 'Gone']);
  expect(found.evidence.toSorted()).toEqual(drift.map(({ syncId }) => syncId).sort());
  expect(keysOf(await listed(found.absent!))).toEqual(['Gone']);
  expect(keysOf(await listed(found.unknown!))).toEqual([]);

  await send('Bread');
  expect(await health()).toMatchObject({
    ...{ drift: { count: 1 }, absent: { count: 1 }, cause: 'The target lacks 1 item that was sent to it.' },
  });
  expect(await findings(service.databaseUrl)).toEqual([]);
});

it('does not miss what is retired', async () => {
  for (const typeKey of ['Article', 'Gone']) await put(typeKey, 'first');
  await send('Article', 'Gone');
  await cms.reset();
  await send('Article');
  await pull();
  expect(await health()).toMatchObject({ health: 'DEGRADED', absent: { count: 1 } });
  const request = { actor: 'jane', reason: 'Nobody uses it' };
  await service.api('POST', '/content-types/Gone/retire', request);
  expect(await health()).toMatchObject({ health: 'HEALTHY', drift: { count: 0 }, absent: { count: 0 } });
  expect((await service.api('GET', '/live')).body).toMatchObject({ drift: 0, absent: 1 });
  await service.api('POST', '/content-types/Gone/reinstate', request);
  expect(await health()).toMatchObject({ health: 'DEGRADED', drift: { count: 1 }, absent: { count: 1 } });
});

it('does not count drift that rules expect, and its list does not have it either', async () => {
  for (const typeKey of ['Article', 'Bread']) await put(typeKey, 'first');
  await send('Article', 'Bread');
  for (const key of ['Article', 'Bread']) await cms.edit(key, 'mallory', { displayName: 'by hand' });
  await pull();
  expect(await health()).toMatchObject({ health: 'DEGRADED', drift: { count: 2 } });
  const rule = { actor: 'jane', reason: 'tried', ignore: ['/displayName'], until: '2090-01-01' };
  await service.api('POST', '/drift/rules', { ...rule, typeKey: 'Article' });
  const found = await health();
  expect(found).toMatchObject({ health: 'DEGRADED', drift: { count: 1 } });
  expect(keysOf(await listed(found.drift!))).toEqual(['Bread']);
  await service.api('POST', '/drift/rules', { ...rule, typeKey: 'Bread' });
  expect(await health()).toMatchObject({ health: 'HEALTHY', drift: { count: 0 } });
});

it('counts the items of which nobody knows what stands there, until somebody does', async () => {
  await put('Dark', 'first');
  await send('Dark');
  await put('Dark', 'second');
  await cms.strike(
    { kind: 'reset-after', untilReset: true, match: POSTS },
    { kind: 'reset-before', untilReset: true, match: GETS },
  );
  await send('Dark');
  const found = await health();
  expect(found).toMatchObject({
    ...{ health: 'DEGRADED', cause: expect.stringContaining('The state of 1 item is unknown. A pull shows it.') },
    unknown: { count: 1 },
    drift: { count: 0 },
  });
  const dark = await listed(found.unknown!);
  expect(keysOf(dark)).toEqual(['Dark']);
  expect(found.unknown!.syncIds).toEqual(dark.map(({ syncId }) => syncId));
  await cms.strike();
  await until('the outcome is known', async () => {
    const { body } = await service.api('GET', '/sync/analytics?report=false');
    return (body as { outcomes: { unknown: number } }).outcomes.unknown === 0;
  });
  expect(await health()).toMatchObject({ unknown: { count: 0 }, drift: { count: 0 } });
});

it('reports the state at the end of the interval, whatever came later', async () => {
  await put('Article', 'ours');
  await put('Gone', 'ours');
  await send('Article', 'Gone');
  const before = new Date();
  await cms.reset();
  await send('Article');
  await cms.edit('Article', 'mallory', { displayName: 'by hand' });
  await pull();
  const changed = new Date();
  // What stands there becomes ours: the live state stays as it is, and is no drift any more.
  await put('Article', 'by hand');
  await send('Article', 'Gone');
  await put('Gone', 'newer');
  await send('Gone');
  const after = new Date();
  const none = { drift: { count: 0 }, absent: { count: 0 }, unknown: { count: 0 } };
  expect(await reportedAt(after)).toMatchObject(none);
  const report = await reportedAt(changed);
  expect(report).toMatchObject({ drift: { count: 2 }, absent: { count: 1 }, unknown: { count: 0 } });
  expect(report.recommendations).toContainEqual(expect.objectContaining({ rule: 'settle-differences' }));
  expect(report.observedAt! <= changed.toISOString()).toBe(true);
  expect(await reportedAt(before)).toMatchObject({ ...none, observedAt: null });
});

it('answers without the counts while the live state is being made', async () => {
  await put('Article', 'first');
  await send('Article');
  const sql = await connectSql(service.databaseUrl);
  // Nothing that is folded from now on is kept.
  await sql(`
    create function stay() returns trigger language plpgsql as $$ begin new.last := old.last; return new; end $$;
    create trigger stay before update on live_position for each row execute function stay()`);
  await sql(`select add_service_event($1, gen_random_uuid(), 'epoch.began', '{}')`, [idAt(new Date())]);
  expect(await health()).toMatchObject({
    health: 'HEALTHY',
    drift: null,
    absent: null,
    unknown: null,
    observedAt: null,
  });
  await sql('drop trigger stay on live_position');
  await sql.close();
  await until('the live state is made', async () => (await health()).drift !== null);
}, 60_000);
