import { deploy, settled } from '../support/deployments.ts';
import { findings, sql } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

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

const put = (key: string, displayName = key) =>
  service.api('PUT', `/content-types/${key}`, { key, displayName, baseType: '_page' });
const retire = (key: string, body: object = { actor: 'jane', reason: 'Replaced' }) =>
  service.api('POST', `/content-types/${key}/retire`, body);
const reinstate = (key: string, body: object = { actor: 'joe', reason: 'Needed again' }) =>
  service.api('POST', `/content-types/${key}/reinstate`, body);
const listed = async (query = '') => {
  const { body } = await service.api('GET', `/content-types${query}`);
  return body as { items: { typeKey: string; retired: object | null }[]; root: string };
};
const keysOf = async (query: string) => (await listed(query)).items.map(({ typeKey }) => typeKey);

describe('a retired content type', () => {
  it('is shown with its reason, and keeps each retirement and its end', async () => {
    await put('Shown');
    expect(await retire('Shown')).toMatchObject({
      status: 200,
      body: { items: [{ retiredBy: 'jane', reason: 'Replaced', reinstatedAt: null, reinstatedBy: null }] },
    });
    const shown = (await service.api('GET', '/content-types/Shown')).body;
    expect(shown).toMatchObject({ number: 1, retired: { by: 'jane', reason: 'Replaced', at: expect.any(String) } });
    await reinstate('Shown');
    expect((await service.api('GET', '/content-types/Shown')).body).toMatchObject({ retired: null });
    await retire('Shown', { actor: 'ann', reason: 'Again' });
    expect((await service.api('GET', '/content-types/Shown/retirements')).body).toMatchObject({
      items: [
        { retiredBy: 'ann', reason: 'Again', reinstatedAt: null },
        { retiredBy: 'jane', reinstatedBy: 'joe', reinstateReason: 'Needed again', reinstatedAt: expect.any(String) },
      ],
    });
  });

  it('is listed apart, and does not count in the root', async () => {
    await put('Kept');
    const { root } = await listed();
    await put('Listed');
    expect((await listed()).root).not.toBe(root);
    await retire('Listed');
    expect((await listed()).root).toBe(root);
    expect(await keysOf('?retired=true')).toContain('Listed');
    expect(await keysOf('?retired=false')).not.toContain('Listed');
    expect(await keysOf('')).toEqual(expect.arrayContaining(['Kept', 'Listed']));
  });

  it('is not deployed with everything, and by its name only when it is back', async () => {
    await put('Deployed');
    await put('Left');
    await retire('Left');
    const { items } = await deploy(service.api);
    expect(items.map(({ typeKey }) => typeKey)).toContain('Deployed');
    expect(items.map(({ typeKey }) => typeKey)).not.toContain('Left');
    const named = { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Left' }, { typeKey: 'Deployed' }] };
    expect(await service.api('POST', '/deployments', named)).toMatchObject({
      status: 409,
      body: { code: 'RETIRED', detail: expect.stringContaining('"Left". Reinstate'), items: [{ typeKey: 'Left' }] },
    });
    await reinstate('Left');
    expect(await deploy(service.api, { items: named.items })).toMatchObject({ status: 'SUCCESS' });
  });

  it('is not missed in a pull, and compared while the platform has it', async () => {
    await put('Gone');
    await put('Still');
    await deploy(service.api, { items: [{ typeKey: 'Still' }] });
    for (const key of ['Gone', 'Still']) await retire(key);
    const { body } = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
    const states = new Map((body as { items: { typeKey: string; state: string }[] }).items.map((i) => [i.typeKey, i]));
    expect(states.get('Gone')).toBeUndefined();
    expect(states.get('Still')).toMatchObject({ state: 'same' });
  });

  it('is brought back on its platform by a rollback, and stays retired', async () => {
    await put('Undone', 'first');
    await deploy(service.api, { items: [{ typeKey: 'Undone' }] });
    await put('Undone', 'second');
    const second = await deploy(service.api, { items: [{ typeKey: 'Undone' }] });
    await retire('Undone');
    const asked = { actor: 'joe', reason: 'it was wrong' };
    const { body } = await service.api('POST', `/deployments/${second.id}/rollback`, asked);
    expect(await settled(service.api, (body as { id: string }).id)).toMatchObject({ status: 'SUCCESS' });
    expect(await keysOf('?retired=true')).toContain('Undone');
  });

  it.each<[string, () => Promise<unknown>, object]>([
    ['that does not exist', () => retire('Nobody'), { status: 404, body: { code: 'CONTENT_TYPE_NOT_FOUND' } }],
    [
      'that does not exist and is brought back',
      () => reinstate('Nobody'),
      { status: 404, body: { code: 'CONTENT_TYPE_NOT_FOUND' } },
    ],
    [
      'that is retired',
      async () => {
        await put('Twice');
        await retire('Twice');
        return retire('Twice');
      },
      { status: 409, body: { code: 'ALREADY_RETIRED' } },
    ],
    [
      'that is not retired',
      async () => {
        await put('Never');
        return reinstate('Never');
      },
      { status: 409, body: { code: 'NOT_RETIRED' } },
    ],
    ['without a reason', () => retire('Kept', { actor: 'jane' }), { status: 400, body: { code: 'INVALID_REQUEST' } }],
  ])('refuses one %s', async (_what, ask, answer) => {
    expect(await ask()).toMatchObject(answer);
  });

  it('is retired once by racing requests', async () => {
    await put('Raced');
    const answers = await Promise.all(Array.from({ length: 10 }, () => retire('Raced')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });
});

describe('fsck', () => {
  it('proves retirements', async () => {
    expect(await findings(service.databaseUrl)).toEqual([]);
    await sql(
      service.databaseUrl,
      `insert into content_type_retirement (platform, kind, type_key, number, retired_by, reason)
       values ('optimizely', 'contentType', 'Unknown', 1, 'jane', 'because')`,
    );
    expect(await findings(service.databaseUrl)).toMatchObject([{ rule: 'retirement' }]);
  });
});
