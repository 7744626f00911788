import { LiveProjector } from '#live';
import { deploy } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Adopted {
  adopted: { typeKey: string; number: number; versionHash: string }[];
  retired: { typeKey: string }[];
  left: { typeKey: string; why: string }[];
}

const WHY = { actor: 'jane', reason: 'The editors need it' };

let cms: SimulatedCms;
let service: TestApp;

beforeEach(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
});
afterEach(async () => {
  expect(await findings(service.databaseUrl)).toEqual([]);
  await service.close();
  await cms.close();
});

const put = async (typeKey: string, displayName = typeKey) => {
  const definition = { key: typeKey, baseType: '_component', displayName };
  const { body } = await service.api('PUT', `/content-types/${typeKey}?author=jane`, definition);
  return body as unknown as { number: number; versionHash: string };
};
const sent = async (...typeKeys: string[]) => {
  for (const typeKey of typeKeys) await put(typeKey);
  await deploy(service.api, { items: typeKeys.map((typeKey) => ({ typeKey })) });
};
const edit = (typeKey: string, displayName: string) => cms.edit(typeKey, 'colleague', { displayName });
const remove = (typeKey: string) => fetch(`${cms.url}/_sandbox/content-types/${typeKey}`, { method: 'DELETE' });
const pull = async () => {
  const { body } = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  return body as unknown as { differences: number; items: { typeKey: string; state: string }[] };
};
const adopt = async (more: object = {}) => {
  const { status, body } = await service.api('POST', '/platforms/optimizely/adopt', { ...WHY, ...more });
  return { status, body: body as unknown as Adopted & { code?: string; detail?: string } };
};
const latest = async (typeKey: string) =>
  (await service.api('GET', `/content-types/${typeKey}`)).body as unknown as {
    number: number;
    origin: string;
    author: string;
    message: string;
    definition: { displayName: string };
    retired: { by: string } | null;
  };
const live = async (typeKey: string) =>
  ((await service.api('GET', '/live')).body as unknown as { items: { typeKey: string; drift: boolean }[] }).items.find(
    (item) => item.typeKey === typeKey,
  );

