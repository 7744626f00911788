import type { Json } from '#json';
import { PlatformError } from '#platform';
import { readManifestRefusal } from '../../src/optimizely/manifest-refusal.ts';
import type { SentItem } from '../../src/optimizely/manifest.ts';
import { deploy } from '../support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

const type = (typeKey: string): SentItem => ({ typeKey, kind: 'contentType' });
const SENT: SentItem[] = [
  type('FineOne'),
  { typeKey: 'seo', kind: 'propertyGroup' },
  type('OddChoice'),
  type('FineTwo'),
  { typeKey: 'OddChoice', kind: 'displayTemplate' },
];

const refusal = (errors: Json, statusCode = 400) =>
  new PlatformError({
    ...{ code: 'INVALID_REQUEST', message: 'No', retryable: false, statusCode },
    body: { title: 'Bad Request', errors },
  });
const read = (errors: Json, sent = SENT) => readManifestRefusal(sent, refusal(errors));
/** The code of each item, by its kind and key. */
const codes = (errors: Json) =>
  read(errors)?.map(({ kind, typeKey, error }) => `${kind} ${typeKey} ${error!.code}`) ?? 'none';
const messageOf = (typeKey: string, errors: Json, kind = 'contentType') =>
  read(errors)!.find((item) => item.typeKey === typeKey && item.kind === kind)!.error!.message;

const ONLY_ODD_CHOICE = [
  'contentType FineOne NOT_APPLIED',
  'propertyGroup seo NOT_APPLIED',
  'contentType OddChoice INVALID_REQUEST',
  'contentType FineTwo NOT_APPLIED',
  'displayTemplate OddChoice NOT_APPLIED',
];

describe('the refusal of a manifest', () => {
  it.each([
    'contentTypes[1].properties.kind.enum',
    'ContentTypes[1].Properties.Kind.Enum',
    'contentTypes.1.properties.kind.enum',
    '$.contentTypes[1].properties.kind.enum',
    "$['contentTypes'][1]['properties']",
    '/contentTypes/1/properties/kind/enum',
    '#/content-types/1/properties',
    'manifest.ContentTypes[1].Properties',
    'contentTypes.OddChoice.properties',
    'contentTypes[1]',
  ])('names the item at %s, and its neighbours name it by its key', (field) => {
    const list = [{ field, detail: 'It must be a list.' }];
    const map = { [field]: ['It must be a list.'] };
    for (const errors of [list, map, { [field]: 'It must be a list.' }]) {
      expect(codes(errors)).toEqual(ONLY_ODD_CHOICE);
      const fine = messageOf('FineOne', errors);
      expect(fine).toMatch(/^Not applied, because the platform refused "OddChoice" in the same call: .*must be a list/);
      expect(fine).not.toContain('[1]');
      expect(messageOf('OddChoice', errors)).toMatch(/must be a list.*Correct the content and push again\.$/);
    }
  });

  it('says at which place of the item it is wrong', () => {
    const errors = [{ field: 'contentTypes[1].properties.kind.enum', detail: 'It must be a list' }];
    expect(messageOf('OddChoice', errors)).toBe(
      'properties.kind.enum: It must be a list. Correct the content and push again.',
    );
    expect(messageOf('FineTwo', errors)).toContain('"OddChoice": properties.kind.enum: It must be a list.');
  });

  it.each<[string, Json]>([
    ['a nested map', { contentTypes: { 1: { properties: { kind: { enum: ['It must be a list.'] } } } } }],
    ['a list of maps', [{ 'contentTypes[1].properties': ['It must be a list.'] }]],
    ['other names of members', [{ message: 'It must be a list.', path: 'contentTypes[1]' }]],
    ['a section and a key', [{ section: 'ContentType', resource: 'OddChoice', message: 'It must be a list.' }]],
    ['nonsense around it', [null, 7, true, [], {}, { field: 1 }, { field: 'contentTypes[1]', detail: 'A list.' }]],
  ])('is read from %s', (_name, errors) => expect(codes(errors)).toEqual(ONLY_ODD_CHOICE));

  it('counts each section by itself', () => {
    expect(codes({ 'propertyGroups[0].key': ['Reserved.'], 'displayTemplates[0]': ['No target.'] })).toEqual([
      'contentType FineOne NOT_APPLIED',
      'propertyGroup seo INVALID_REQUEST',
      'contentType OddChoice NOT_APPLIED',
      'contentType FineTwo NOT_APPLIED',
      'displayTemplate OddChoice INVALID_REQUEST',
    ]);
  });

  it('names several items, each with its own error, and what is about none', () => {
    const errors = { 'contentTypes[0].key': ['Too short.'], 'contentTypes[1].key': ['Too long.'], manifest: ['Bad.'] };
    expect(messageOf('FineOne', errors)).toBe('key: Too short. Correct the content and push again.');
    expect(messageOf('OddChoice', errors)).toBe('key: Too long. Correct the content and push again.');
    expect(messageOf('FineTwo', errors)).toBe(
      'Not applied, because the platform refused "FineOne", "OddChoice" in the same call: "FineOne": key: Too short. ' +
        '"OddChoice": key: Too long. It also said: manifest: Bad. Correct or leave out these, and push again.',
    );
  });

  it('was applied to no item', () => {
    expect(read({ 'contentTypes[1]': 'No' })!.map(({ status, outcome }) => `${status} ${outcome}`)).toEqual(
      SENT.map(() => 'FAILED NOT_APPLIED'),
    );
  });

  it.each<[string, Json]>([
    ['null', null],
    ['a number', 5],
    ['an empty list', []],
    ['an empty map', {}],
    ['a text', 'The manifest is invalid.'],
    ['null in a map', { 'contentTypes[1]': null }],
    ['an index that was not sent', { 'contentTypes[3].key': ['No'] }],
    ['a negative index', { 'contentTypes[-1].key': ['No'] }],
    ['an index that is none', { 'contentTypes[01]': ['No'], 'contentTypes[1e9]': ['No'] }],
    ['a huge index', { [`contentTypes[${'9'.repeat(5_000)}]`]: ['No'] }],
    ['a section alone', { contentTypes: ['No'] }],
    ['an unknown section', { 'locales[1]': ['No'] }],
    ['a section deep in another', { 'a.b.contentTypes[1]': ['No'] }],
    ['a key that was not sent', { 'contentTypes.Ghost': ['No'], 'contentTypes.__proto__': ['No'] }],
    ['a map that is too deep', JSON.parse(`${'{"a":'.repeat(150)}"No"${'}'.repeat(150)}`) as Json],
  ])('that names no item with %s is that of the whole call', (_name, errors) => expect(read(errors)).toBeUndefined());

  it.each([401, 403, 409, 429, 500, 502])('with status %d is none of the items', (status) =>
    expect(readManifestRefusal(SENT, refusal({ 'contentTypes[1]': ['No'] }, status))).toBeUndefined(),
  );

  it.each<[Json | undefined]>([[undefined], [null], ['errors'], [[{ errors: ['No'] }]]])(
    'with the body %j names no item',
    (body) => {
      const failure = { code: 'INVALID_REQUEST', message: 'No', retryable: false, statusCode: 400 };
      expect(readManifestRefusal(SENT, new PlatformError({ ...failure, body }))).toBeUndefined();
    },
  );

  it('of data loss says how it can be applied', () => {
    const detail = 'The changes are considered breaking and could potentially result in data loss.';
    const [, , odd] = read([{ field: 'contentTypes[1]', detail }])!;
    expect(odd!.error).toMatchObject({ code: 'DATA_LOSS_REFUSED', message: expect.stringContaining('with force') });
  });

  it('with 100,000 errors and 2,000 items is read in time, and each message is short', () => {
    const sent = Array.from({ length: 2_000 }, (_, index) => type(`T${index}`));
    const long = 'x'.repeat(200);
    const errors = Array.from({ length: 100_000 }, (_, index) => ({
      field: `contentTypes[${index % 1_000}].properties.${long}`,
      detail: long,
    }));
    const start = performance.now();
    const items = read(errors, sent)!;
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(items.map(({ error }) => error!.code)).toEqual([
      ...Array.from({ length: 1_000 }, () => 'INVALID_REQUEST'),
      ...Array.from({ length: 1_000 }, () => 'NOT_APPLIED'),
    ]);
    for (const { error } of items) expect(error!.message.length).toBeLessThan(5_000);
    expect(items.at(-1)!.error!.message).toContain('"T4" and 995 more in the same call');
  });
});

