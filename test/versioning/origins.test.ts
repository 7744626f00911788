import { canonicalDigest } from '#json';
import { OptimizelyAdapter } from '#optimizely';
import type { PlatformAdapter } from '#platform';
import { deploy } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Version {
  number: number;
  versionHash: string;
  parentHash: string | null;
  origin: string;
  author: string;
  message: string | null;
}

interface PulledItem {
  typeKey: string;
  state: string;
  syncId: string;
  platformHash: string;
}

let cms: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

const page = (key: string, displayName = key) => ({ key, displayName, baseType: '_page' });
const put = (key: string, displayName: string) =>
  service.api('PUT', `/content-types/${key}?author=jane`, page(key, displayName));
const versionsOf = async (key: string) =>
  ((await service.api('GET', `/content-types/${key}/versions`)).body as { items: Version[] }).items;
const latest = async (key: string) => (await service.api('GET', `/content-types/${key}`)).body as Version;
const record = (typeKey: string, displayName: string) =>
  service.api('POST', '/sync', {
    ...{ platform: 'optimizely', direction: 'PUSH', typeKey, data: page(typeKey, displayName), actor: 'nightly' },
    result: { status: 'SUCCESS' },
  });
const pull = async () => {
  const { body } = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  return (body as { items: PulledItem[] }).items;
};
const pulled = async (key: string) => (await pull()).find(({ typeKey }) => typeKey === key)!;

describe('content that a pull sees first', () => {
  it('becomes an observed version, by whom the platform says, and never the latest', async () => {
    await put('Edited', 'ours');
    await deploy(service.api, { items: [{ typeKey: 'Edited' }] });
    await cms.edit('Edited', 'mallory', { displayName: 'theirs' });
    const { state, platformHash, syncId } = await pulled('Edited');
    const [observed, authored] = await versionsOf('Edited');
    expect(state).toBe('different');
    expect(observed).toMatchObject({
      ...{ number: 2, origin: 'OBSERVED', author: 'mallory', versionHash: platformHash },
      ...{ parentHash: authored!.versionHash, message: 'First seen in a pull of optimizely "default"' },
    });
    expect(await latest('Edited')).toMatchObject({ number: 1, origin: 'AUTHORED', versionHash: authored!.versionHash });
    const diff = await service.api('GET', `/content-types/Edited/diff?from=1&to=2`);
    expect(diff.body).toMatchObject({ changes: [{ path: '/displayName', before: 'ours', after: 'theirs' }] });
    const sync = (await service.api('GET', `/sync/${syncId}`)).body as { changedAt: string };
    expect(sync).toMatchObject({ changedBy: 'mallory', responseDigest: platformHash });
    expect(Date.parse(sync.changedAt)).toBeGreaterThan(Date.now() - 60_000);
    const [settled] = (sync as unknown as { events: { type: string; data: object }[] }).events.slice(-1);
    expect(settled!.data).toMatchObject({ changedBy: 'mallory', changedAt: sync.changedAt });
    const csv = await (await fetch(`${service.url}/api/v1/sync/history/export?format=csv&typeKey=Edited`)).text();
    expect(csv.split('\r\n')[0]).toContain('changedBy,changedAt');
    expect(csv).toContain('mallory');
  });

  it('is a version once, however often it is seen', async () => {
    await put('Again', 'ours');
    await deploy(service.api, { items: [{ typeKey: 'Again' }] });
    await cms.edit('Again', 'mallory', { displayName: 'theirs' });
    await pull();
    await pull();
    expect(await versionsOf('Again')).toHaveLength(2);
  });

  it('is a version of a type that we never made, which is in no catalogue', async () => {
    await cms.edit('Stranger', 'mallory', { displayName: 'Stranger', baseType: '_page' });
    expect(await pulled('Stranger')).toMatchObject({ state: 'new' });
    expect(await versionsOf('Stranger')).toMatchObject([{ number: 1, origin: 'OBSERVED', parentHash: null }]);
    expect((await service.api('GET', '/content-types/Stranger')).status).toBe(404);
    const listed = (await service.api('GET', '/content-types')).body as { items: { typeKey: string }[] };
    expect(listed.items.map(({ typeKey }) => typeKey)).not.toContain('Stranger');
  });

  it('becomes ours by a PUT of the same, with a new number', async () => {
    await put('Adopted', 'ours');
    await deploy(service.api, { items: [{ typeKey: 'Adopted' }] });
    await cms.edit('Adopted', 'mallory', { displayName: 'theirs' });
    await pull();
    const { definition } = (await service.api('GET', '/content-types/Adopted')).body as { definition: object };
    const adopted = await service.api('PUT', '/content-types/Adopted', { ...definition, displayName: 'theirs' });
    expect(adopted).toMatchObject({ status: 201, body: { number: 3, origin: 'AUTHORED' } });
    expect(await pulled('Adopted')).toMatchObject({ state: 'same' });
    expect(await versionsOf('Adopted')).toHaveLength(3);
  });

  it('is restored by its hash, also where we never made the type', async () => {
    await cms.edit('Restored', 'mallory', { displayName: 'first', baseType: '_page' });
    const { platformHash: versionHash } = await pulled('Restored');
    await cms.edit('Restored', 'mallory', { displayName: 'second' });
    expect(await deploy(service.api, { items: [{ typeKey: 'Restored', versionHash }] })).toMatchObject({
      status: 'SUCCESS',
    });
    expect(await pulled('Restored')).toMatchObject({ platformHash: versionHash });
  });

  it('is seen by a pull of some items, too', async () => {
    await cms.edit('Single', 'mallory', { displayName: 'Single', baseType: '_page' });
    const adapter: PlatformAdapter = service.app.get(OptimizelyAdapter);
    const context = { environment: 'default', actor: 'jane', trigger: 'API' } as const;
    await adapter.pull({ items: [{ typeKey: 'Single' }], context });
    expect(await versionsOf('Single')).toMatchObject([{ origin: 'OBSERVED' }]);
  });
});

describe('content that another system records first', () => {
  it('is a recorded version, and neither the latest nor deployed', async () => {
    await put('Shared', 'ours');
    await record('Shared', 'theirs');
    expect(await versionsOf('Shared')).toMatchObject([
      { number: 2, origin: 'RECORDED', author: 'nightly' },
      { number: 1, origin: 'AUTHORED' },
    ]);
    const { items } = await deploy(service.api, { items: [{ typeKey: 'Shared' }] });
    expect(items).toMatchObject([{ versionHash: canonicalDigest(page('Shared', 'ours')) }]);
    expect(await put('Shared', 'ours')).toMatchObject({ status: 200, body: { number: 1, created: false } });
  });

  it('is not deployed by its hash either', async () => {
    await record('Refused', 'theirs');
    const versionHash = canonicalDigest(page('Refused', 'theirs'));
    const request = { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Refused', versionHash }] };
    expect(await service.api('POST', '/deployments', request)).toMatchObject({
      ...{ status: 409, body: { code: 'NOT_DEPLOYABLE', typeKey: 'Refused', versionHash } },
    });
    await put('Refused', 'theirs');
    expect(await deploy(service.api, { items: request.items })).toMatchObject({ status: 'SUCCESS' });
  });

  it('becomes ours by a PUT of the same', async () => {
    await record('Theirs', 'same');
    expect(await put('Theirs', 'same')).toMatchObject({ status: 201, body: { number: 2, origin: 'AUTHORED' } });
    expect(await latest('Theirs')).toMatchObject({ number: 2 });
  });
});

it('leaves records that are consistent', async () => {
  expect(await findings(service.databaseUrl)).toEqual([]);
});
