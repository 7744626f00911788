import { begin, deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { readBothWays } from '../support/pages.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let cms: SimulatedCms;
let service: TestApp;

const page = (key: string, properties: object = {}) => ({ key, displayName: key, baseType: '_page', properties });
const text = { type: 'string', displayName: 'A text' };
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const importing = (manifest: object) => service.api('POST', '/content-types/import', manifest);
const put = (definition: { key: string; displayName?: string }) =>
  service.api('PUT', `/content-types/${definition.key}`, definition);
const hashOf = async (key: string, number?: number): Promise<string> => {
  const { items: versions } = (await service.api('GET', `/content-types/${key}/versions`)).body as {
    items: { number: number; versionHash: string }[];
  };
  return versions.find((version) => number === undefined || version.number === number)!.versionHash;
};
const post = (path: string, body: object) => service.api('POST', path, body);
const rollBack = (id: string, more: object = {}) =>
  post(`/deployments/${id}/rollback`, { actor: 'joe', reason: 'it was wrong', ...more });
const outcomes = (deployment: DeploymentView) =>
  Object.fromEntries(deployment.items.map(({ typeKey, status, errorCode }) => [typeKey, errorCode ?? status]));

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000' });
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

describe('a deployment of the whole catalogue', () => {
  it('is refused while there is nothing to deploy', async () => {
    const { status, body } = await post('/deployments', { platform: 'optimizely', actor: 'jane' });
    expect({ status, body }).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_DEPLOY' } });
  });

  it('sends the latest version of everything in one call', async () => {
    await importing({
      contentTypes: [page('WholeA', { heading: text }), page('WholeB')],
      propertyGroups: [{ key: 'WholeGroup', displayName: 'Group' }],
    });
    await put(page('WholeA', { heading: text, teaser: text }));
    await cms.reset();
    const deployment = await deploy(service.api, { reason: 'first' });
    expect(deployment).toMatchObject({ status: 'SUCCESS', reason: 'first', errorCode: null });
    expect(outcomes(deployment)).toEqual({ WholeA: 'SUCCESS', WholeB: 'SUCCESS', WholeGroup: 'SUCCESS' });
    const calls = await cms.calls();
    expect(calls).toMatchObject([{ method: 'POST', path: expect.stringMatching(/\/v1\/manifest$/) }]);
    const sent = calls[0]!.body!.contentTypes!.find(({ key }) => key === 'WholeA');
    expect(sent).toEqual(page('WholeA', { heading: text, teaser: text }));
  });
});

describe('a deployment', () => {
  it('answers 202 with the address at which it can be watched', async () => {
    await put(page('Watched'));
    const { status, headers, body } = await post('/deployments', {
      ...{ platform: 'optimizely', actor: 'jane' },
      items: items('Watched'),
    });
    expect(status).toBe(202);
    const { id } = body as { id: string };
    expect(headers.get('location')).toBe(`/api/v1/deployments/${id}`);
    const watched = await fetch(new URL(headers.get('location')!, service.url));
    expect(await watched.json()).toMatchObject({ id, items: [{ typeKey: 'Watched' }] });
    await settled(service.api, id);
  });

  it('links every item to its sync, and the sync to it', async () => {
    await put(page('Linked'));
    const { id, items: sent } = await deploy(service.api, { items: items('Linked'), reason: 'look', actor: 'ann' });
    const sync = (await service.api('GET', `/sync/${sent[0]!.syncId}`)).body;
    expect(sync).toMatchObject({
      typeKey: 'Linked',
      status: 'SUCCESS',
      deploymentId: id,
      versionHash: sent[0]!.versionHash,
    });
    expect(sync).toMatchObject({ actor: 'ann', reason: 'look', trigger: 'DEPLOYMENT', forced: false });
    const history = (await service.api('GET', `/sync/history?deploymentId=${id}`)).body as { items: object[] };
    expect(history.items).toHaveLength(1);
  });

  it('takes no external sync, because the service runs all its syncs', async () => {
    await put(page('Counted'));
    const {
      id,
      items: [item],
    } = await deploy(service.api, { items: items('Counted') });
    for (const typeKey of ['Counted', 'Other']) {
      for (const deploymentId of [id, id.toUpperCase()]) {
        const external = { platform: 'optimizely', direction: 'PUSH', typeKey, actor: 'omar', deploymentId };
        expect(await post('/sync', { ...external, result: { status: 'FAILED' } })).toMatchObject({
          ...{ status: 409, body: { code: 'DEPLOYMENT_OWNED', deploymentId: id } },
        });
      }
    }
    const shown = await service.api('GET', `/sync/${item!.syncId}?include=deployment`);
    expect(shown.body).toMatchObject({ deployment: { id, total: 1, settled: 1, succeeded: 1, percent: 100 } });
    expect((await service.api('GET', `/deployments/${id}`)).body).toMatchObject({
      progress: { total: 1, succeeded: 1 },
    });
  });

  it('sends the versions asked for', async () => {
    await put(page('Older', { a: text }));
    await put(page('Older', { a: text, b: text }));
    const older = await hashOf('Older', 1);
    const deployment = await deploy(service.api, { items: [{ typeKey: 'Older', versionHash: older }] });
    expect(deployment.items).toMatchObject([{ typeKey: 'Older', versionHash: older, status: 'SUCCESS' }]);
    const pushed = (await service.api('GET', `/sync/${deployment.items[0]!.syncId}/snapshot`)).body;
    expect(pushed).toMatchObject({ sent: { content: page('Older', { a: text }) } });
  });

  it('knows for each item the version that was live before', async () => {
    await put(page('Before', { a: text }));
    const first = await deploy(service.api, { items: items('Before') });
    expect(first.items).toMatchObject([{ previousHash: null }]);
    await put(page('Before', { a: text, b: text }));
    const second = await deploy(service.api, { items: items('Before') });
    expect(second.items).toMatchObject([
      { previousHash: first.items[0]!.versionHash, versionHash: await hashOf('Before') },
    ]);
  });

  it('is PARTIAL when the platform refuses some, and one refused item does not stop other sections', async () => {
    await importing({
      contentTypes: [page('PartialGood'), page('PartialBad', { broken: { type: 'nonsense' } })],
      propertyGroups: [{ key: 'PartialGroup', displayName: 'Group' }],
      displayTemplates: [{ key: 'PartialTemplate', displayName: 'T', nodeType: 'row', settings: {} }],
    });
    const deployment = await deploy(service.api, {
      items: [
        ...items('PartialGood', 'PartialBad'),
        { typeKey: 'PartialGroup', kind: 'propertyGroup' },
        { typeKey: 'PartialTemplate', kind: 'displayTemplate' },
      ],
    });
    expect(deployment).toMatchObject({
      status: 'PARTIAL',
      progress: { total: 4, settled: 4, succeeded: 2, percent: 100 },
    });
    expect(outcomes(deployment)).toEqual({
      PartialGood: 'NOT_APPLIED',
      PartialBad: 'REFUSED',
      PartialGroup: 'SUCCESS',
      PartialTemplate: 'SUCCESS',
    });
  });

  it('skips what belongs to the platform itself, says so, and sends the rest', async () => {
    await put(page('ImageMedia'));
    await put(page('Beside'));
    const skipped = [{ kind: 'contentType', typeKey: 'ImageMedia', code: 'BUILT_IN_TYPE' }];
    const request = { platform: 'optimizely', actor: 'jane', items: items('ImageMedia', 'Beside') };
    const plan = await post('/deployments?dryRun', request);
    expect(plan.body).toMatchObject({
      counts: { builtIn: 1, create: 1 },
      items: [
        { typeKey: 'Beside', action: 'CREATE' },
        { typeKey: 'ImageMedia', action: 'BUILT_IN' },
      ],
    });
    const deployment = await deploy(service.api, { items: items('ImageMedia', 'Beside') });
    expect(deployment).toMatchObject({ status: 'SUCCESS', skipped, progress: { total: 1 } });
    expect(outcomes(deployment)).toEqual({ Beside: 'SUCCESS' });
  });

  it('is refused when all of it belongs to the platform itself', async () => {
    await put(page('VideoMedia'));
    const { status, body } = await post('/deployments', {
      ...{ platform: 'optimizely', actor: 'jane', items: items('VideoMedia') },
    });
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'NOTHING_TO_DEPLOY', skipped: [{ typeKey: 'VideoMedia' }] },
    });
  });

  it('is FAILED when nothing succeeded', async () => {
    await put(page('Doomed', { broken: { type: 'nonsense' } }));
    expect(await deploy(service.api, { items: items('Doomed') })).toMatchObject({
      ...{ status: 'FAILED', errorCode: null },
      items: [{ status: 'FAILED', errorCode: 'REFUSED' }],
    });
  });

  it('is FAILED after an outage, with the attempts in the history', async () => {
    await put(page('Outage'));
    await cms.strike({ kind: 'status', status: 503, calls: 3, match: { path: '/manifest' } });
    const deployment = await deploy(service.api, { items: items('Outage') });
    expect(deployment).toMatchObject({ status: 'FAILED', errorCode: 'UNAVAILABLE', progress: { attempt: 3 } });
    expect(outcomes(deployment)).toEqual({ Outage: 'UNAVAILABLE' });
    const sync = (await service.api('GET', `/sync/${deployment.items[0]!.syncId}`)).body;
    expect(sync).toMatchObject({ status: 'FAILED', retryCount: 2, statusCode: 503 });
  });

  it('ends even when the platform says what PostgreSQL cannot hold', async () => {
    await put(page('Unspeakable'));
    const body = { code: 'Bad\0', detail: 'a NUL \0 and a lone surrogate \ud800' };
    await cms.strike({ kind: 'status', status: 400, body, match: { path: '/manifest' } });
    const deployment = await deploy(service.api, { items: items('Unspeakable') });
    expect(deployment).toMatchObject({ status: 'FAILED', errorCode: 'INVALID_REQUEST' });
    expect(deployment.errorMessage).toContain('a NUL');
  });

  it('tells while it runs how far it is', async () => {
    await put(page('Slow'));
    await cms.reset();
    await cms.strike(
      { kind: 'status', status: 502, match: { path: '/manifest' } },
      { kind: 'slow', call: 2, delayMs: 400, match: { path: '/manifest' } },
    );
    const id = await begin(service.api, { items: items('Slow') });
    await cms.called(2);
    const running = (await service.api('GET', `/deployments/${id}`)).body;
    expect(running).toMatchObject({
      ...{ status: 'IN_PROGRESS', completedAt: null },
      progress: { total: 1, settled: 0, succeeded: 0, percent: 0, attempt: 2, nextAttemptAt: expect.any(String) },
      items: [{ typeKey: 'Slow', status: 'IN_PROGRESS', syncId: expect.any(String) }],
    });
    expect(await rollBack(id)).toMatchObject({ status: 409, body: { code: 'DEPLOYMENT_RUNNING' } });
    expect(await settled(service.api, id)).toMatchObject({ status: 'SUCCESS', progress: { settled: 1, percent: 100 } });
  });

  it('that would lose data is refused, and done by force, which is recorded', async () => {
    await put(page('Lossy', { a: text, b: text }));
    await deploy(service.api, { items: items('Lossy') });
    await put(page('Lossy', { a: text }));
    const refused = await deploy(service.api, { items: items('Lossy') });
    expect(outcomes(refused)).toEqual({ Lossy: 'DATA_LOSS_REFUSED' });
    const forced = await deploy(service.api, { items: items('Lossy'), force: true, reason: 'b is empty' });
    expect(forced).toMatchObject({ status: 'SUCCESS', forced: true, reason: 'b is empty' });
    const sync = (await service.api('GET', `/sync/${forced.items[0]!.syncId}`)).body;
    expect(sync).toMatchObject({ forced: true, reason: 'b is empty' });
    expect((await cms.calls()).at(-1)!.headers).toMatchObject({ 'cms-ignore-data-loss-warnings': 'true' });
  });

  it('needs a reason for force', async () => {
    await put(page('Forced'));
    const request = { platform: 'optimizely', actor: 'jane', items: items('Forced'), force: true };
    for (const reason of [undefined, '  ']) {
      const { status, body } = await post('/deployments', { ...request, reason });
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { code: expect.stringMatching('^(FORCE_NEEDS_REASON|INVALID_REQUEST)$') },
      });
    }
    expect(await post('/deployments', request)).toMatchObject({ body: { code: 'FORCE_NEEDS_REASON' } });
    const { items: found } = (await service.api('GET', '/sync/history?typeKey=Forced')).body as { items: object[] };
    expect(found).toEqual([]);
  });

  it('that is only asked about sends and records nothing', async () => {
    await put(page('Dry', { a: text }));
    await deploy(service.api, { items: items('Dry') });
    await put(page('Dry', { b: text }));
    await put(page('DryNew'));
    const sent = (await cms.calls()).length;
    const [newest] = ((await service.api('GET', '/deployments?limit=1')).body as { items: { id: string }[] }).items;
    const plan = await post('/deployments?dryRun', {
      platform: 'optimizely',
      actor: 'jane',
      items: items('Dry', 'DryNew'),
    });
    expect(plan).toMatchObject({
      status: 200,
      body: {
        platform: 'optimizely',
        environment: 'default',
        items: [
          { typeKey: 'Dry', impact: 'breaking', changes: 2, previousHash: await hashOf('Dry', 1) },
          { typeKey: 'DryNew', impact: 'additive', changes: 1, previousHash: null },
        ],
      },
    });
    expect(await cms.calls()).toHaveLength(sent);
    expect((await service.api('GET', '/deployments?limit=1')).body).toMatchObject({ items: [{ id: newest!.id }] });
    expect((await service.api('GET', '/sync/history?typeKey=DryNew')).body).toMatchObject({ items: [] });
  });

  it('that is only asked about says so when what is live is no version of ours', async () => {
    await put(page('Strange'));
    const sync = {
      ...{ platform: 'optimizely', direction: 'PUSH', typeKey: 'Strange', actor: 'omar' },
      ...{ data: ['no definition'], result: { status: 'SUCCESS' } },
    };
    const { versionHash } = (await service.api('POST', '/sync', sync)).body as { versionHash: string };
    const asked = { platform: 'optimizely', actor: 'jane', items: items('Strange') };
    expect(await post('/deployments?dryRun', asked)).toMatchObject({
      status: 200,
      body: { items: [{ previousHash: versionHash, impact: null, changes: null }] },
    });
  });

  it.each<[string, object, number, string]>([
    ['an unknown platform', { platform: 'nowhere' }, 404, 'UNKNOWN_PLATFORM'],
    ['an environment that is not configured', { environment: 'staging' }, 404, 'UNKNOWN_ENVIRONMENT'],
    ['an unknown content type', { items: items('Nobody') }, 404, 'CONTENT_TYPE_NOT_FOUND'],
    ['an unknown version', { items: [{ typeKey: 'Dry', versionHash: 'abc' }] }, 404, 'VERSION_NOT_FOUND'],
    ['a content type twice', { items: items('Dry', 'Dry') }, 400, 'DUPLICATE_ITEM'],
    ['no items', { items: [] }, 400, 'INVALID_REQUEST'],
    ['no actor', { actor: undefined }, 400, 'INVALID_REQUEST'],
  ])('is refused for %s', async (_name, more, status, code) => {
    await put(page('Dry'));
    const answer = await post('/deployments', { platform: 'optimizely', actor: 'jane', ...more });
    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('that does not exist is a 404', async () => {
    const id = '019a5f0e-7c11-7aaa-8000-000000000000';
    expect(await service.api('GET', `/deployments/${id}`)).toMatchObject({ body: { code: 'DEPLOYMENT_NOT_FOUND' } });
    expect(await rollBack(id)).toMatchObject({ status: 404, body: { code: 'DEPLOYMENT_NOT_FOUND' } });
  });

  it('stands in the list of deployments, newest first, page after page', async () => {
    await put(page('Listed'));
    const ids: string[] = [];
    for (let round = 0; round < 5; round += 1) ids.unshift((await deploy(service.api, { items: items('Listed') })).id);
    const listed = await readBothWays<{ id: string }>(async (cursor) => {
      return (await service.api('GET', `/deployments?limit=2${cursor ? `&cursor=${cursor}` : ''}`)).body;
    });
    const seen = listed.map(({ id }) => id);
    expect(seen.slice(0, 5)).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('is found in the list by what came of it, with the count of its items', async () => {
    await importing({
      contentTypes: [page('CountedBad')],
      propertyGroups: [{ key: 'CountedGroup', displayName: 'G' }],
    });
    const template = { key: 'CountedTemplate', displayName: 'T', nodeType: 'row', settings: {} };
    await importing({ displayTemplates: [template] });
    await put(page('CountedBad', { broken: { type: 'nonsense' } }));
    const deployment = await deploy(service.api, {
      items: [
        ...items('CountedBad'),
        { typeKey: 'CountedTemplate', kind: 'displayTemplate' },
        { typeKey: 'CountedGroup', kind: 'propertyGroup' },
      ],
    });
    const list = async (query: string) =>
      ((await service.api('GET', `/deployments?limit=1&${query}`)).body as { items: object[] }).items;
    const counted = { id: deployment.id, status: 'PARTIAL', total: 3, succeeded: 2 };
    expect(await list('status=PARTIAL&platform=optimizely&environment=default')).toMatchObject([counted]);
    expect(await list('environment=nowhere')).toEqual([]);
    expect((await list('status=SUCCESS'))[0]).not.toMatchObject({ id: deployment.id });
    expect(await service.api('GET', '/deployments?status=GOOD')).toMatchObject({ status: 400 });
  });
});

describe('a rollback', () => {
  it('deploys, as a new deployment linked to the old, what was live before', async () => {
    await put(page('Undone', { a: text, b: text }));
    await put(page('Untouched'));
    await deploy(service.api, { items: items('Undone', 'Untouched') });
    await put({ ...page('Undone', { a: text, b: text }), displayName: 'Renamed' });
    const wrong = await deploy(service.api, { items: items('Undone', 'Untouched') });
    const { status, body, headers } = await rollBack(wrong.id);
    const { id } = body as { id: string };
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/api/v1/deployments/${id}`);
    const undoing = await settled(service.api, id);
    expect(undoing).toMatchObject({ status: 'SUCCESS', rollbackOf: wrong.id, reason: 'it was wrong', actor: 'joe' });
    expect(undoing.items).toMatchObject([{ typeKey: 'Undone', versionHash: await hashOf('Undone', 1) }]);
    const sent = (await cms.calls()).findLast(({ method }) => method === 'POST')!.body!.contentTypes;
    expect(sent).toEqual([page('Undone', { a: text, b: text })]);
    const sync = (await service.api('GET', `/sync/${undoing.items[0]!.syncId}`)).body;
    expect(sync).toMatchObject({ trigger: 'ROLLBACK', reason: 'it was wrong', actor: 'joe' });
    const latest = (await service.api('GET', '/content-types/Undone')).body;
    expect(latest).toMatchObject({ number: 3, versionHash: await hashOf('Undone', 1), author: 'joe' });
  });

  it('is told beforehand, and then changes nothing', async () => {
    await put(page('Foreseen', { a: text }));
    await put(page('Settled'));
    const first = await deploy(service.api, { items: items('Foreseen', 'Settled') });
    const foresee = (id: string) => service.api('GET', `/deployments/${id}/rollback`);
    expect(await foresee(first.id)).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_ROLL_BACK' } });
    await put(page('Foreseen', { a: text, b: text }));
    const second = await deploy(service.api, { items: items('Foreseen', 'Settled') });
    await cms.reset();
    const foreseen = {
      typeKey: 'Foreseen',
      versionHash: await hashOf('Foreseen', 1),
      previousHash: await hashOf('Foreseen', 2),
      impact: 'breaking',
      changes: 1,
    };
    expect(await foresee(second.id)).toMatchObject({ status: 200, body: { items: [foreseen] } });
    expect(await cms.calls()).toEqual([]);
    expect((await service.api('GET', '/content-types/Foreseen')).body).toMatchObject({ number: 2 });
  });

  it('can be rolled back itself', async () => {
    await put(page('Twice', { a: text }));
    await deploy(service.api, { items: items('Twice') });
    await put(page('Twice', { a: text, b: text }));
    const second = await deploy(service.api, { items: items('Twice') });
    const back = await settled(service.api, ((await rollBack(second.id, { force: true })).body as { id: string }).id);
    expect(back.status).toBe('SUCCESS');
    const forth = await settled(service.api, ((await rollBack(back.id)).body as { id: string }).id);
    expect(forth).toMatchObject({ status: 'SUCCESS', items: [{ versionHash: second.items[0]!.versionHash }] });
  });

  it('loses data only by force', async () => {
    await put(page('Grown', { a: text }));
    await deploy(service.api, { items: items('Grown') });
    await put(page('Grown', { a: text, b: text }));
    const grown = await deploy(service.api, { items: items('Grown') });
    const { length } = (await cms.calls()).filter(({ method }) => method === 'POST');
    expect(await rollBack(grown.id)).toMatchObject({
      status: 409,
      body: { code: 'FORCE_NEEDED', items: [{ typeKey: 'Grown' }] },
    });
    expect((await cms.calls()).filter(({ method }) => method === 'POST')).toHaveLength(length);
    const forced = await settled(service.api, ((await rollBack(grown.id, { force: true })).body as { id: string }).id);
    expect(forced).toMatchObject({ status: 'SUCCESS', forced: true });
  });

  it('needs a reason', async () => {
    await put(page('Reasonless'));
    const { id } = await deploy(service.api, { items: items('Reasonless') });
    for (const reason of [undefined, '', 7]) {
      const answer = await rollBack(id, { reason });
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'INVALID_REQUEST', detail: expect.stringMatching('reason') },
      });
    }
  });

  it('is refused when nothing was replaced', async () => {
    await put(page('OnlyNew'));
    const first = await deploy(service.api, { items: items('OnlyNew') });
    expect(await rollBack(first.id)).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_ROLL_BACK' } });
    const again = await deploy(service.api, { items: items('OnlyNew') });
    expect(await rollBack(again.id)).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_ROLL_BACK' } });
  });
});

describe('a pull', () => {
  it('tells what the platform holds that we do not, and the other way round', async () => {
    await cms.reset();
    await importing({ contentTypes: [page('PulledSame', { a: text }), page('PulledEdited', { a: text })] });
    await deploy(service.api, { items: items('PulledSame', 'PulledEdited') });
    await put(page('PulledMissing'));
    await cms.edit('PulledEdited', 'mallory', { displayName: 'Edited behind our back' });
    await cms.edit('PulledNew', 'mallory', { displayName: 'New', baseType: '_page' });
    const { status, body } = await post('/platforms/optimizely/pull', { actor: 'jane', reason: 'any edits?' });
    expect(status).toBe(200);
    const {
      items: pulled,
      callId,
      differences,
    } = body as {
      callId: string;
      differences: number;
      items: { typeKey: string; state: string; syncId: string; platformHash: string; latestHash: string }[];
    };
    const states = Object.fromEntries(pulled.map(({ typeKey, state }) => [typeKey, state]));
    expect(states).toMatchObject({
      ...{ PulledSame: 'same', PulledEdited: 'different', PulledNew: 'new', PulledMissing: 'missing' },
    });
    expect(differences).toBe(pulled.filter(({ state }) => state !== 'same').length);
    const edited = pulled.find(({ typeKey }) => typeKey === 'PulledEdited')!;
    expect(edited.latestHash).toBe(await hashOf('PulledEdited', 1));
    expect(edited.platformHash).not.toBe(edited.latestHash);
    const sync = (await service.api('GET', `/sync/${edited.syncId}`)).body;
    expect(sync).toMatchObject({ callId, direction: 'PULL', status: 'SUCCESS', reason: 'any edits?', actor: 'jane' });
    const received = (await service.api('GET', `/sync/${edited.syncId}/snapshot`)).body;
    expect(received).toMatchObject({ received: { content: { displayName: 'Edited behind our back' } } });
    const diff = (await service.api('GET', `/sync/${edited.syncId}/diff?against=${edited.latestHash}`)).body;
    expect(diff).toMatchObject({ modified: [{ path: '/displayName', after: 'Edited behind our back' }] });
  });

  it('that gets no answer is a problem, and recorded', async () => {
    await cms.strike({ kind: 'status', status: 500, match: { path: '/manifest' } });
    const answer = await post('/platforms/optimizely/pull', { actor: 'jane' });
    expect(answer).toMatchObject({ status: 502, body: { code: 'PLATFORM_ERROR' } });
    const [latest] = ((await service.api('GET', '/sync/history?limit=1')).body as { items: object[] }).items;
    expect(latest).toMatchObject({ typeKey: '*', direction: 'PULL', status: 'FAILED', errorCode: 'PLATFORM_ERROR' });
  });
});

describe('the platforms', () => {
  it('are listed with the environments they are configured for', async () => {
    const { body } = await service.api('GET', '/platforms');
    expect(body).toMatchObject({
      items: [
        {
          name: 'optimizely',
          environments: [{ name: 'default', address: cms.url, account: 'demo-client' }],
          canDelete: true,
        },
      ],
    });
  });
});

it('that is cut off from the database while it is recorded keeps no connection', async () => {
  await put(page('CutOff'));
  const sql = await connectSql(service.databaseUrl);
  await sql(`create function cut_off() returns trigger language plpgsql as $$
    begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$`);
  await sql('create trigger cut_off before insert on deployment_item for each row execute function cut_off()');
  const request = { platform: 'optimizely', actor: 'jane', items: items('CutOff') };
  // More often than there are connections.
  for (let count = 0; count < 25; count += 1) {
    expect(await post('/deployments', request)).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
  }
  await sql('drop trigger cut_off on deployment_item');
  await sql.close();
  expect(await deploy(service.api, request)).toMatchObject({ status: 'SUCCESS' });
});