describe('a deployment with one malformed definition', () => {
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

  const page = (key: string, more: object = {}) => ({ key, displayName: key, baseType: '_page', ...more });
  const failures = async (id: string) => {
    const { body } = await service.api('GET', `/sync/history?deploymentId=${id}`);
    const { items } = body as { items: { typeKey: string; errorCode: string; errorMessage: string }[] };
    return Object.fromEntries(
      items.map(({ typeKey, errorCode, errorMessage }) => [typeKey, { errorCode, errorMessage }]),
    );
  };

  it('blames this one, keeps the answer of the platform, and tells the others its key', async () => {
    const kind = { type: 'string', enum: { values: [{ value: '-' }] } };
    const contentTypes = [page('PlainA'), page('Malformed', { properties: { kind } }), page('PlainB')];
    await service.api('POST', '/content-types/import', { contentTypes });
    const items = contentTypes.map(({ key }) => ({ typeKey: key }));
    const deployment = await deploy(service.api, { items });
    expect(deployment.status).toBe('FAILED');
    const because = {
      errorCode: 'NOT_APPLIED',
      errorMessage: expect.stringContaining('refused "Malformed" in the same'),
    };
    expect(await failures(deployment.id)).toEqual({
      PlainA: because,
      PlainB: because,
      Malformed: { errorCode: 'INVALID_REQUEST', errorMessage: expect.stringContaining('properties.kind.enum: ') },
    });
    const sync = await service.api('GET', `/sync/${deployment.items[0]!.syncId}`);
    expect(sync.body).toMatchObject({ statusCode: 400, retryCount: 0 });
  });

  it('tells the others its key when the answer is 200, too', async () => {
    const contentTypes = [page('GoodA'), page('BadGroup', { properties: { p: { type: 'string', group: 'Nowhere' } } })];
    await service.api('POST', '/content-types/import', { contentTypes });
    const { id } = await deploy(service.api, { items: contentTypes.map(({ key }) => ({ typeKey: key })) });
    expect(await failures(id)).toMatchObject({
      GoodA: {
        errorCode: 'NOT_APPLIED',
        errorMessage: `Not applied, because the platform refused "BadGroup" in the same call: "BadGroup": The property group 'Nowhere' does not match an existing group. Correct or leave out this one, and push again.`,
      },
      BadGroup: { errorCode: 'REFUSED' },
    });
  });
});
