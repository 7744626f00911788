import { deploy } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Rule {
  id: string;
  typeKey: string | null;
  ignore: string[];
  endedBy: string | null;
}

const LATER = '2090-01-01T00:00:00Z';
const WHY = { actor: 'jane', reason: 'Marketing tries another name' };

let cms: SimulatedCms;
let staging: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  cms = await startSimulatedCms();
  staging = await startSimulatedCms();
  const other = Object.entries(optimizelyAt(staging.url)).map(([name, value]) => [
    name.replace('CMS', 'CMS_STAGING'),
    value,
  ]);
  service = await startTestApp({ ...optimizelyAt(cms.url), ...(Object.fromEntries(other) as NodeJS.ProcessEnv) });
});
afterAll(async () => {
  await service?.close();
  await Promise.all([cms?.close(), staging?.close()]);
});

const edited = async (typeKey: string, changes: object) => {
  const definition = { key: typeKey, baseType: '_component', displayName: typeKey, description: 'ours' };
  await service.api('PUT', `/content-types/${typeKey}?author=jane`, definition);
  await deploy(service.api, { items: [{ typeKey }] });
  await cms.edit(typeKey, 'colleague', changes);
  await pull();
};
const pull = async () =>
  (await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' })).body as {
    differences: number;
    accepted: number;
    items: { typeKey: string; state: string; acceptedBy: string[]; unknownFields: string[] }[];
  };
const live = async (query = '') =>
  (await service.api('GET', `/live?${query}`)).body as {
    drift: number;
    acceptedDrift: number;
    items: { typeKey: string; drift: boolean; acceptedBy: string[] }[];
  };
const item = async (typeKey: string) => (await live()).items.find((one) => one.typeKey === typeKey)!;
const add = async (rule: object) => {
  const { status, body } = await service.api('POST', '/drift/rules', { ...WHY, until: LATER, ...rule });
  expect(status).toBe(201);
  return body as unknown as Rule;
};
const end = (id: string) => service.api('POST', `/drift/rules/${id}/end`, { actor: 'joe', reason: 'Done' });

