import { deploy, type DeploymentView, settled } from '../support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Plan {
  items: { typeKey: string; versionHash: string; previousHash: string | null; newer: object | null }[];
}
interface Version {
  number: number;
  versionHash: string;
  origin: string;
  author: string;
}

let cms: SimulatedCms;
let service: TestApp;

const text = { type: 'string', displayName: 'A text' };
const page = (key: string, displayName: string) => ({ key, displayName, baseType: '_page', properties: { a: text } });
const items = (...typeKeys: string[]) => typeKeys.map((typeKey) => ({ typeKey }));
const put = (key: string, displayName: string) => service.api('PUT', `/content-types/${key}`, page(key, displayName));
const versions = async (key: string): Promise<Version[]> =>
  ((await service.api('GET', `/content-types/${key}/versions`)).body as { items: Version[] }).items;
const latest = async (key: string): Promise<Version> => (await service.api('GET', `/content-types/${key}`)).body;
const pull = () => service.api('POST', '/platforms/optimizely/pull', { actor: 'nightly' });
const foresee = (id: string) => service.api('GET', `/deployments/${id}/rollback`);
const rollBack = (id: string, more: object = {}) =>
  service.api('POST', `/deployments/${id}/rollback`, { actor: 'joe', reason: 'it was wrong', ...more });
const rolledBack = async (id: string, more: object = {}): Promise<DeploymentView> => {
  const { status, body } = await rollBack(id, more);
  expect([status, body]).toEqual([202, expect.anything()]);
  return settled(service.api, (body as { id: string }).id);
};
const refuse = () =>
  cms.strike({ kind: 'status', status: 422, call: 1, calls: 1, match: { method: 'POST', path: '/manifest' } });
/** Deploys two versions of each type, and answers the second deployment. */
const replaced = async (...keys: string[]): Promise<DeploymentView> => {
  for (const key of keys) await put(key, 'First');
  await deploy(service.api, { items: items(...keys) });
  for (const key of keys) await put(key, 'Second');
  return deploy(service.api, { items: items(...keys) });
};

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp({ ...optimizelyAt(cms.url), CIRCUIT_FAILURES: '1000' });
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