describe('an adoption', () => {
  it('makes what somebody changed the latest version: no pull finds a difference, no plan undoes it', async () => {
    await sent('Article', 'Other');
    await edit('Article', 'Longer name');
    await pull();
    expect(await live('Article')).toMatchObject({ drift: true });
    const { status, body } = await adopt({ items: [{ typeKey: 'Article' }] });
    expect([status, body]).toMatchObject([
      200,
      { adopted: [{ typeKey: 'Article', number: 3 }], retired: [], left: [] },
    ]);
    expect(await latest('Article')).toMatchObject({
      ...{ number: 3, origin: 'AUTHORED', author: 'jane', definition: { displayName: 'Longer name' } },
      message: `Adopted from optimizely "default": ${WHY.reason}`,
    });
    expect(await live('Article')).toMatchObject({ drift: false });
    expect(await pull()).toMatchObject({ differences: 0 });
    const plan = await service.api('POST', '/deployments?dryRun', { platform: 'optimizely', actor: 'jane' });
    expect((plan.body as { items: { changes: number }[] }).items.map(({ changes }) => changes)).toEqual([0, 0]);
    // The sync that saw the change says who adopted it, and why.
    const { body: syncs } = await service.api('GET', '/sync/history?typeKey=Article&direction=PULL');
    const seen = (syncs as { items: { id: string }[] }).items.at(-1)!;
    const { body: events } = await service.api('GET', `/sync/${seen.id}/events`);
    expect((events as { items: object[] }).items.at(-1)).toMatchObject({ type: 'sync.adopted', data: WHY });
    // Once more is no new version.
    expect((await adopt({ items: [{ typeKey: 'Article' }] })).body).toEqual({ adopted: [], retired: [], left: [] });
    expect((await latest('Article')).number).toBe(3);
  });

  it('of everything takes what differs, new types too, and says what it leaves', async () => {
    await sent('Edited', 'Same', 'Removed', 'Ahead', 'Retired');
    await edit('Edited', 'Edited there');
    await edit('Ahead', 'Ahead there');
    await edit('Retired', 'Retired there');
    await remove('Removed');
    await cms.edit('New', 'colleague', { key: 'New', baseType: '_component', displayName: 'New' });
    await put('Ahead', 'Ahead here');
    await service.api('POST', '/content-types/Retired/retire', { actor: 'jane', reason: 'old' });
    await pull();
    const { body } = await adopt();
    expect(body.adopted.map(({ typeKey }) => typeKey)).toEqual(['Edited', 'New']);
    expect(body.left).toEqual([
      { kind: 'contentType', typeKey: 'Ahead', why: 'newer' },
      { kind: 'contentType', typeKey: 'Removed', why: 'removed' },
      { kind: 'contentType', typeKey: 'Retired', why: 'retired' },
    ]);
    expect((await latest('Ahead')).definition.displayName).toBe('Ahead here');

    const { body: all } = await adopt({ includeNewer: true, includeRemoved: true });
    expect(all.adopted.map(({ typeKey }) => typeKey)).toEqual(['Ahead']);
    expect(all.retired).toEqual([{ kind: 'contentType', typeKey: 'Removed' }]);
    expect(await latest('Ahead')).toMatchObject({ number: 4, definition: { displayName: 'Ahead there' } });
    expect(await latest('Removed')).toMatchObject({ retired: { by: 'jane' } });
    expect(await live('Removed')).toMatchObject({ drift: false });
    expect(await pull()).toMatchObject({ differences: 1 });
  });

  it('of everything leaves alone what nobody changed there, however new the catalogue is', async () => {
    await sent('Article', 'Written');
    await put('Written', 'Not sent yet');
    await pull();
    expect((await adopt({ includeNewer: true })).body).toEqual({ adopted: [], retired: [], left: [] });
    expect(await latest('Written')).toMatchObject({ definition: { displayName: 'Not sent yet' } });
    const { body } = await service.api('GET', '/sync/history?direction=PULL&typeKey=Article');
    const { body: events } = await service.api(
      'GET',
      `/sync/${(body as { items: { id: string }[] }).items[0]!.id}/events`,
    );
    expect((events as { items: { type: string }[] }).items.map(({ type }) => type)).not.toContain('sync.adopted');
  });

  it('of named items is all or nothing', async () => {
    await sent('Edited', 'Removed');
    await edit('Edited', 'Edited there');
    await remove('Removed');
    await pull();
    const { status, body } = await adopt({ items: [{ typeKey: 'Edited' }, { typeKey: 'Removed' }] });
    expect([status, body]).toMatchObject([409, { code: 'NOT_ADOPTABLE' }]);
    expect(body.detail).toContain('contentType "Removed": somebody removed it (set includeRemoved to retire it)');
    expect((await latest('Edited')).number).toBe(1);
    expect(await live('Edited')).toMatchObject({ drift: true });
  });

  it('takes only the version that the caller has seen', async () => {
    await sent('Article');
    await edit('Article', 'One');
    await pull();
    const [seen] = ((await service.api('GET', '/live')).body as unknown as { items: { versionHash: string }[] }).items;
    await edit('Article', 'Two');
    await pull();
    const items = [{ typeKey: 'Article', versionHash: seen!.versionHash }];
    const { status, body } = await adopt({ items });
    expect([status, body]).toMatchObject([409, { code: 'NOT_ADOPTABLE', items: [{ why: 'moved' }] }]);
    expect((await latest('Article')).number).toBe(1);
  });

  it('of a type that nobody has seen there is refused', async () => {
    await put('Never');
    expect(await adopt({ items: [{ typeKey: 'Never' }] })).toMatchObject({
      status: 409,
      body: { code: 'NOT_ADOPTABLE', items: [{ why: 'unknown' }] },
    });
    expect(await adopt({ environment: 'moon' })).toMatchObject({ status: 404 });
    expect(await adopt({ reason: undefined })).toMatchObject({ status: 400 });
  });

  it('made twice at the same time makes one version', async () => {
    await sent('Article');
    await edit('Article', 'Longer name');
    await pull();
    const both = await Promise.all([adopt(), adopt()]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await latest('Article')).number).toBe(3);
    expect(await live('Article')).toMatchObject({ drift: false });
  });

  it('of a removal, made twice at the same time, retires once and refuses nobody', async () => {
    await sent('Removed', 'Edited');
    await remove('Removed');
    await edit('Edited', 'Edited there');
    await pull();
    const both = await Promise.all(Array.from({ length: 4 }, () => adopt({ includeRemoved: true })));
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { body } = await service.api('GET', '/content-types/Removed/retirements');
    expect((body as { items: object[] }).items).toHaveLength(1);
    expect(await pull()).toMatchObject({ differences: 0 });
  });

  it('is kept when the live state is made anew; an edit after the next push is drift', async () => {
    await sent('Article');
    await edit('Article', 'Longer name');
    await pull();
    await adopt();
    await service.app.get(LiveProjector).rebuild();
    expect(await live('Article')).toMatchObject({ drift: false });
    await deploy(service.api, { items: [{ typeKey: 'Article' }] });
    await edit('Article', 'Once more');
    await pull();
    expect(await live('Article')).toMatchObject({ drift: true });
  });
});
