import { deploy } from '../support/deployments.ts';
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

/** As it was written for an older version of the API. */
const loan = (key: string, displayName = key) => ({
  ...{ key, displayName, baseType: '_component' },
  properties: {
    title: { type: 'string', localized: true, required: true },
    target: { type: 'url', isrequired: true },
  },
});
const UNKNOWN = ['/properties/target/isrequired', '/properties/title/localized', '/properties/title/required'];
const NONE = { unknownFields: [], moreUnknownFields: 0 };
const TOLD = { unknownFields: UNKNOWN, moreUnknownFields: 0 };

const put = (definition: { key: string }) => service.api('PUT', `/content-types/${definition.key}`, definition);
const pulled = async (typeKey: string) => {
  const { body } = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  return (body as { items: { typeKey: string }[] }).items.find((item) => item.typeKey === typeKey);
};

describe('fields that the model of the platform does not know', () => {
  it('are named by an import, a put and a plan', async () => {
    const group = { key: 'Shelves', displayName: 'Shelves', colour: 'red' };
    const manifest = { contentTypes: [loan('Loan'), { ...loan('Plain'), properties: {} }], propertyGroups: [group] };
    const imported = await service.api('POST', '/content-types/import', manifest);
    expect(imported.body).toMatchObject({
      items: [
        { typeKey: 'Shelves', unknownFields: ['/colour'] },
        { typeKey: 'Loan', ...TOLD },
        { typeKey: 'Plain', ...NONE },
      ],
    });
    expect((await put(loan('Loan'))).body).toMatchObject({ created: false, ...TOLD });
    const request = { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Loan' }, { typeKey: 'Plain' }] };
    const plan = await service.api('POST', '/deployments?dryRun', request);
    expect(plan.body).toMatchObject({
      items: [
        { typeKey: 'Loan', impact: 'additive', ...TOLD },
        { typeKey: 'Plain', ...NONE },
      ],
    });
  });

  it('are named in a bounded number, and none too long', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${'x'.repeat(900)}${index}`, 1]));
    const { body } = await put({ ...many, key: 'Many' });
    const { unknownFields, moreUnknownFields } = body as { unknownFields: string[]; moreUnknownFields: number };
    expect([unknownFields.length, moreUnknownFields]).toEqual([20, 480]);
    for (const pointer of unknownFields) expect(pointer.length).toBeLessThanOrEqual(201);
  });

  it('are sent, and a pull finds the same although the platform ignores them', async () => {
    await put(loan('Ignored'));
    const deployment = await deploy(service.api, { items: [{ typeKey: 'Ignored' }] });
    expect(deployment.status).toBe('SUCCESS');
    const sent = (await cms.calls()).at(-1)!.body!.contentTypes!;
    expect(sent).toEqual([loan('Ignored')]);
    const { versionHash } = deployment.items[0]!;
    expect(await pulled('Ignored')).toMatchObject({
      state: 'same',
      platformHash: versionHash,
      latestHash: versionHash,
    });
  });

  it('hide no edit behind our back', async () => {
    await put(loan('Edited'));
    await deploy(service.api, { items: [{ typeKey: 'Edited' }] });
    await cms.edit('Edited', 'sam', { displayName: 'By hand' });
    expect(await pulled('Edited')).toMatchObject({ state: 'different' });
  });

  it('make another version', async () => {
    const [before, after] = [
      await put(loan('Counted')),
      await put({ ...loan('Counted'), future: 1 } as { key: string }),
    ];
    expect(after.body).toMatchObject({ number: 2, created: true });
    expect((after.body as { versionHash: string }).versionHash).not.toBe(
      (before.body as { versionHash: string }).versionHash,
    );
  });
});