describe('a rollback undoes what its deployment applied, and', () => {
  it('is refused for a deployment that failed as a whole', async () => {
    await put('Failed', 'First');
    await deploy(service.api, { items: items('Failed') });
    await put('Failed', 'Second');
    await refuse();
    const failed = await deploy(service.api, { items: items('Failed') });
    expect(failed.status).toBe('FAILED');
    expect(await rollBack(failed.id)).toMatchObject({ status: 409, body: { code: 'NOTHING_TO_ROLL_BACK' } });
    expect(await latest('Failed')).toMatchObject({ number: 2 });
  });

  it('leaves out the items that were refused', async () => {
    const { api } = service;
    const bad = (...names: string[]) => ({
      ...page('PartBad', 'Bad'),
      properties: Object.fromEntries(names.map((name) => [name, text])),
    });
    const group = (displayName: string) => ({ propertyGroups: [{ key: 'PartGroup', displayName }] });
    const named = [{ typeKey: 'PartBad' }, { typeKey: 'PartGroup', kind: 'propertyGroup' }];
    await api('POST', '/content-types/import', { contentTypes: [bad('a', 'b')], ...group('First') });
    await deploy(api, { items: named });
    await api('POST', '/content-types/import', { contentTypes: [bad('b')], ...group('Second') });
    const partial = await deploy(api, { items: named });
    expect(partial.status).toBe('PARTIAL');
    const undoing = await rolledBack(partial.id);
    expect(undoing).toMatchObject({ status: 'SUCCESS', items: [{ typeKey: 'PartGroup' }] });
    expect(undoing.items).toHaveLength(1);
  });

  it('leaves the catalogue as it is when it fails, and commits what it restored when it succeeds', async () => {
    const { id } = await replaced('Oat');
    await refuse();
    expect(await rolledBack(id)).toMatchObject({ status: 'FAILED' });
    expect(await latest('Oat')).toMatchObject({ number: 2 });
    expect(await rolledBack(id)).toMatchObject({ status: 'SUCCESS' });
    const [newest, , first] = await versions('Oat');
    expect(newest).toMatchObject({ number: 3, versionHash: first!.versionHash, author: 'joe' });
  });

  it('lets what somebody wrote meanwhile be the latest', async () => {
    const { id } = await replaced('Meanwhile');
    await cms.strike({ kind: 'slow', delayMs: 400, untilReset: true, match: { method: 'POST', path: '/manifest' } });
    const { body } = await rollBack(id);
    await put('Meanwhile', 'Third');
    expect(await settled(service.api, (body as { id: string }).id)).toMatchObject({ status: 'SUCCESS' });
    await cms.strike();
    expect(await latest('Meanwhile')).toMatchObject({ number: 3, definition: { displayName: 'Third' } });
  });

  it('commits what it restored also when its process died before it was settled', async () => {
    const undoing = await rolledBack((await replaced('Died')).id);
    const sql = await connectSql(service.databaseUrl);
    try {
      await sql(`delete from content_type_version where type_key = 'Died' and number = 3`);
      await sql(
        `update content_type_version set created_at = created_at - interval '2 minutes' where type_key = 'Died'`,
      );
      await sql(
        `update deployment set status = 'IN_PROGRESS', completed_at = null, owner = null,
           created_at = now() - interval '1 minute' where id = $1`,
        [undoing.id],
      );
    } finally {
      await sql.close();
    }
    expect(await settled(service.api, undoing.id)).toMatchObject({ status: 'SUCCESS' });
    expect(await latest('Died')).toMatchObject({ number: 3, author: 'joe' });
  });

  it('shows on the deployment that it undid, with who asked for it, when and why', async () => {
    const { id } = await replaced('Shown');
    expect((await service.api('GET', `/deployments/${id}`)).body).toMatchObject({ rolledBackBy: [] });
    const undoing = await rolledBack(id);
    expect((await service.api('GET', `/deployments/${id}`)).body).toMatchObject({
      rolledBackBy: [
        { id: undoing.id, actor: 'joe', reason: 'it was wrong', status: 'SUCCESS', createdAt: expect.any(String) },
      ],
    });
  });

  it('restores content that was only ever observed', async () => {
    await cms.edit('Foreign', 'mallory', { displayName: 'Made there', baseType: '_page' });
    await pull();
    await put('Foreign', 'Ours');
    const { id } = await deploy(service.api, { items: items('Foreign'), force: true, reason: 'ours counts' });
    const undoing = await rolledBack(id, { force: true });
    expect(undoing).toMatchObject({ status: 'SUCCESS' });
    const [newest, , seen] = await versions('Foreign');
    expect(newest).toMatchObject({ origin: 'AUTHORED', versionHash: seen!.versionHash });
    expect(seen).toMatchObject({ origin: 'OBSERVED' });
  });
});

