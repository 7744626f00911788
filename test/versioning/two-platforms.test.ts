import { MemoryShop } from '../support/memory-shop.ts';
import { deploy, settled } from '../support/deployments.ts';
import { findings, sql } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

interface Version {
  platform: string;
  number: number;
  versionHash: string;
  origin: string;
}

const PLATFORMS = ['optimizely', 'shop'] as const;
type PlatformName = (typeof PLATFORMS)[number];

let cms: SimulatedCms;
let service: TestApp;
let shop: MemoryShop;

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url), {}, '127.0.0.1', [MemoryShop]);
  shop = service.app.get(MemoryShop, { strict: false });
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

const definition = (key: string, displayName: string) => ({ key, displayName, baseType: '_page' });
const put = (platform: PlatformName, key: string, displayName: string, more: object = {}) =>
  service.api('PUT', `/content-types/${key}?platform=${platform}`, { ...definition(key, displayName), ...more });
const get = async (platform: PlatformName, path: string) =>
  (await service.api('GET', `/content-types${path && `/${path}`}${path.includes('?') ? '&' : '?'}platform=${platform}`))
    .body;
const latest = async (platform: PlatformName, key: string) => (await get(platform, key)) as Version;
const deployTo = (platform: PlatformName, ...keys: string[]) =>
  deploy(service.api, { platform, ...(keys.length > 0 && { items: keys.map((typeKey) => ({ typeKey })) }) });
const pull = async (platform: PlatformName) => {
  const { body } = await service.api('POST', `/platforms/${platform}/pull`, { actor: 'jane' });
  return new Map((body as { items: { typeKey: string; state: string }[] }).items.map((item) => [item.typeKey, item]));
};
const where = async (platform: PlatformName, key: string) =>
  ((await get(platform, `${key}/where`)) as { items: { platform: string; number: number; versionHash: string }[] })
    .items;

describe('a content type of two platforms', () => {
  it('has versions, a latest one and a difference for each', async () => {
    await put('optimizely', 'Article', 'one');
    await put('shop', 'Article', 'two');
    await put('shop', 'Article', 'three');
    expect(await latest('optimizely', 'Article')).toMatchObject({ number: 1, definition: { displayName: 'one' } });
    expect(await latest('shop', 'Article')).toMatchObject({ number: 2, definition: { displayName: 'three' } });
    expect(await get('shop', 'Article/versions')).toMatchObject({ items: [{ number: 2 }, { number: 1 }] });
    expect(await get('shop', 'Article/diff?from=1')).toMatchObject({ changes: [{ before: 'two', after: 'three' }] });
    for (const platform of PLATFORMS) {
      const { items } = (await get(platform, '')) as { items: Version[] };
      expect(new Set(items.map((item) => item.platform))).toEqual(new Set([platform]));
    }
  });

  it('is deployed, pulled and live for each', async () => {
    await put('optimizely', 'Live', 'ours');
    await put('shop', 'Live', 'theirs');
    await put('shop', 'OnlyShop', 'theirs');
    expect(await deployTo('optimizely', 'Live')).toMatchObject({ status: 'SUCCESS' });
    const { items } = await deployTo('shop');
    expect(items.map(({ typeKey }) => typeKey)).toEqual(['Article', 'Live', 'OnlyShop']);
    expect(shop.held.get('Live')).toEqual(definition('Live', 'theirs'));
    for (const platform of PLATFORMS) {
      const { versionHash } = await latest(platform, 'Live');
      expect(await where(platform, 'Live')).toMatchObject([{ platform, number: 1, versionHash }]);
      expect((await pull(platform)).get('Live')).toMatchObject({ state: 'same' });
    }
    shop.held.delete('OnlyShop');
    expect((await pull('shop')).get('OnlyShop')).toMatchObject({ state: 'missing' });
    expect((await pull('optimizely')).get('OnlyShop')).toBeUndefined();
  });

  it('has the root of its own catalogue', async () => {
    const rootOf = async (platform: PlatformName) => ((await get(platform, '')) as { root: string }).root;
    const [optimizely, shopRoot] = [await rootOf('optimizely'), await rootOf('shop')];
    await put('shop', 'Rooted', 'new');
    expect(await rootOf('optimizely')).toBe(optimizely);
    expect(await rootOf('shop')).not.toBe(shopRoot);
  });

  it('is sent again with the content of its platform', async () => {
    await put('optimizely', 'Replayed', 'ours');
    await put('shop', 'Replayed', 'theirs');
    const [sync] = (await deployTo('shop', 'Replayed')).items;
    shop.held.delete('Replayed');
    const { body } = await service.api('POST', `/sync/${sync!.syncId}/replay`, { actor: 'jane', reason: 'lost' });
    const { id } = body as { id: string };
    await until('it is settled', async () => {
      const { status } = (await service.api('GET', `/sync/${id}/status`)).body as { status: string };
      return status === 'SUCCESS';
    });
    expect(shop.held.get('Replayed')).toEqual(definition('Replayed', 'theirs'));
  });

  it('is rolled back for each', async () => {
    await put('shop', 'Back', 'first');
    await deployTo('shop', 'Back');
    await put('shop', 'Back', 'second');
    const second = await deployTo('shop', 'Back');
    await put('optimizely', 'Back', 'ours');
    // Without a model of its own, any change of a platform's content may lose data.
    const rollback = { actor: 'joe', reason: 'it was wrong', force: true };
    const { body } = await service.api('POST', `/deployments/${second.id}/rollback`, rollback);
    expect(await settled(service.api, (body as { id: string }).id)).toMatchObject({ status: 'SUCCESS' });
    expect(shop.held.get('Back')).toMatchObject({ displayName: 'first' });
    expect(await latest('shop', 'Back')).toMatchObject({ number: 3 });
    expect(await latest('optimizely', 'Back')).toMatchObject({ number: 1, definition: { displayName: 'ours' } });
  });

  it('is judged, hashed and imported by the model of each', async () => {
    const manifest = { items: [{ typeKey: 'Imported', definition: { rows: [{ id: 'a', n: 1 }], revision: 1 } }] };
    const imported = (platform: string) => service.api('POST', `/content-types/import?platform=${platform}`, manifest);
    expect(await imported('shop')).toMatchObject({ status: 201, body: { created: 1 } });
    expect(await imported('optimizely')).toMatchObject({ status: 400, body: { code: 'INVALID_DEFINITION' } });
    // The revision does not count.
    const put = (body: object) => service.api('PUT', '/content-types/Imported?platform=shop', body);
    expect(await put({ rows: [{ id: 'a', n: 1 }], revision: 2 })).toMatchObject({ status: 200 });
    await put({ rows: [{ id: 'a', n: 2 }] });
    // Elements go by their `id`.
    expect(await get('shop', 'Imported/diff?from=1')).toMatchObject({ changes: [{ path: '/rows/a/n' }] });
    const [sync] = (await deployTo('shop', 'Imported')).items;
    const diff = await service.api('GET', `/sync/${sync!.syncId}/diff?against=${await hashOf('Imported', 1)}`);
    expect(diff.body).toMatchObject({ modified: [{ path: '/rows/a/n', before: 1, after: 2 }] });
    const details = (await service.api('GET', `/sync/${sync!.syncId}?include=version`)).body;
    expect(details).toMatchObject({ version: { number: 2, changes: [{ path: '/rows/a/n' }] } });
  });

  it('becomes ours where a push of this application made it, whatever the other platform has', async () => {
    await put('optimizely', 'Pushed', 'same');
    const context = { environment: 'default', actor: 'jane', trigger: 'API' } as const;
    await shop.push({ items: [{ typeKey: 'Pushed', data: definition('Pushed', 'same') }], context } as never);
    expect(await latest('shop', 'Pushed')).toMatchObject({ number: 1, origin: 'AUTHORED' });
  });
});

