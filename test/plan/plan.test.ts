import { deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { actions, plan, type PlanView } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { until } from '../support/until.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let cms: SimulatedCms;
let service: TestApp;

const text = { type: 'string', displayName: 'A text' };
const page = (key: string, properties: object = {}) => ({ key, displayName: key, baseType: '_page', properties });
const put = (key: string, properties: object = {}) =>
  service.api('PUT', `/content-types/${key}`, page(key, properties));
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const makePlan = (request: object) => plan(service.api, request);
const refusedPlan = (request: object) =>
  service.api('POST', '/plans', { platform: 'optimizely', actor: 'jane', ...request });
const start = (planId: string, more: object = {}) =>
  service.api('POST', '/deployments', { planId, actor: 'joe', ...more });
const deployed = async (planId: string, more: object = {}): Promise<DeploymentView> => {
  const { status, body } = await start(planId, more);
  expect([status, body]).toEqual([202, expect.anything()]);
  return settled(service.api, (body as { id: string }).id);
};
const item = (of: PlanView, typeKey: string) => of.items.find((one) => one.typeKey === typeKey)!;
const outcomes = (of: DeploymentView) =>
  Object.fromEntries(of.items.map(({ typeKey, status, errorCode }) => [typeKey, errorCode ?? status]));
/** What was sent since a number of calls. */
const sentKeys = async (since: number) =>
  (await cms.calls())
    .slice(since)
    .filter(({ method }) => method === 'POST')
    .flatMap(({ body }) => body?.contentTypes?.map(({ key }) => key) ?? []);

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000', RETRY_MAX_ATTEMPTS: '1' });
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

describe('a plan', () => {
  it('says what it creates, updates and leaves as it is, against what the target holds', async () => {
    for (const key of ['PlanSame', 'PlanOther']) await put(key, { a: text });
    await deploy(service.api, { items: items('PlanSame', 'PlanOther') });
    await put('PlanOther', { a: text, b: text });
    await put('PlanNew');
    const made = await makePlan({ items: items('PlanSame', 'PlanOther', 'PlanNew') });
    expect(actions(made)).toEqual({ PlanSame: 'UNCHANGED', PlanOther: 'UPDATE', PlanNew: 'CREATE' });
    expect(made.counts).toMatchObject({ create: 1, update: 1, unchanged: 1, breaking: 0, drift: 0 });
    expect(item(made, 'PlanOther')).toMatchObject({ impact: 'additive', changes: 1, seen: { state: 'PRESENT' } });
    expect(item(made, 'PlanNew')).toMatchObject({ seen: { state: 'ABSENT', versionHash: null } });
    expect((await service.api('GET', `/plans/${made.id}`)).body).toEqual(made);
    expect((await service.api('GET', '/plans?limit=1')).body).toMatchObject({ items: [{ id: made.id }] });
  });

  it('sees what somebody changed on the platform, by whom', async () => {
    await put('PlanDrift', { a: text });
    await deploy(service.api, { items: items('PlanDrift') });
    await cms.edit('PlanDrift', 'editor@example.com', { displayName: 'Mine' });
    const made = await makePlan({ items: items('PlanDrift') });
    expect(item(made, 'PlanDrift')).toMatchObject({
      action: 'UPDATE',
      changes: 1,
      drift: { changedBy: 'editor@example.com' },
    });
  });

  it('names references that nobody satisfies, and circles', async () => {
    const containing = (key: string, ...names: string[]) => ({ ...page(key), mayContainTypes: names });
    const putType = (type: { key: string }) => service.api('PUT', `/content-types/${type.key}`, type);
    await putType(containing('RefA', 'RefB', 'RefGone'));
    await putType(containing('RefB', 'RefA'));
    await putType(containing('RefC', 'RefA'));
    const made = await makePlan({ items: items('RefA', 'RefB', 'RefC') });
    expect(item(made, 'RefA').missingReferences).toEqual([{ kind: 'contentType', typeKey: 'RefGone' }]);
    expect(made.items.map(({ typeKey, inCircle }) => [typeKey, inCircle])).toEqual([
      ['RefA', true],
      ['RefB', true],
      ['RefC', false],
    ]);
  });

  it('of everything tells what only the target has, and what is retired', async () => {
    await put('PlanRetired');
    await deploy(service.api, { items: items('PlanRetired') });
    await service.api('POST', '/content-types/PlanRetired/retire', { actor: 'jane', reason: 'old' });
    const made = await makePlan({});
    expect(actions(made)).toMatchObject({ PlanRetired: 'RETIRED', PlanSame: 'UNCHANGED' });
    await service.api('POST', '/content-types/PlanRetired/reinstate', { actor: 'jane', reason: 'back' });
  });

  it('of a root is refused when the catalogue has another', async () => {
    const { body } = await service.api('GET', '/content-types?platform=optimizely&limit=1');
    const { root } = body as { root: string };
    await makePlan({ root });
    expect(await refusedPlan({ root: '0'.repeat(64) })).toMatchObject({
      status: 409,
      body: { code: 'CATALOGUE_MOVED', root },
    });
  });

  it('reads nothing for a request that cannot be planned', async () => {
    const { length } = await cms.calls();
    const refusals = [
      [{ items: items('Nobody') }, 404],
      [{ items: items('PlanSame', 'PlanSame') }, 400],
      [{ deployment: 'D-99999' }, 404],
      [{ rollbackOf: 'D-1', deployment: 'D-1' }, 400],
      [{ rollbackOf: 'x' }, 400],
      [{ at: '2020-01-01T00:00:00Z', root: 'a'.repeat(64) }, 400],
      [{ at: '2999-01-01T00:00:00Z' }, 400],
      [{ deletes: true, items: items('PlanSame') }, 400],
      [{ fromEnvironment: 'default' }, 400],
      [{ environment: 'nowhere' }, 404],
      [{ force: true }, 400],
      [{ items: [] }, 400],
      [{ root: 'A' }, 400],
    ] as const;
    for (const [request, status] of refusals) {
      expect([request, (await refusedPlan(request)).status]).toEqual([request, status]);
    }
    expect(await cms.calls()).toHaveLength(length);
  });

  it('is the same plan for the same Idempotency-Key', async () => {
    const request = { platform: 'optimizely', actor: 'jane', items: items('PlanSame') };
    const ask = async () => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'plan-1' };
      const answer = await fetch(`${service.url}/api/v1/plans`, {
        method: 'POST',
        headers,
        body: JSON.stringify(request),
      });
      return { status: answer.status, id: ((await answer.json()) as PlanView).id };
    };
    const answers = [...(await Promise.all([ask(), ask()])), await ask()];
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(1);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  it('is refused while many others read their targets, and made afterwards', async () => {
    await cms.strike({ kind: 'slow', delayMs: 500, untilReset: true, match: { method: 'GET' } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => refusedPlan({ items: items('PlanSame') })));
    await cms.strike();
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(8);
    expect(answers.filter(({ status }) => status !== 201)).toMatchObject(
      Array.from({ length: 4 }, () => ({ status: 429, body: { code: 'TOO_MANY_PLANS', retryAfter: 1 } })),
    );
    await makePlan({ items: items('PlanSame') });
  });

  it('fails as the platform does when the target cannot be read', async () => {
    await cms.strike({ kind: 'status', status: 503, untilReset: true });
    const { status, body } = await refusedPlan({ items: items('PlanSame') });
    expect([status, (body as { code: string }).code]).toEqual([502, expect.any(String)]);
    await cms.strike();
  });
});

/** The content types of the pushes with these labels. */
async function sentWith(query: string): Promise<string[]> {
  const { status, body } = await service.api('GET', `/sync/history?direction=PUSH&${query}`);
  expect([query, status]).toEqual([query, 200]);
  return (body as { items: { typeKey: string }[] }).items.map(({ typeKey }) => typeKey).toSorted();
}

describe('the deployment of a plan', () => {
  it('sends what changes, nothing else, and reads back what became of it', async () => {
    for (const key of ['RunSame', 'RunOther']) await put(key, { a: text });
    await deploy(service.api, { items: items('RunSame', 'RunOther') });
    await put('RunOther', { a: text, b: text });
    await put('RunNew');
    const made = await makePlan({ items: items('RunSame', 'RunOther', 'RunNew'), reason: 'Spring menu' });
    const { length } = await cms.calls();
    const done = await deployed(made.id, { labels: { commit: '4f2a9c1', branch: 'main' } });
    expect(outcomes(done)).toEqual({ RunSame: 'UNCHANGED', RunOther: 'SUCCESS', RunNew: 'SUCCESS' });
    expect(done).toMatchObject({
      status: 'SUCCESS',
      planId: made.id,
      reason: 'Spring menu',
      planDigest: made.planDigest,
    });
    expect((await sentKeys(length)).toSorted()).toEqual(['RunNew', 'RunOther']);
    const other = done.items.find(({ typeKey }) => typeKey === 'RunOther')!;
    expect(other).toMatchObject({
      action: 'UPDATE',
      verification: 'VERIFIED',
      heldHash: other.versionHash,
      before: { state: 'PRESENT', versionHash: other.previousHash, syncId: expect.any(String) },
    });
    const before = await service.api(
      'GET',
      `/sync/${(other as { before?: { syncId: string } }).before!.syncId}/snapshot`,
    );
    expect(before.status).toBe(200);
    expect((await service.api('GET', `/plans/${made.id}`)).body).toMatchObject({ deploymentId: done.id });
    expect((await service.api('GET', '/deployments?label=commit=4f2a9c1&label=branch=main')).body).toMatchObject({
      items: [{ id: done.id, labels: { commit: '4f2a9c1', branch: 'main' } }],
    });
    expect((await service.api('GET', '/deployments?label=commit=other')).body).toMatchObject({ items: [] });
    expect(other).toMatchObject({ outcome: 'APPLIED' });
    expect(await sentWith('label=commit=4f2a9c1&label=branch=main')).toEqual(['RunNew', 'RunOther']);
    expect(await sentWith('label=commit=4f2a9c1&typeKey=RunNew')).toEqual(['RunNew']);
    expect(await sentWith('label=commit=4f2a9c1&label=branch=other')).toEqual([]);
    const facets = await service.api('GET', '/sync/history/facets?label=commit=4f2a9c1&direction=PUSH');
    expect(facets.body).toMatchObject({ total: 2, facets: { status: [{ value: 'SUCCESS', count: 2 }] } });
    const contrary = 'label=commit=4f2a9c1&label=commit=other';
    for (const path of ['/sync/history', '/deployments']) {
      const { status, body } = await service.api('GET', `${path}?${contrary}`);
      expect([path, status, (body as { detail: string }).detail]).toEqual([
        path,
        400,
        expect.stringContaining('two values for "commit"'),
      ]);
    }
    for (const label of ['commit', '=x', 'commit=', `commit=${'x'.repeat(501)}`]) {
      const { status, body } = await service.api('GET', `/sync/history?label=${label}`);
      expect([label, status, body]).toEqual([label, 400, expect.objectContaining({ code: 'INVALID_REQUEST' })]);
    }
  });

  it('is done once, however often it is asked for', async () => {
    await put('RunOnce', { a: text });
    const made = await makePlan({ items: items('RunOnce') });
    const answers = await Promise.all([1, 2, 3, 4].map(() => start(made.id)));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 202)) {
      expect(answer).toMatchObject({ status: 409, body: { code: expect.stringMatching(/PLAN_(USED|STALE)/) } });
    }
    await settled(service.api, (accepted[0]!.body as { id: string }).id);
    expect(await start(made.id)).toMatchObject({ status: 409, body: { code: 'PLAN_USED' } });
  });

  it('succeeds when there is nothing to send', async () => {
    await put('RunNothing');
    await deploy(service.api, { items: items('RunNothing') });
    const made = await makePlan({ items: items('RunNothing') });
    const { length } = await cms.calls();
    const done = await deployed(made.id);
    expect([done.status, outcomes(done), await sentKeys(length)]).toEqual(['SUCCESS', { RunNothing: 'UNCHANGED' }, []]);
  });

  it('is refused when a colleague has changed an item since, and names who', async () => {
    await put('StaleEdit', { a: text });
    await deploy(service.api, { items: items('StaleEdit') });
    await put('StaleEdit', { a: text, b: text });
    const made = await makePlan({ items: items('StaleEdit') });
    await cms.edit('StaleEdit', 'editor@example.com', { displayName: 'Mine' });
    const { length } = await cms.calls();
    expect(await start(made.id)).toMatchObject({
      status: 409,
      body: {
        code: 'PLAN_STALE',
        items: [{ typeKey: 'StaleEdit', moved: 'TARGET', changedBy: 'editor@example.com' }],
      },
    });
    expect(await sentKeys(length)).toEqual([]);
  });

  it('overwrites or leaves out what has changed since, when asked to', async () => {
    const types = ['DriftSkip', 'DriftKeep'];
    for (const key of types) await put(key, { a: text });
    await deploy(service.api, { items: items(...types) });
    for (const key of types) await put(key, { a: text, b: text });
    const made = await makePlan({ items: items(...types) });
    await cms.edit('DriftSkip', 'editor@example.com', { displayName: 'Mine' });
    const skipped = await deployed(made.id, { onDrift: 'skip' });
    expect([skipped.status, outcomes(skipped)]).toEqual(['PARTIAL', { DriftSkip: 'DRIFTED', DriftKeep: 'SUCCESS' }]);
    const again = await makePlan({ items: items('DriftSkip') });
    await cms.edit('DriftSkip', 'editor@example.com', { displayName: 'Mine again' });
    const overwritten = await deployed(again.id, { onDrift: 'overwrite' });
    expect(overwritten).toMatchObject({ status: 'SUCCESS', items: [{ verification: 'VERIFIED' }] });
    expect(overwritten.items[0]!.previousHash).not.toBe(item(again, 'DriftSkip').previousHash);
  });

  it('is refused when the catalogue has moved, whatever is to happen on drift', async () => {
    await put('StaleVersion', { a: text });
    const made = await makePlan({ items: items('StaleVersion') });
    await put('StaleVersion', { a: text, b: text });
    expect(await start(made.id, { onDrift: 'overwrite' })).toMatchObject({
      status: 409,
      body: { code: 'PLAN_STALE', items: [{ typeKey: 'StaleVersion', moved: 'SOURCE' }] },
    });
  });

  it('is refused without force where content may be lost, before anything leaves', async () => {
    await put('LoseA', { a: text, b: text });
    await deploy(service.api, { items: items('LoseA') });
    await put('LoseA', { a: text });
    const made = await makePlan({ items: items('LoseA') });
    expect(made.counts).toMatchObject({ breaking: 1 });
    const { length } = await cms.calls();
    expect(await start(made.id)).toMatchObject({
      status: 409,
      body: { code: 'FORCE_NEEDED', items: [{ typeKey: 'LoseA' }] },
    });
    expect(await cms.calls()).toHaveLength(length);
    const forced = await makePlan({ items: items('LoseA'), force: true, reason: 'nobody uses it' });
    expect(await deployed(forced.id)).toMatchObject({ status: 'SUCCESS', forced: true });
  });

  it('says what the target holds when that is not what was sent', async () => {
    await put('Diverged', { a: text });
    const made = await makePlan({ items: items('Diverged') });
    // The answer of the push comes late enough for a colleague.
    await cms.strike({ kind: 'slow', delayMs: 500, match: { method: 'POST', path: '/manifest' } });
    const { length } = await cms.calls();
    const { body } = await start(made.id);
    await until('the content type was pushed', async () => (await sentKeys(length)).includes('Diverged'));
    await cms.edit('Diverged', 'editor@example.com', { displayName: 'Mine' });
    const done = await settled(service.api, (body as { id: string }).id);
    const [sent] = done.items;
    expect(sent).toMatchObject({ status: 'SUCCESS', verification: 'DIVERGED', heldHash: expect.any(String) });
    expect((sent as unknown as { heldHash: string }).heldHash).not.toBe(sent!.versionHash);
  });

  it('knows what was sent again when the platform leaves out defaults', async () => {
    await put('WithDefaults', {});
    const made = await makePlan({ items: items('WithDefaults') });
    const [sent] = (await deployed(made.id)).items;
    expect(sent).toMatchObject({ status: 'SUCCESS', verification: 'VERIFIED', heldHash: sent!.versionHash });
    const again = await makePlan({ items: items('WithDefaults') });
    expect(actions(again)).toEqual({ WithDefaults: 'UNCHANGED' });
    expect(await deployed(again.id)).toMatchObject({ status: 'SUCCESS', items: [{ status: 'UNCHANGED' }] });
  });

  it('says so when the target could not be read back', async () => {
    await put('Unverifiable', { a: text });
    const made = await makePlan({ items: items('Unverifiable') });
    await cms.strike({ kind: 'slow', delayMs: 300, match: { method: 'POST', path: '/manifest' } });
    const { length } = await cms.calls();
    const { body } = await start(made.id);
    await until('the content type was pushed', async () => (await sentKeys(length)).includes('Unverifiable'));
    await cms.strike({ kind: 'status', status: 404, untilReset: true, match: { method: 'GET' } });
    const done = await settled(service.api, (body as { id: string }).id);
    await cms.strike();
    expect(done.items).toMatchObject([{ status: 'SUCCESS', verification: 'UNVERIFIABLE', heldHash: null }]);
  });

  it('is refused once the plan has expired', async () => {
    await put('Expired');
    const made = await makePlan({ items: items('Expired') });
    const sql = await connectSql(service.databaseUrl);
    try {
      await sql(`update plan set expires_at = clock_timestamp() where id = '${made.id}'`);
    } finally {
      await sql.close();
    }
    expect(await start(made.id)).toMatchObject({ status: 409, body: { code: 'PLAN_EXPIRED' } });
    expect((await service.api('GET', `/plans/${made.id}`)).body).toMatchObject({ expired: true });
  });

  it('has a plan and nothing beside it', async () => {
    const made = await makePlan({ items: items('PlanSame') });
    for (const more of [{ items: items('PlanSame') }, { force: true }, { platform: 'optimizely' }]) {
      expect(await start(made.id, more)).toMatchObject({ status: 400 });
    }
    expect(await start('01900000-0000-7000-8000-000000000000')).toMatchObject({
      status: 404,
      body: { code: 'PLAN_NOT_FOUND' },
    });
    for (const labels of [[], { '': 'x' }, { a: 1 }, { a: '' }, { '1a': 'x' }, null]) {
      expect([labels, (await start(made.id, { labels })).status]).toEqual([labels, 400]);
    }
  });
});