describe('a rollback that would lose more than its deployment', () => {
  it('names the newer deployment, and needs to be asked for it', async () => {
    const { id } = await replaced('Newer', 'Same');
    await put('Newer', 'Third');
    const third = await deploy(service.api, { items: items('Newer'), actor: 'mary' });
    const newer = {
      ...{ typeKey: 'Newer', state: 'PRESENT', versionHash: third.items[0]!.versionHash, drift: false },
      ...{ deploymentId: third.id, syncId: third.items[0]!.syncId, changedBy: 'mary' },
    };
    const { body: plan } = (await foresee(id)) as { body: Plan };
    expect(plan.items).toMatchObject([
      { typeKey: 'Newer', newer },
      { typeKey: 'Same', newer: null },
    ]);
    const refused = await rollBack(id);
    expect(refused).toMatchObject({ status: 409, body: { code: 'WOULD_LOSE_NEWER', items: [newer] } });
    expect((refused.body as { detail: string }).detail).toContain(third.id);
    // A pull in between does not hide by whom it was put there.
    await pull();
    expect((await rollBack(id)).body).toMatchObject({ items: [{ deploymentId: third.id, changedBy: 'mary' }] });
    const sent = (await cms.calls()).filter(({ method }) => method === 'POST').length;
    expect(await rolledBack(id, { includeNewer: true })).toMatchObject({ status: 'SUCCESS' });
    expect((await cms.calls()).filter(({ method }) => method === 'POST')).toHaveLength(sent + 1);
  });

  it('names who changed it on the platform', async () => {
    const { id } = await replaced('Drifted');
    await cms.edit('Drifted', 'mallory', { displayName: 'By hand' });
    await pull();
    expect(await rollBack(id)).toMatchObject({
      status: 409,
      body: {
        code: 'WOULD_LOSE_NEWER',
        detail: expect.stringContaining('"Drifted" was changed on the platform by "mallory"'),
        items: [{ typeKey: 'Drifted', drift: true, deploymentId: null, changedBy: 'mallory' }],
      },
    });
    expect(await rolledBack(id, { includeNewer: true })).toMatchObject({ status: 'SUCCESS' });
  });

  it('says that the item was deleted on the platform', async () => {
    const { id } = await replaced('Deleted');
    await cms.reset();
    await pull();
    expect(await rollBack(id)).toMatchObject({
      status: 409,
      body: { items: [{ typeKey: 'Deleted', state: 'ABSENT', drift: true, versionHash: null }] },
    });
  });

  it('is accepted when the state before already stands there again', async () => {
    const { id } = await replaced('Again');
    await rolledBack(id);
    expect(((await foresee(id)).body as Plan).items).toMatchObject([{ typeKey: 'Again', newer: null }]);
  });
});

describe('a rollback of chosen items', () => {
  it('restores these, leaves the others, and can be rolled back itself', async () => {
    const { id, items: deployed } = await replaced('ChosenA', 'ChosenB', 'ChosenC');
    const plan = await service.api('POST', '/plans', {
      ...{ platform: 'optimizely', actor: 'joe', rollbackOf: id, items: items('ChosenB') },
    });
    expect(plan).toMatchObject({ status: 201, body: { items: [{ typeKey: 'ChosenB', action: 'UPDATE' }] } });
    const undoing = await rolledBack(id, { items: items('ChosenB') });
    expect(undoing).toMatchObject({ status: 'SUCCESS', rollbackOf: id, items: [{ typeKey: 'ChosenB' }] });
    const held = await exported();
    const names = ['ChosenA', 'ChosenB', 'ChosenC'].map((key) => held.get(key)?.displayName);
    expect(names).toEqual(['Second', 'First', 'Second']);
    const again = await rolledBack(undoing.id);
    const before = deployed.find(({ typeKey }) => typeKey === 'ChosenB')!;
    expect(again.items).toMatchObject([
      { typeKey: 'ChosenB', versionHash: before.versionHash, verification: 'VERIFIED' },
    ]);
    expect((await exported()).get('ChosenB')?.displayName).toBe('Second');
  });

  it('is refused for what the deployment did not have', async () => {
    const { id } = await replaced('ChosenD');
    expect(await rollBack(id, { items: items('ChosenA') })).toMatchObject({
      status: 400,
      body: { code: 'NOT_OF_DEPLOYMENT', items: [{ typeKey: 'ChosenA' }] },
    });
    expect((await rollBack(id, { items: [] })).status).toBe(400);
    expect((await rollBack(id, { items: items('ChosenD', 'ChosenD') })).status).toBe(400);
  });

  async function exported(): Promise<Map<string, { displayName: string }>> {
    const model = (await (await fetch(`${cms.url}/_sandbox/content-types`)).json()) as {
      key: string;
      displayName: string;
    }[];
    return new Map(model.map((type) => [type.key, type]));
  }
});