const hashOf = async (key: string, number: number) => {
  const { items } = (await get('shop', `${key}/versions`)) as { items: Version[] };
  return items.find((version) => version.number === number)!.versionHash;
};

describe('a request that names no platform', () => {
  it.each([
    ['GET', ''],
    ['GET', '/Article'],
    ['GET', '/Article/versions'],
    ['GET', '/Article/diff?from=1'],
    ['GET', '/Article/where'],
    ['GET', '/Article/retirements'],
    ['PUT', '/Article'],
    ['POST', '/import'],
    ['POST', '/Article/retire'],
    ['POST', '/Article/reinstate'],
  ])('is told to name one of those installed: %s /content-types%s', async (method, path) => {
    const body = method === 'GET' ? undefined : { actor: 'jane', reason: 'because' };
    expect(await service.api(method, `/content-types${path}`, body)).toMatchObject({
      status: 400,
      body: { code: 'PLATFORM_REQUIRED', installed: ['optimizely', 'shop'] },
    });
  });
});

describe('a platform that is not installed', () => {
  it.each([
    ['PUT', '/Article'],
    ['POST', '/import'],
    ['POST', '/Article/retire'],
  ])('takes nothing: %s /content-types%s', async (method, path) => {
    const body = { actor: 'jane', reason: 'because' };
    expect(await service.api(method, `/content-types${path}?platform=contentful`, body)).toMatchObject({
      status: 404,
      body: { code: 'UNKNOWN_PLATFORM' },
    });
  });

  it('has the versions that others recorded for it', async () => {
    const recorded = {
      platform: 'contentful',
      direction: 'PUSH',
      typeKey: 'Article',
      data: { a: 1 },
      actor: 'nightly',
    };
    await service.api('POST', '/sync', { ...recorded, result: { status: 'SUCCESS' } });
    const { body } = await service.api('GET', '/content-types/Article/versions?platform=contentful');
    expect(body).toMatchObject({ items: [{ number: 1, origin: 'RECORDED', platform: 'contentful' }] });
    expect(await service.api('GET', '/content-types?platform=contentful')).toMatchObject({ body: { items: [] } });
  });

  it('changes no plan of ours', async () => {
    await put('shop', 'Planned', 'ours');
    await deployTo('shop', 'Planned');
    const theirs = { platform: 'contentful', direction: 'PUSH', typeKey: 'Planned', data: { a: 1 }, actor: 'nightly' };
    await service.api('POST', '/sync', { ...theirs, result: { status: 'SUCCESS' } });
    const plan = await service.api('POST', '/deployments?dryRun', {
      ...{ platform: 'shop', actor: 'jane', items: [{ typeKey: 'Planned' }] },
    });
    expect(plan.body).toMatchObject({ items: [{ changes: 0, impact: 'none' }] });
  });
});

it('leaves chains of versions without a gap', async () => {
  const rules = (await findings(service.databaseUrl)).map(({ rule }) => rule);
  // The check knows the model of no platform that only a test installs.
  expect(rules.filter((rule) => rule !== 'version.hash')).toEqual([]);
  const rows = await sql<{ platform: string }>(
    service.databaseUrl,
    'select distinct platform from content_type_version',
  );
  expect(rows.map(({ platform }) => platform).toSorted()).toEqual(['contentful', 'optimizely', 'shop']);
});
