import { begin, deploy, pushBeside, settled } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

interface Item {
  typeKey: string;
  environment: string;
  state: string;
  versionHash: string | null;
  number: number | null;
  evidence: string | null;
  since: string;
  syncId: string;
  changedBy: string | null;
  drift: boolean;
}
interface Sync {
  id: string;
  typeKey: string;
  status: string;
  outcome: string | null;
  evidence: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  metadata: Record<string, unknown> | null;
}

const POSTS = { method: 'POST', path: '/manifest' };
const GETS = { method: 'GET', path: '/manifest' };

let cms: SimulatedCms;
let service: TestApp;

beforeEach(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000' });
});
afterEach(async () => {
  expect(await findings(service.databaseUrl)).toEqual([]);
  await service.close();
  await cms.close();
});

const put = async (typeKey: string, displayName: string) => {
  const definition = { key: typeKey, baseType: '_component', displayName };
  const { body } = await service.api('PUT', `/content-types/${typeKey}?author=jane`, definition);
  return body as { versionHash: string; number: number };
};
const send = (...typeKeys: string[]) => deploy(service.api, { items: typeKeys.map((typeKey) => ({ typeKey })) });
const pull = async () => {
  const { body } = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  return (body as { items: { typeKey: string; state: string; syncId: string | null }[] }).items;
};
const live = async (query = '') =>
  (await service.api('GET', `/live?${query}`)).body as unknown as {
    root: string | null;
    unknown: number;
    items: Item[];
  };
const liveItem = async (typeKey: string, query = '') =>
  (await live(query)).items.find((item) => item.typeKey === typeKey);
const pushOf = async (typeKey: string) => {
  const { body } = await service.api('GET', `/sync/history?typeKey=${typeKey}&direction=PUSH&limit=1`);
  return (body as { items: Sync[] }).items[0]!;
};
const outcomes = async () =>
  ((await service.api('GET', '/sync/analytics?report=false')).body as { outcomes: object }).outcomes;
const sync = async (id: string) => (await service.api('GET', `/sync/${id}`)).body as unknown as Sync;
const held = async (typeKey: string) => {
  const types = (await (await fetch(`${cms.url}/_sandbox/content-types`)).json()) as {
    key: string;
    displayName: string;
  }[];
  return types.find(({ key }) => key === typeKey)?.displayName;
};
const plan = async (typeKey: string) => {
  const request = { platform: 'optimizely', actor: 'jane', items: [{ typeKey }] };
  const { body } = await service.api('POST', '/deployments?dryRun', request);
  return (body as { items: { previousHash: string | null; impact: string; changes: number }[] }).items[0]!;
};

