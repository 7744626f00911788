import { LiveProjector, LiveReader } from '#live';
import { PlatformRegistry } from '#platform';
import { HistoryRebuilder } from '#projection';
import { deploy, pushBeside, removeBeside } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { MemoryShop } from '../support/memory-shop.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

interface Sync {
  id: string;
  typeKey: string;
  status: string;
  outcome: string | null;
  evidence: string | null;
  errorCode: string | null;
  retryCount: number;
  metadata: Record<string, unknown> | null;
}

const DELETES = { method: 'DELETE' };
const GETS = { method: 'GET', path: '/manifest' };
const ASKED = { actor: 'jane', reason: 'It shall be gone' };

let cms: SimulatedCms;
let service: TestApp;

beforeEach(async () => {
  cms = await startSimulatedCms();
  service = await start();
});
afterEach(async () => {
  try {
    await expectSameAfterRebuild();
  } finally {
    await service.close();
    await cms.close();
  }
});

const start = (env: NodeJS.ProcessEnv = {}) =>
  startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000', ...env }, {}, '127.0.0.1', [MemoryShop]);
const restart = async (env: NodeJS.ProcessEnv) => {
  await service.close();
  service = await start(env);
};
async function expectSameAfterRebuild(): Promise<void> {
  const live = service.app.get(LiveProjector);
  await live.catchUp();
  expect(await findings(service.databaseUrl)).toEqual([]);
  const before = await liveRows();
  expect(await service.app.get(HistoryRebuilder).rebuild()).toMatchObject({ corrected: 0, added: 0 });
  await live.rebuild();
  expect(await liveRows()).toEqual(before);
}
async function liveRows() {
  const sql = await connectSql(service.databaseUrl);
  const rows = await sql('select * from live_state order by platform, environment, kind, type_key');
  const history = await sql('select * from live_state_history order by position');
  await sql.close();
  return { rows, history };
}

const OPTIMIZELY = 'platform=optimizely';
const put = async (typeKey: string, displayName = 'v1') => {
  const definition = { key: typeKey, baseType: '_component', displayName };
  await service.api('PUT', `/content-types/${typeKey}?author=jane&${OPTIMIZELY}`, definition);
};
const setUp = async (...typeKeys: string[]) => {
  for (const typeKey of typeKeys) await put(typeKey);
  await deploy(service.api, { items: typeKeys.map((typeKey) => ({ typeKey })) });
};
const push = (typeKey: string) => pushBeside(service, typeKey);
const remove = (...typeKeys: string[]) =>
  removeBeside(
    service,
    typeKeys.map((typeKey) => ({ typeKey })),
  );
const pull = () => service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
const live = async (typeKey: string, query = '') => {
  const { body } = await service.api('GET', `/live?${OPTIMIZELY}&${query}`);
  return (body as { items: { typeKey: string; state: string }[] }).items.find((item) => item.typeKey === typeKey);
};
const syncs = async (query: string) =>
  ((await service.api('GET', `/sync/history?${query}`)).body as { items: Sync[] }).items;