describe('a drift rule', () => {
  it('expects changes at its paths, and nothing else, until somebody ends it', async () => {
    await edited('Renamed', { displayName: 'Another name' });
    expect(await item('Renamed')).toMatchObject({ drift: true, acceptedBy: [] });
    const before = await live();
    const rule = await add({ typeKey: 'Renamed', ignore: ['/displayName'] });
    expect(rule).toMatchObject({ typeKey: 'Renamed', ignore: ['/displayName'], endedBy: null, ...WHY });
    expect(await item('Renamed')).toMatchObject({ drift: true, acceptedBy: [rule.id] });
    expect(await live()).toMatchObject({ drift: before.drift - 1, acceptedDrift: before.acceptedDrift + 1 });
    expect((await live('accepted=true')).items.map(({ typeKey }) => typeKey)).toEqual(['Renamed']);
    expect((await live('accepted=false')).items.map(({ typeKey }) => typeKey)).not.toContain('Renamed');
    const { accepted, items } = await pull();
    expect(accepted).toBe(1);
    expect(items.find(({ typeKey }) => typeKey === 'Renamed')).toMatchObject({
      state: 'different',
      acceptedBy: [rule.id],
    });

    // A change elsewhere is not expected: then the item is not.
    await cms.edit('Renamed', 'colleague', { description: 'theirs' });
    await pull();
    expect(await item('Renamed')).toMatchObject({ drift: true, acceptedBy: [] });
    // Two rules together expect both.
    const second = await add({ ignore: ['/description'] });
    expect((await item('Renamed')).acceptedBy.toSorted()).toEqual([rule.id, second.id].toSorted());

    expect((await end(second.id)).body).toMatchObject({ endedBy: 'joe', endReason: 'Done' });
    expect(await item('Renamed')).toMatchObject({ acceptedBy: [] });
    const again = await end(second.id);
    expect([again.status, again.body]).toMatchObject([409, { code: 'DRIFT_RULE_ENDED' }]);
    expect((await service.api('GET', '/drift/rules?inForce=false')).body).toMatchObject({ items: [{ id: second.id }] });
    expect((await service.api('GET', '/drift/rules?inForce=true&limit=1')).body).toMatchObject({
      items: [{ id: rule.id }],
      next: null,
    });
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  it('expects a deletion only by the empty path', async () => {
    await edited('Gone', { displayName: 'Gone soon' });
    await fetch(`${cms.url}/_sandbox/content-types/Gone`, { method: 'DELETE' });
    await pull();
    const paths = await add({ typeKey: 'Gone', ignore: ['/displayName', '/key'] });
    expect(await item('Gone')).toMatchObject({ drift: true, acceptedBy: [] });
    await end(paths.id);
    const whole = await add({ typeKey: 'Gone', ignore: [''] });
    expect(await item('Gone')).toMatchObject({ drift: true, acceptedBy: [whole.id] });
  });

  it('is of one path, not of those that begin alike', async () => {
    await edited('Alike', { displayName: 'Alike 2' });
    await add({ typeKey: 'Alike', ignore: ['/display'] });
    expect(await item('Alike')).toMatchObject({ drift: true, acceptedBy: [] });
  });

  it('ends by itself at its time', async () => {
    await edited('Timed', { displayName: 'Timed 2' });
    const { id } = await add({ typeKey: 'Timed', ignore: ['/displayName'] });
    expect((await item('Timed')).acceptedBy).toEqual([id]);
    const sql = await connectSql(service.databaseUrl);
    await sql(`update drift_rule set until = clock_timestamp() where id = '${id}'`);
    await sql.close();
    expect((await item('Timed')).acceptedBy).toEqual([]);
    expect((await end(id)).status).toBe(409);
  });

  it('is for one environment', async () => {
    await edited('Here', { displayName: 'Here 2' });
    const { status, body } = await service.api('POST', '/drift/rules', {
      ...{ ...WHY, until: LATER, typeKey: 'Here', ignore: [''], environment: 'moon' },
    });
    expect([status, body]).toMatchObject([404, { code: 'UNKNOWN_ENVIRONMENT' }]);
    const elsewhere = await add({ typeKey: 'Here', ignore: [''], environment: 'staging' });
    expect((await item('Here')).acceptedBy).toEqual([]);
    const here = await add({ typeKey: 'Here', ignore: [''] });
    expect((await item('Here')).acceptedBy).toEqual([here.id]);
    const { body: listed } = await service.api('GET', '/drift/rules?environment=staging');
    expect((listed as { items: Rule[] }).items.map(({ id }) => id)).toEqual([elsewhere.id]);
  });

  it.each([
    ['no path', { ignore: [] }],
    ['a path without its slash', { ignore: ['displayName'] }],
    ['an escape that is none', { ignore: ['/a~2'] }],
    ['a path with a NUL', { ignore: ['/a\0'] }],
    ['a path that is no text', { ignore: [5] }],
    ['101 paths', { ignore: Array.from({ length: 101 }, (_, index) => `/${index}`) }],
    ['an endless path', { ignore: [`/${'x'.repeat(1_001)}`] }],
    ['an end in the past', { ignore: [''], until: '2020-01-01T00:00:00Z' }],
    ['no end', { ignore: [''], until: undefined }],
    ['no reason', { ignore: [''], reason: undefined }],
    ['a member that nobody knows', { ignore: [''], forever: true }],
  ])('is refused with %s', async (_what, rule) => {
    const { status, body } = await service.api('POST', '/drift/rules', { ...WHY, until: LATER, ...rule });
    expect([status, body]).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  });

  it('that does not exist cannot be ended', async () => {
    const { status, body } = await end('019a5f0e-7c11-7aaa-8000-000000000000');
    expect([status, body]).toMatchObject([404, { code: 'DRIFT_RULE_NOT_FOUND' }]);
  });
});