describe('a push whose answer proves nothing', () => {
  it('is a success when the platform holds it afterwards, and says by which call that was seen', async () => {
    await put('Lost', 'v1');
    await cms.strike({ kind: 'reset-after', untilReset: true, match: POSTS });
    expect((await send('Lost')).status).toBe('SUCCESS');
    const push = await pushOf('Lost');
    expect(push).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED', evidence: 'OBSERVED', errorCode: null });
    const { readBackCallId } = push.metadata!;
    const { body } = await service.api('GET', `/sync/history?callId=${readBackCallId as string}`);
    expect((body as { items: object[] }).items).toMatchObject([{ typeKey: 'Lost', direction: 'PULL' }]);
    expect(await liveItem('Lost')).toMatchObject({ state: 'PRESENT', number: 1, evidence: 'OBSERVED' });
  });

  it.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a 503 again and again', { kind: 'status', status: 503 }],
    ['a connection that is cut before', { kind: 'reset-before' }],
    ['a 202', { kind: 'empty', status: 202 }],
  ])('is not applied when the platform still holds what it held: %s', async (_what, fault) => {
    const { versionHash } = await put('Kept', 'v1');
    await send('Kept');
    await put('Kept', 'v2');
    // A 202 of the simulated CMS applies; one that does not is played by a status.
    const struck = fault.kind === 'empty' ? { kind: 'status', status: 202 } : fault;
    await cms.strike({ ...struck, untilReset: true, match: POSTS });
    expect((await send('Kept')).status).toBe('FAILED');
    const push = await pushOf('Kept');
    expect(push).toMatchObject({ status: 'FAILED', outcome: 'NOT_APPLIED', evidence: 'OBSERVED' });
    expect(push.errorMessage).toContain('It was not applied');
    expect(await liveItem('Kept')).toMatchObject({ state: 'PRESENT', versionHash });
  });

  it('has an unknown outcome while the platform cannot be read, and gets it when it can, by any pull', async () => {
    await put('Dark', 'v1');
    await cms.strike(
      { kind: 'reset-after', untilReset: true, match: POSTS },
      { kind: 'reset-before', untilReset: true, match: GETS },
    );
    expect((await send('Dark')).status).toBe('FAILED');
    const push = await pushOf('Dark');
    expect(push).toMatchObject({ status: 'FAILED', outcome: 'UNKNOWN', evidence: null });
    expect(push.errorMessage).toContain('It may have been applied');
    expect(await live()).toMatchObject({ root: null, unknown: 1, items: [{ state: 'UNKNOWN', versionHash: null }] });
    expect((await service.api('GET', '/content-types/Dark/where')).body).toMatchObject({
      items: [],
      unknown: [{ state: 'UNKNOWN' }],
    });
    expect((await service.api('GET', '/sync/history/count?outcome=UNKNOWN')).body).toMatchObject({ count: 1 });
    expect(await outcomes()).toMatchObject({ applied: 0, unknown: 1 });
    await cms.strike();
    const known = await until('the outcome is known', async () => {
      const now = await sync(push.id);
      return now.outcome === 'UNKNOWN' ? undefined : now;
    });
    expect(known).toMatchObject({ status: 'FAILED', outcome: 'APPLIED', evidence: 'OBSERVED' });
    expect(await outcomes()).toMatchObject({ applied: 1, unknown: 0 });
    expect(await liveItem('Dark')).toMatchObject({ state: 'PRESENT', number: 1 });
    const { body } = await service.api('GET', `/sync/${push.id}/events`);
    expect((body as { items: { type: string }[] }).items.at(-1)!.type).toBe('sync.outcome_known');
  });

  it('is no drift once it is known that it was applied', async () => {
    await put('Dusk', 'v1');
    await send('Dusk');
    await put('Dusk', 'v2');
    await cms.strike(
      { kind: 'reset-after', untilReset: true, match: POSTS },
      { kind: 'reset-before', untilReset: true, match: GETS },
    );
    await send('Dusk');
    const { id } = await pushOf('Dusk');
    await cms.strike();
    await until('the outcome is known', async () => (await sync(id)).outcome === 'APPLIED');
    expect(await liveItem('Dusk')).toMatchObject({ state: 'PRESENT', number: 2, evidence: 'OBSERVED', drift: false });
    await cms.edit('Dusk', 'colleague', { description: 'by hand' });
    await pull();
    expect(await liveItem('Dusk')).toMatchObject({ number: 3, drift: true });
  });

  it('is not undone by the refusal of a later attempt', async () => {
    await put('Twice', 'v1');
    const body = { outcomes: [], errors: [{ section: 'ContentTypes', resource: 'Twice', message: 'It is refused.' }] };
    await cms.strike(
      { kind: 'reset-after', match: POSTS },
      { kind: 'status', status: 200, body, call: 2, untilReset: true, match: POSTS },
    );
    expect((await send('Twice')).status).toBe('SUCCESS');
    expect(await held('Twice')).toBe('v1');
    expect(await pushOf('Twice')).toMatchObject({ outcome: 'APPLIED', evidence: 'OBSERVED', errorCode: null });
  });

  it('proves nothing where the same content stood there before', async () => {
    await put('Same', 'v1');
    await send('Same');
    await cms.strike({ kind: 'reset-before', untilReset: true, match: POSTS });
    await send('Same');
    expect(await pushOf('Same')).toMatchObject({ status: 'FAILED', outcome: 'UNKNOWN' });
    expect(await liveItem('Same')).toMatchObject({ state: 'PRESENT', number: 1, evidence: 'OBSERVED' });
  });
});