const removalOf = async (typeKey: string) => (await syncs(`typeKey=${typeKey}&direction=PUSH&limit=1`))[0]!;
const held = async (typeKey: string) => {
  const types = (await (await fetch(`${cms.url}/_sandbox/content-types`)).json()) as { key: string }[];
  return types.some(({ key }) => key === typeKey);
};
const content = (typeKey: string, count: number) =>
  fetch(`${cms.url}/_sandbox/content-instances/${typeKey}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count }),
  });
const deletions = async () => (await cms.calls()).filter(({ method }) => method === 'DELETE').map(({ path }) => path);
const at = () => new Date().toISOString();
const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a removal', () => {
  it('that is applied leaves nothing there, and no drift, also when a pull does not find the item', async () => {
    await setUp('Gone', 'Kept');
    await moment();
    const before = at();
    await moment();
    expect((await remove('Gone')).items).toMatchObject([{ typeKey: 'Gone', status: 'SUCCESS' }]);
    expect(await removalOf('Gone')).toMatchObject({
      ...{ direction: 'PUSH', removal: true, status: 'SUCCESS', outcome: 'APPLIED', evidence: 'ANSWERED' },
      ...{ pushedDigest: null, versionHash: null, statusCode: 200 },
    });
    expect(await live('Gone')).toMatchObject({
      state: 'ABSENT',
      versionHash: null,
      evidence: 'ANSWERED',
      drift: false,
    });
    await pull();
    expect(await live('Gone')).toMatchObject({ state: 'ABSENT', drift: false });
    expect(await live('Gone', `at=${before}`)).toMatchObject({ state: 'PRESENT' });
    expect(await live('Kept')).toMatchObject({ state: 'PRESENT', drift: false });
    const where = await service.api('GET', `/content-types/Gone/where?${OPTIMIZELY}`);
    expect(where.body).toMatchObject({ items: [], absent: [{ state: 'ABSENT' }], unknown: [] });
    type Counted = { count: number } | null;
    const { items } = (await service.api('GET', '/sync/health')).body as {
      items: Record<'drift' | 'absent', Counted>[];
    };
    expect([items[0]!.drift?.count ?? 0, items[0]!.absent?.count ?? 0]).toEqual([0, 0]);
    const target = { platform: 'optimizely', environment: 'default' };
    for (const time of [undefined, new Date()]) {
      const [found] = await service.app.get(LiveReader).outOfSync([target], time);
      expect(found).toMatchObject({ drift: [], unknown: [] });
    }
  });

  it('that is refused changes nothing, and stops none of the others', async () => {
    await setUp('Used', 'Free');
    await content('Used', 2);
    expect((await remove('Used', 'Free', 'BlankSection')).items).toMatchObject([
      { typeKey: 'BlankSection', status: 'FAILED', error: { code: 'BUILT_IN_TYPE' } },
      { typeKey: 'Used', status: 'FAILED', error: { code: 'CONFLICT' } },
      { typeKey: 'Free', status: 'SUCCESS' },
    ]);
    expect(await removalOf('Used')).toMatchObject({
      ...{ removal: true, status: 'FAILED', outcome: 'NOT_APPLIED', evidence: 'ANSWERED', statusCode: 409 },
      errorMessage: expect.stringContaining('content instances of this type exist'),
    });
    expect(await live('Used')).toMatchObject({ state: 'PRESENT', number: 1 });
    expect(await live('Free')).toMatchObject({ state: 'ABSENT' });
    expect((await deletions()).map((path) => path.split('/').at(-1))).toEqual(['Used', 'Free']);
  });

  it('of what is not there is a success', async () => {
    await remove('Never');
    expect(await removalOf('Never')).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED', statusCode: 404 });
    expect(await live('Never')).toMatchObject({ state: 'ABSENT', drift: false });
  });

  it('deletes what refers to other items before them', async () => {
    const manifest = {
      propertyGroups: [{ key: 'seo', displayName: 'SEO' }],
      contentTypes: [{ key: 'Hero', displayName: 'Hero', baseType: '_component' }],
      displayTemplates: [{ key: 'HeroCard', displayName: 'Card', contentType: 'Hero' }],
    };
    await service.api('POST', `/content-types/import?${OPTIMIZELY}`, manifest);
    await deploy(service.api);
    const items = [
      { kind: 'propertyGroup', typeKey: 'seo' },
      { kind: 'contentType', typeKey: 'Hero' },
      { kind: 'displayTemplate', typeKey: 'HeroCard' },
    ];
    expect((await removeBeside(service, items)).items.map(({ status }) => status)).toEqual(Array(3).fill('SUCCESS'));
    const paths = (await deletions()).map((path) => path.replace(/.*\/v1/, ''));
    expect(paths).toEqual(['/displaytemplates/HeroCard', '/contenttypes/Hero', '/propertygroups/seo']);
    await pull();
    const { body } = await service.api('GET', `/live?${OPTIMIZELY}&state=ABSENT`);
    expect(body).toMatchObject({ absent: 3, present: 0, drift: 0 });
  });

  it('is tried again, each item by itself', async () => {
    await setUp('One', 'Two', 'Three');
    await content('One', 1);
    await cms.strike({ kind: 'status', status: 503, call: 2, match: DELETES });
    await remove('One', 'Two', 'Three');
    expect((await deletions()).map((path) => path.split('/').at(-1))).toEqual(['One', 'Two', 'Three', 'Two']);
    const all = await syncs('direction=PUSH&trigger=API&sort=startedAt');
    expect(all.map(({ typeKey, status, outcome, retryCount }) => [typeKey, status, outcome, retryCount])).toEqual([
      ['One', 'FAILED', 'NOT_APPLIED', 0],
      ['Two', 'SUCCESS', 'APPLIED', 1],
      ['Three', 'SUCCESS', 'APPLIED', 0],
    ]);
    const { body } = await service.api('GET', `/sync/${all[1]!.id}/events`);
    expect((body as { items: { type: string }[] }).items.map(({ type }) => type)).toEqual([
      'sync.recorded',
      'attempt.failed',
      'sync.succeeded',
    ]);
  });

  it.each([
    ['a 429', [{ kind: 'status', status: 429, match: DELETES }], ['One', 'One', 'Two', 'Three']],
    [
      'two calls without an answer',
      [{ kind: 'reset-before', calls: 2, match: DELETES }],
      ['One', 'Two', 'One', 'Two', 'Three'],
    ],
    ['a refused token', [{ kind: 'status', status: 401, calls: 2, match: DELETES }], ['One', 'One']],
  ])('leaves the rest to the next attempt after %s', async (_what, faults, expected) => {
    await setUp('One', 'Two', 'Three');
    await cms.strike(...faults);
    await remove('One', 'Two', 'Three').catch(() => undefined);
    expect((await deletions()).map((path) => path.split('/').at(-1))).toEqual(expected);
    const ends = new Set(
      (await syncs('direction=PUSH&trigger=API')).map(({ status, outcome }) => `${status} ${outcome}`),
    );
    expect(ends).toEqual(new Set([expected.length > 2 ? 'SUCCESS APPLIED' : 'FAILED NOT_APPLIED']));
  });

  it('that is not wanted any more tells what has left, and sends nothing else', async () => {
    await setUp('First', 'Later');
    let asked = 0;
    // Before the attempt, and twice for each item.
    const isWanted = () => Promise.resolve((asked += 1) <= 3);
    const context = { environment: 'default', actor: 'ann', trigger: 'API' as const, isWanted };
    const items = [{ typeKey: 'First' }, { typeKey: 'Later' }];
    const adapter = service.app.get(PlatformRegistry).get('optimizely');
    expect((await adapter.remove!({ items, context })).items).toMatchObject([
      { typeKey: 'First', status: 'SUCCESS' },
      { typeKey: 'Later', status: 'FAILED', error: { code: 'NOT_SENT' } },
    ]);
    expect(await deletions()).toHaveLength(1);
    expect(await removalOf('Later')).toMatchObject({ outcome: 'NOT_APPLIED', evidence: null });
    expect(await live('First')).toMatchObject({ state: 'ABSENT' });
    expect(await live('Later')).toMatchObject({ state: 'PRESENT' });
  });

  it("is nobody's change: an adoption leaves the item in the catalogue", async () => {
    await setUp('Mine');
    await cms.strike({ kind: 'reset-after', untilReset: true, match: DELETES });
    await remove('Mine');
    expect(await live('Mine')).toMatchObject({ state: 'ABSENT', evidence: 'OBSERVED' });
    const request = { actor: 'jane', reason: 'All of it', includeRemoved: true };
    const { status, body } = await service.api('POST', '/platforms/optimizely/adopt', request);
    expect({ status, body }).toMatchObject({ status: 200, body: { retired: [], left: [] } });
  });

  it('is shown by everything that shows a sync, though it sent nothing', async () => {
    await setUp('Shown');
    await remove('Shown');
    const { id } = await removalOf('Shown');
    const all = 'include=events&include=version&include=deployment&include=replays';
    expect((await service.api('GET', `/sync/${id}?${all}`)).body).toMatchObject({
      ...{ removal: true, version: null, deployment: null, replays: [] },
      events: [{ type: 'sync.recorded', data: { removal: true, direction: 'PUSH' } }, { type: 'sync.succeeded' }],
    });
    expect((await service.api('GET', `/sync/${id}/snapshot`)).body).toMatchObject({
      sent: null,
      received: { content: { key: 'Shown' } },
    });
    expect(await service.api('GET', `/sync/${id}/diff`)).toMatchObject({ status: 404, body: { code: 'NO_CONTENT' } });
    expect((await service.api('GET', `/sync/${id}/status`)).body).toMatchObject({ status: 'SUCCESS' });
    const [first] = await syncs('typeKey=Shown&sort=startedAt');
    expect(first).toMatchObject({ removal: null, status: 'SUCCESS' });
    for (const [format, mark] of [
      ['csv', ',PUSH,t,'],
      ['ndjson', '"removal":true'],
    ] as const) {
      const answer = await fetch(`${service.url}/api/v1/sync/history/export?format=${format}&typeKey=Shown`);
      expect(await answer.text()).toContain(mark);
    }
    const { body } = await service.api('GET', '/sync/analytics?report=false');
    expect(body).toMatchObject({ outcomes: { applied: 2, unknown: 0 } });
    await put('Shown', 'v2');
    await deploy(service.api, { items: [{ typeKey: 'Shown' }] });
    const after = await removalOf('Shown');
    expect((await service.api('GET', `/sync/${after.id}/diff`)).body).toMatchObject({ against: first!.id });
    expect(await live('Shown')).toMatchObject({ state: 'PRESENT', number: 2, drift: false });
  });
});

describe('a removal in doubt', () => {
  it('was applied when the item is gone that was there before', async () => {
    await setUp('Lost');
    await cms.strike({ kind: 'reset-after', untilReset: true, match: DELETES });
    expect((await remove('Lost')).items).toMatchObject([{ status: 'SUCCESS' }]);
    expect(await removalOf('Lost')).toMatchObject({
      ...{ status: 'SUCCESS', outcome: 'APPLIED', evidence: 'OBSERVED', errorCode: null },
      metadata: { resolvedBy: 'read-back', held: null },
    });
    expect(await live('Lost')).toMatchObject({ state: 'ABSENT', evidence: 'OBSERVED', drift: false });
  });

  it('was applied when there is no item at the end of the time, whatever was there before', async () => {
    await cms.strike({ kind: 'reset-before', untilReset: true, match: DELETES });
    await remove('Nothing');
    expect(await removalOf('Nothing')).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED', evidence: 'OBSERVED' });
    // What is gone already says nothing of a removal that may still be on its way.
    expect((await syncs('typeKey=Nothing&direction=PULL')).length).toBeGreaterThan(1);
  });

  it.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a 503 again and again', { kind: 'status', status: 503 }],
    ['a connection that is cut before', { kind: 'reset-before' }],
    ['a 202', { kind: 'status', status: 202 }],
    ['a 404 of somebody else', { kind: 'status', status: 404, body: 'no such page' }],
  ])('was not applied when the platform still holds what it held: %s', async (_what, fault) => {
    await setUp('Kept');
    await cms.strike({ ...fault, untilReset: true, match: DELETES });
    await remove('Kept').catch(() => undefined);
    const removal = await removalOf('Kept');
    expect(removal).toMatchObject({ status: 'FAILED', outcome: 'NOT_APPLIED', evidence: 'OBSERVED' });
    expect(await live('Kept')).toMatchObject({ state: 'PRESENT', number: 1, drift: false });
  });

  it('is unknown where something else is there', async () => {
    await setUp('Other');
    await cms.edit('Other', 'colleague', { displayName: 'by hand' });
    await cms.strike({ kind: 'reset-before', untilReset: true, match: DELETES });
    await remove('Other').catch(() => undefined);
    expect(await removalOf('Other')).toMatchObject({ status: 'FAILED', outcome: 'UNKNOWN', evidence: null });
    expect(await live('Other')).toMatchObject({ state: 'PRESENT', evidence: 'OBSERVED', drift: true });
  });

  it.each([
    ['reset-after', 'APPLIED', 'ABSENT'],
    ['reset-before', 'NOT_APPLIED', 'PRESENT'],
  ])('is unknown while the platform cannot be read, and known when it can: %s', async (kind, outcome, state) => {
    await setUp('Dark');
    await cms.strike(
      { kind, untilReset: true, match: DELETES },
      { kind: 'reset-before', untilReset: true, match: GETS },
    );
    await expect(remove('Dark')).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    const { id } = await removalOf('Dark');
    expect(await removalOf('Dark')).toMatchObject({ status: 'FAILED', outcome: 'UNKNOWN', evidence: null });
    expect(await live('Dark')).toMatchObject({ state: 'UNKNOWN', versionHash: null });
    await cms.strike();
    await until('the outcome is known', async () => {
      const { body } = await service.api('GET', `/sync/${id}`);
      return (body as Sync).outcome === 'UNKNOWN' ? undefined : body;
    });
    expect(await removalOf('Dark')).toMatchObject({ status: 'FAILED', outcome, evidence: 'OBSERVED' });
    expect(await live('Dark')).toMatchObject({ state, drift: false });
  });
});

describe('pushes and removals of one item', () => {
  it('never overlap, and the newest decides', async () => {
    await setUp('Busy');
    await cms.strike({ kind: 'slow', delayMs: 1_000, match: DELETES });
    const calls = [remove('Busy')];
    await cms.called(2);
    await put('Busy', 'v2');
    calls.push(push('Busy'));
    await until('the push waits', async () => (await syncs('typeKey=Busy&status=IN_PROGRESS')).length === 2);
    calls.push(remove('Busy'));
    await Promise.all(calls);
    expect(await held('Busy')).toBe(false);
    expect(await live('Busy')).toMatchObject({ state: 'ABSENT', drift: false });
    const pushed = await syncs('typeKey=Busy&direction=PUSH&sort=startedAt');
    expect(pushed.map(({ status, outcome, errorCode }) => `${status} ${outcome} ${errorCode}`)).toEqual(
      Array(4).fill('SUCCESS APPLIED null'),
    );
  });

  const WAITS = { RETRY_INITIAL_DELAY_MS: '2000', RETRY_MAX_DELAY_MS: '4000' };
  const LATER = { kind: 'status', status: 429, headers: { 'retry-after': '2' } };

  it('overtake: a newer push sends an older removal away', async () => {
    await restart(WAITS);
    await setUp('Rye');
    await cms.strike({ ...LATER, match: DELETES });
    const calls = (await cms.calls()).length;
    const older = remove('Rye');
    await cms.answered(calls + 1);
    await put('Rye', 'v2');
    expect((await push('Rye')).items).toMatchObject([{ status: 'SUCCESS' }]);
    expect((await older).items).toMatchObject([{ status: 'FAILED', error: { code: 'SUPERSEDED' } }]);
    expect(await deletions()).toHaveLength(1);
    expect(await live('Rye')).toMatchObject({ state: 'PRESENT', number: 2 });
  }, 60_000);

  it('overtake: a newer removal sends an older push away', async () => {
    await restart(WAITS);
    await setUp('Oat');
    await cms.strike({ ...LATER, match: { method: 'POST', path: '/manifest' } });
    const calls = (await cms.calls()).length;
    await put('Oat', 'v2');
    const older = push('Oat');
    await cms.answered(calls + 1);
    expect((await remove('Oat')).items).toMatchObject([{ status: 'SUCCESS' }]);
    expect((await older).items).toMatchObject([{ status: 'FAILED', error: { code: 'SUPERSEDED' } }]);
    expect(await held('Oat')).toBe(false);
    expect(await live('Oat')).toMatchObject({ state: 'ABSENT' });
  }, 60_000);
});

describe('a replay of a removal', () => {
  const replay = (id: string, more: object = {}) => service.api('POST', `/sync/${id}/replay`, { ...ASKED, ...more });
  const settled = (query: string) =>
    until('the replay has ended', async () => {
      const found = await syncs(query);
      return found.length > 0 && found.every(({ status }) => status !== 'IN_PROGRESS') ? found : undefined;
    });

  it('removes again, as a new sync that is linked to the old', async () => {
    await setUp('Used');
    await content('Used', 1);
    await remove('Used');
    const { id } = await removalOf('Used');
    await content('Used', 0);
    expect(await replay(id)).toMatchObject({ status: 202, body: { replayOf: id } });
    expect(await settled('typeKey=Used&trigger=REPLAY')).toMatchObject([
      { removal: true, status: 'SUCCESS', outcome: 'APPLIED', replayOf: id, pushedDigest: null },
    ]);
    expect(await held('Used')).toBe(false);
    expect(await live('Used')).toMatchObject({ state: 'ABSENT' });
  });

  it('is one of those that a filter finds, beside pushes', async () => {
    await setUp('A', 'B');
    await cms.strike({ kind: 'status', status: 409, untilReset: true, match: DELETES });
    await remove('A', 'B');
    await cms.strike();
    const { status, body } = await service.api('POST', '/sync/replay', {
      ...ASKED,
      filter: { typeKey: ['A', 'B'], last: '1h' },
    });
    expect({ status, body }).toMatchObject({ status: 202, body: { matched: 4, older: 2, replays: 2 } });
    const replays = await settled('trigger=REPLAY');
    expect(replays).toMatchObject([
      { removal: true, status: 'SUCCESS' },
      { removal: true, status: 'SUCCESS' },
    ]);
    expect(new Set(replays.map((sync) => (sync as unknown as { callId: string }).callId)).size).toBe(1);
  });

  it('is superseded by a newer push, and the other way round, unless it is asked for', async () => {
    await setUp('Back');
    await remove('Back');
    const removal = await removalOf('Back');
    await push('Back');
    expect(await replay(removal.id)).toMatchObject({ status: 409, body: { code: 'SUPERSEDED_BY_NEWER' } });
    expect((await replay(removal.id, { includeHealed: true })).status).toBe(202);
    await settled('trigger=REPLAY');
    expect(await held('Back')).toBe(false);
    const [, , pushed] = (await syncs('typeKey=Back&direction=PUSH&sort=startedAt')) as [Sync, Sync, Sync];
    expect(await replay(pushed.id)).toMatchObject({ status: 409, body: { code: 'SUPERSEDED_BY_NEWER' } });
  });

  it('is refused where the platform cannot delete', async () => {
    const { body } = await service.api('POST', '/sync', {
      ...{ platform: 'shop', direction: 'PUSH', removal: true, typeKey: 'Bread', actor: 'nightly' },
      result: { status: 'FAILED' },
    });
    const { id } = body as { id: string };
    expect(await replay(id)).toMatchObject({ status: 409, body: { code: 'NOT_REPLAYABLE' } });
    await service.api('POST', '/sync/replay', { ...ASKED, filter: { typeKey: ['Bread'] } });
    expect(await settled('typeKey=Bread&trigger=REPLAY')).toMatchObject([
      { removal: true, status: 'FAILED', errorCode: 'NOT_REPLAYABLE' },
    ]);
  });
});

describe('a removal that another system records', () => {
  const BASE = { platform: 'optimizely', direction: 'PUSH', typeKey: 'Theirs', actor: 'nightly' };
  const record = (more: object) => service.api('POST', '/sync', { ...BASE, ...more });

  it('makes the item absent, as reported', async () => {
    await setUp('Theirs');
    const { body } = await record({ removal: true, result: { status: 'SUCCESS' } });
    expect(await removalOf('Theirs')).toMatchObject({ removal: true, outcome: 'APPLIED', evidence: 'REPORTED' });
    expect(await live('Theirs')).toMatchObject({ state: 'ABSENT', evidence: 'REPORTED', drift: false });
    const versionHash = 'a'.repeat(64);
    const { id } = body as { id: string };
    expect(await service.api('PATCH', `/sync/${id}/version`, { versionHash })).toMatchObject({
      status: 409,
      body: { code: 'REMOVAL_HAS_NO_VERSION' },
    });
  });

  it('is unknown where it overlaps a push, until somebody looks', async () => {
    const { body } = await record({ removal: true });
    await record({ data: { key: 'Theirs', a: 1 }, result: { status: 'SUCCESS' } });
    const { id } = body as { id: string };
    expect(await service.api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS', versionHash: 'b' })).toMatchObject({
      body: { code: 'REMOVAL_HAS_NO_VERSION' },
    });
    await service.api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS' });
    expect(await live('Theirs')).toMatchObject({ state: 'UNKNOWN' });
    await until('a read-back has looked', async () => (await live('Theirs'))!.state === 'ABSENT');
    expect(await live('Theirs')).toMatchObject({ drift: false });
  });

  it.each([
    [{ data: { key: 'Theirs' } }, 'data must not be given'],
    [{ direction: 'PULL' }, 'removal must not be true of a PULL'],
    [{ versionHash: 'abc' }, 'versionHash must not be given'],
    [{ result: { status: 'SUCCESS', versionHash: 'abc' } }, 'versionHash must not be given'],
  ])('carries nothing: %j', async (more, problem) => {
    const { status, body } = await record({ removal: true, ...more });
    expect({ status, detail: JSON.stringify(body) }).toMatchObject({
      status: 400,
      detail: expect.stringContaining(problem),
    });
  });

  it('is none for what its metadata says', async () => {
    await record({ data: { key: 'Theirs' }, metadata: { removal: true }, result: { status: 'SUCCESS' } });
    expect(await removalOf('Theirs')).toMatchObject({ removal: null, metadata: { removal: true } });
    expect(await live('Theirs')).toMatchObject({ state: 'PRESENT' });
  });
});