describe('pushes of one item', () => {
  it('never overlap, and the record is in the order of the effect', async () => {
    await cms.strike({ kind: 'slow', delayMs: 100, untilReset: true, match: POSTS });
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      await put('Busy', name);
      ids.push(await begin(service.api, { items: [{ typeKey: 'Busy' }] }));
    }
    const ends = await Promise.all(ids.map((id) => settled(service.api, id)));
    expect(ends.at(-1)!.status).toBe('SUCCESS');
    expect(await held('Busy')).toBe('three');
    expect(await liveItem('Busy')).toMatchObject({ number: 3 });
  });

  it.each([
    [429, 'NOT_APPLIED'],
    [503, 'UNKNOWN'],
  ])(
    'give way to a newer one after a %i, and send nothing more',
    async (status, outcome) => {
      await service.close();
      service = await startTestApp({
        ...optimizelyAt(cms.url),
        RETRY_INITIAL_DELAY_MS: '2000',
        RETRY_MAX_DELAY_MS: '4000',
      });
      await put('Rye', 'v1');
      await cms.strike({ kind: 'status', status, headers: { 'retry-after': '2' }, match: POSTS });
      const older = await begin(service.api, { items: [{ typeKey: 'Rye' }] });
      await cms.answered(1);
      await put('Rye', 'v2');
      expect((await pushBeside(service, 'Rye')).items).toMatchObject([{ status: 'SUCCESS' }]);
      expect(await settled(service.api, older)).toMatchObject({
        status: 'FAILED',
        items: [{ errorCode: 'SUPERSEDED' }],
      });
      expect((await cms.calls()).filter(({ method }) => method === 'POST')).toHaveLength(2);
      expect(await held('Rye')).toBe('v2');
      expect(await liveItem('Rye')).toMatchObject({ number: 2, evidence: 'ANSWERED' });
      const { body } = await service.api('GET', '/sync/history?errorCode=SUPERSEDED');
      expect(body).toMatchObject({ items: [{ outcome, evidence: null }] });
    },
    60_000,
  );

  it('are refused after the limit, with the push that is running', async () => {
    await service.close();
    service = await startTestApp({ ...optimizelyAt(cms.url), PUSH_WAIT_MS: '100' });
    await put('Slow', 'v1');
    await cms.strike({ kind: 'slow', delayMs: 3_000, match: POSTS });
    const running = await begin(service.api, { items: [{ typeKey: 'Slow' }] });
    await cms.called(1);
    await expect(pushBeside(service, 'Slow')).rejects.toMatchObject({ code: 'PUSH_UNDER_WAY' });
    expect(await pushOf('Slow')).toMatchObject({ outcome: 'NOT_APPLIED', errorCode: 'PUSH_UNDER_WAY' });
    expect(await settled(service.api, running)).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('what others do at the target', () => {
  it('is drift when they edit, in the plan, in where and in live', async () => {
    await put('Spelt', 'ours');
    await send('Spelt');
    await cms.edit('Spelt', 'colleague', { description: 'by hand' });
    expect(await pull()).toMatchObject([{ typeKey: 'Spelt', state: 'different' }]);
    expect(await liveItem('Spelt')).toMatchObject({
      ...{ state: 'PRESENT', drift: true, evidence: 'OBSERVED', number: 2, changedBy: 'colleague' },
    });
    const { changes, impact, previousHash } = await plan('Spelt');
    expect(changes).toBeGreaterThan(0);
    expect(impact).not.toBe('none');
    expect(previousHash).toBe((await liveItem('Spelt'))!.versionHash);
    expect((await live('drift=true')).items).toHaveLength(1);
    expect((await live('drift=false')).items).toEqual([]);
  });

  it('is absence with a sync of its own when they delete', async () => {
    await put('Gone', 'v');
    await send('Gone');
    await cms.reset();
    const [pulled] = await pull();
    expect(pulled).toMatchObject({ typeKey: 'Gone', state: 'missing' });
    const item = (await liveItem('Gone'))!;
    expect(item).toMatchObject({ state: 'ABSENT', versionHash: null, evidence: 'OBSERVED', drift: true });
    expect(await sync(item.syncId)).toMatchObject({ status: 'SUCCESS', metadata: { absent: true } });
    expect(await plan('Gone')).toMatchObject({ previousHash: null });
    expect((await service.api('GET', '/content-types/Gone/where')).body).toMatchObject({
      items: [],
      absent: [{ typeKey: 'Gone' }],
    });
    // What is not there is said once.
    await pull();
    const { body } = await service.api('GET', '/sync/history?typeKey=Gone&direction=PULL');
    expect((body as { items: object[] }).items).toHaveLength(1);
  });

  it('says nothing of an item that is being pushed meanwhile', async () => {
    await put('Both', 'v1');
    await send('Both');
    const { versionHash } = await put('Both', 'v2');
    await cms.strike({ kind: 'slow', delayMs: 400, match: GETS });
    const pulled = pull();
    await cms.called(2);
    await send('Both');
    await pulled;
    expect(await liveItem('Both')).toMatchObject({ versionHash, evidence: 'ANSWERED' });
  });
});

describe('a target', () => {
  it('is shown as it stood at an earlier time, as an export file, and compared', async () => {
    await put('Bread', 'v1');
    await put('Salt', 'salt');
    await send('Bread', 'Salt');
    const before = (await liveItem('Salt'))!.since;
    await put('Bread', 'v2');
    await send('Bread');
    expect(await liveItem('Bread', `at=${before}`)).toMatchObject({ number: 1 });
    expect(await liveItem('Bread')).toMatchObject({ number: 2 });
    const then = await live(`at=${before}`);
    expect(then.root).not.toBe((await live()).root);
    const compared = (await service.api('GET', `/live/compare?at=${before}&environment=default`)).body;
    expect(compared).toMatchObject({
      ...{ same: 1, different: 1, unknown: 0 },
      items: [{ typeKey: 'Bread', result: 'different', here: { number: 1 }, there: { number: 2 }, changes: 1 }],
    });
    expect((await service.api('GET', '/live/compare?catalogue=true')).body).toMatchObject({ same: 2, items: [] });
    expect((await service.api('GET', '/live?format=export')).body).toMatchObject({
      contentTypes: [{ key: 'Bread', displayName: 'v2' }, { key: 'Salt' }],
    });
    const { status, body } = await service.api('GET', '/live/compare');
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  });

  it('is compared with one that never had what it has lost', async () => {
    await put('Gone', 'v');
    await send('Gone');
    await cms.reset();
    await pull();
    for (const query of ['environment=default&otherEnvironment=never', 'environment=never&otherEnvironment=default']) {
      const { status, body } = await service.api('GET', `/live/compare?${query}`);
      expect({ status, body }).toMatchObject({ status: 200, body: { same: 0, onlyHere: 0, onlyThere: 0, items: [] } });
    }
  });

  it('is unknown where external pushes overlap, until somebody looks', async () => {
    const record = (data: object, result?: object) =>
      service.api('POST', '/sync', {
        ...{ platform: 'optimizely', environment: 'default', direction: 'PUSH', typeKey: 'Ext', actor: 'nightly' },
        ...{ data: { key: 'Ext', ...data }, ...(result && { result }) },
      });
    const first = ((await record({ a: 1 })).body as { id: string }).id;
    await record({ a: 2 }, { status: 'SUCCESS' });
    expect(await liveItem('Ext')).toMatchObject({ state: 'PRESENT', evidence: 'REPORTED' });
    await service.api('PATCH', `/sync/${first}/status`, { status: 'SUCCESS' });
    expect(await liveItem('Ext')).toMatchObject({ state: 'UNKNOWN' });
    await until('a read-back has looked', async () => (await liveItem('Ext'))!.state === 'ABSENT');
  });
});
