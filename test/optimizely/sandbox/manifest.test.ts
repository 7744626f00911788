import { gzipSync } from 'node:zlib';
import {
  api,
  authorized,
  call,
  FORCE,
  MANIFEST_TYPE,
  PAGE,
  property,
  push,
  recipe,
  restart,
  sandbox,
  start,
  WARNING,
} from './sandbox-client.ts';

const TEXT = { type: 'string', format: 'shortString' };
const LIST_OF_REFERENCES = { type: 'array', items: { type: 'contentReference' } };
const LAYOUT = { format: 'outline' };
const GRID = { type: 'composition', format: 'grid' };

beforeEach(() => start());
afterEach(() => sandbox.close());

describe('POST /manifest', () => {
  it('applies groups before types before templates, and tells each outcome', async () => {
    const answer = await push({
      displayTemplates: [{ key: 'Card', displayName: 'Card', contentType: 'Recipe', settings: {} }],
      contentTypes: [{ ...PAGE, properties: { title: { type: 'string', group: 'kitchen' } } }],
      propertyGroups: [{ key: 'kitchen', displayName: 'Kitchen', sortOrder: 5 }],
    });
    expect(answer.body).toEqual({
      outcomes: [
        { section: 'propertyGroups', resource: 'kitchen', message: "Property group 'kitchen' was created." },
        { section: 'contentTypes', resource: 'Recipe', message: "Content type 'Recipe' was created." },
        { section: 'displayTemplates', resource: 'Card', message: "Display template 'Card' was created." },
      ],
      errors: [],
    });
  });

  it.each(['application/json', MANIFEST_TYPE])('accepts %s', async (contentType) => {
    expect(await push({ contentTypes: [PAGE] }, { 'content-type': contentType })).toMatchObject({
      status: 200,
      body: { errors: [] },
    });
  });

  it('applies no type when one is refused, but still the groups; answers 200', async () => {
    const answer = await push({
      propertyGroups: [{ key: 'kitchen', displayName: 'Kitchen' }],
      contentTypes: [PAGE, { ...PAGE, key: 'Other', properties: { title: { type: 'string', group: 'Kitchen' } } }],
      displayTemplates: [{ key: 'Card', displayName: 'Card', contentType: 'Recipe' }],
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      outcomes: [expect.objectContaining({ section: 'propertyGroups' })],
      errors: [
        {
          section: 'contentTypes',
          resource: 'Other',
          message: "The property group 'Kitchen' does not match an existing group.",
        },
        { section: 'displayTemplates', resource: 'Card', message: "Unable to find a content type 'Recipe'" },
      ],
    });
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
    expect((await api('GET', '/propertygroups/kitchen')).status).toBe(200);
  });

  it('leaves alone what it does not name, and what has not changed', async () => {
    await push({ contentTypes: [PAGE] });
    const before = await api('GET', '/contenttypes/Recipe');
    const answer = await push({ contentTypes: [PAGE, { ...PAGE, key: 'Other' }] });
    expect(answer.body['errors']).toEqual([]);
    await push({ contentTypes: [{ ...PAGE, key: 'Other', displayName: 'Changed' }] });
    const after = await api('GET', '/contenttypes/Recipe');
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
  });

  it('ignores unknown fields and answers 400 with every field of a wrong type', async () => {
    expect((await push({ contentTypes: [{ ...PAGE, hue: 7, source: '_system' }], extra: 1 })).body['errors']).toEqual(
      [],
    );
    expect((await api('GET', '/contenttypes/Recipe')).body).not.toHaveProperty('hue');

    const answer = await push({
      contentTypes: [PAGE, { ...PAGE, sortOrder: 'first', properties: { title: { type: 'string', maxLength: 1.5 } } }],
      propertyGroups: {},
    });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        code: 'InvalidRequest',
        errors: expect.arrayContaining([
          { field: 'contentTypes[1].sortOrder', detail: 'The value must be of type int32.' },
          { field: 'contentTypes[1].properties.title.maxLength', detail: 'The value must be of type int32.' },
          { field: 'propertyGroups', detail: 'The value must be of type list.' },
        ]),
      },
    });
    expect((await call('POST', '/v1/manifest', { ...authorized(), rawBody: '{"contentTypes":' })).status).toBe(400);
  });

  it.each(['__proto__', 'constructor', 'toString'])('keeps a property that is called %s', async (name) => {
    const properties: object = JSON.parse(`{"${name}":{"type":"string"}}`);
    await push({ contentTypes: [{ ...PAGE, properties }] });
    expect((await api('GET', '/contenttypes/Recipe')).text).toContain(`"${name}":{"type":"string"`);
  });

  it.each<[string, object, Record<string, unknown>]>([
    ['a key that is too short', { key: 'x' }, { message: "The value of 'key' is too short." }],
    ['a key of wrong letters', { key: 'a-b' }, { message: expect.stringContaining("The key 'a-b' must match") }],
    ['no key', { key: undefined }, { resource: null }],
    ['no display name', { displayName: undefined }, { message: "The field 'displayName' is required." }],
    ['a long display name', { displayName: 'x'.repeat(256) }, { message: "The value of 'displayName' is too long." }],
    ['an unsupported base type', { baseType: '_element' }, { message: "The base type '_element' is not supported." }],
    ['no base type', { baseType: undefined }, { message: "The field 'baseType' is required." }],
    ['an unknown container', { mayContainTypes: ['Gone'] }, { message: "Unable to find a content type 'Gone'" }],
    ['an unknown contract', { contracts: ['BlankSection'] }, { message: "Unable to find a contract 'BlankSection'" }],
    ['a list over 1000', { mayContainTypes: Array.from({ length: 1001 }, () => '_page') }, { section: 'contentTypes' }],
    ['behaviors of a page', { compositionBehaviors: ['sectionEnabled'] }, { resource: 'Recipe' }],
    ['a built-in type', { key: 'BlankExperience' }, { resource: 'BlankExperience' }],
    ['an unknown type of property', property({ type: 'colour' }), { message: expect.stringContaining("'colour'") }],
    ['an array without items', property({ type: 'array' }), { message: "The property 'p' must have items." }],
    ['an array of arrays', property({ type: 'array', items: { type: 'array' } }), { resource: 'Recipe' }],
    [
      'indexing on a reference',
      property({ type: 'contentReference', indexingType: 'queryable' }),
      { message: "Setting 'IndexingType.Queryable' is not allowed on property of type 'contentReference'." },
    ],
    [
      'a length on a number',
      property({ type: 'integer', maxLength: 3 }),
      { message: "Setting 'MaxLength' is not allowed on property of type 'integer'." },
    ],
    ['a limit of another type', property({ type: 'integer', minimum: '1' }), { resource: 'Recipe' }],
    ['a pattern that is none', property({ type: 'string', pattern: '(' }), { resource: 'Recipe' }],
    ['an unknown reference', property({ type: 'content', allowedTypes: ['Gone'] }), { resource: 'Recipe' }],
    [
      'a content type beside allowed types',
      property({ type: 'content', contentType: 'Recipe', allowedTypes: ['_page'] }),
      { resource: 'Recipe' },
    ],
    ['a component of no type', property({ type: 'component' }), { resource: 'Recipe' }],
    [
      'a component in an element',
      {
        baseType: '_component',
        compositionBehaviors: ['elementEnabled'],
        ...property({ type: 'array', items: { type: 'json' } }),
      },
      { message: "The property 'p' is not allowed when content type has ElementEnabled." },
    ],
    [
      'indexing on an array of references',
      property({ type: 'array', indexingType: 'searchable', items: { type: 'contentReference' } }),
      { message: "Setting 'IndexingType.Searchable' is not allowed on property of type 'array'." },
    ],
    ['an element that is a section', { baseType: '_section', compositionBehaviors: ['elementEnabled'] }, {}],
    [
      'a composition in a page',
      property({ type: 'composition', format: 'grid' }),
      { message: "The property 'p' of type 'composition' is only allowed in a content type of '_experience'." },
    ],
    [
      'a composition of no format',
      { baseType: '_experience', ...property({ type: 'composition' }) },
      { message: "The field 'properties.p.format' is required." },
    ],
    [
      'a composition of an unknown format',
      { baseType: '_experience', composition: { format: 'flat' } },
      { message: "The value 'flat' of 'composition.format' must be one of grid, outline." },
    ],
    ['an array of compositions', property({ type: 'array', items: { type: 'composition' } }), {}],
    ['a second composition in an experience', { baseType: '_experience', properties: { composition: GRID } }, {}],
    ['the composition of a page', { composition: { format: 'grid' } }, { resource: 'Recipe' }],
    [
      'a page in a composition',
      { baseType: '_experience', composition: { format: 'outline', allowedTypes: ['BlankExperience'] } },
      { message: "The type 'BlankExperience' cannot be used in a 'outline' layout composition." },
    ],
    [
      'a section in a grid',
      { baseType: '_experience', ...property({ ...GRID, allowedTypes: ['_section'] }) },
      { message: "The type '_section' cannot be used in a 'grid' layout composition." },
    ],
  ])('refuses %s', async (_what, change, error) => {
    const { body } = await push({ contentTypes: [{ ...PAGE, ...change }] });
    expect(body).toMatchObject({ outcomes: [], errors: [error] });
  });

  it.each<[string, object]>([
    ['an array of texts that is searched', property({ type: 'array', indexingType: 'searchable', items: TEXT })],
    ['an array of references that is not indexed', property({ ...LIST_OF_REFERENCES, indexingType: 'disabled' })],
    ['a composable section', { baseType: '_section', compositionBehaviors: ['sectionEnabled'] }],
    ['a second composition in an experience', { baseType: '_experience', ...property(GRID) }],
    ['the composition of an experience', { baseType: '_experience', composition: { allowedTypes: ['_section'] } }],
    ['a component in both layouts', { baseType: '_section', composition: { ...LAYOUT, allowedTypes: ['_component'] } }],
    [
      'the composition that a component inherits',
      { baseType: '_component', compositionBehaviors: ['sectionEnabled'], properties: { composition: GRID } },
    ],
    ['anything that a composition leaves out', { baseType: '_section', composition: { restrictedTypes: ['_page'] } }],
  ])('takes %s', async (_what, change) => {
    const { body } = await push({ contentTypes: [{ ...PAGE, ...change }] });
    expect(body).toMatchObject({ errors: [], outcomes: [{ resource: 'Recipe' }] });
  });

  it('keeps the composition of a type, and the layout of a property', async () => {
    const composition = { format: 'outline', allowedTypes: ['_section'] };
    await push({ contentTypes: [{ ...PAGE, baseType: '_experience', composition, ...property(GRID) }] });
    expect((await api('GET', '/contenttypes/Recipe')).body).toMatchObject({ composition, properties: { p: GRID } });
  });

  it.each(['gzip', 'deflate', 'br', 'gzip, gzip'])('does not read a body in %s', async (coding) => {
    const compressed = { ...authorized({ 'content-encoding': coding, 'content-type': MANIFEST_TYPE }) };
    const answer = await call('POST', '/v1/manifest', { ...compressed, rawBody: gzipSync('{}') });
    expect(answer).toMatchObject({ status: 415, body: { code: 'UnsupportedMediaType' } });
    expect((await push({ contentTypes: [PAGE] }, { 'content-encoding': 'identity' })).status).toBe(200);
  });

  it('refuses a reserved group and a template of no target', async () => {
    const { body } = await push({
      propertyGroups: [{ key: 'content', displayName: 'Mine' }],
      displayTemplates: [{ key: 'Card', displayName: 'Card' }],
    });
    expect(body['errors']).toMatchObject([
      { section: 'propertyGroups', message: "The TabDefinition name 'content' is reserved and cannot be used." },
      { section: 'displayTemplates', resource: 'Card' },
    ]);
  });

  it('refuses new types that contain each other, and takes them in two steps', async () => {
    const types = [
      { ...PAGE, key: 'Aa', mayContainTypes: ['Aa', 'Bb'] },
      { ...PAGE, key: 'Bb', mayContainTypes: ['Cc'] },
      { ...PAGE, key: 'Cc', mayContainTypes: ['Aa'] },
      { ...PAGE, key: 'Dd', mayContainTypes: ['Aa'] },
    ];
    expect((await push({ contentTypes: types })).body['errors']).toMatchObject([
      { message: "Content type 'Aa' has a circular dependency through 'Bb,Cc'" },
      { message: "Content type 'Bb' has a circular dependency through 'Cc,Aa'" },
      { message: "Content type 'Cc' has a circular dependency through 'Aa,Bb'" },
    ]);
    await push({ contentTypes: types.map((type) => ({ ...type, mayContainTypes: [] })) });
    expect((await push({ contentTypes: types })).body['errors']).toEqual([]);
  });

  it('takes * in allowedTypes unless it is strict, and in mayContainTypes always', async () => {
    const anything = { ...PAGE, mayContainTypes: ['*'], ...property({ type: 'content', allowedTypes: ['*'] }) };
    expect((await push({ contentTypes: [anything] })).body['errors']).toEqual([]);
    await restart({ strict: true });
    expect((await push({ contentTypes: [anything] })).body['errors']).toMatchObject([
      { message: "Unable to find a content type '*'" },
    ]);
  });
});

describe('data loss', () => {
  const full = {
    ...PAGE,
    mayContainTypes: ['_page', '_folder'],
    properties: {
      title: { type: 'string', isLocalized: true, indexingType: 'searchable' },
      tags: { type: 'array', items: { type: 'string' } },
    },
  };

  it.each([
    ['a removed property', { properties: { title: full.properties.title } }],
    ['a retyped property', { properties: { ...full.properties, title: { ...full.properties.title, type: 'url' } } }],
    ['retyped items', { properties: { ...full.properties, tags: { type: 'array', items: { type: 'url' } } } }],
    [
      'localisation turned off',
      { properties: { ...full.properties, title: { type: 'string', indexingType: 'searchable' } } },
    ],
    ['indexing removed', { properties: { ...full.properties, title: { type: 'string', isLocalized: true } } }],
    [
      'a property now required',
      { properties: { ...full.properties, title: { ...full.properties.title, isRequired: true } } },
    ],
    ['a narrower containment', { mayContainTypes: ['_page'] }],
    ['no properties at all', { properties: undefined }],
  ])('of %s is refused, and applied when the client accepts it', async (_what, change) => {
    await push({ contentTypes: [full] });
    const { etag } = await recipe();
    expect((await push({ contentTypes: [{ ...full, ...change }] })).body).toEqual({
      outcomes: [],
      errors: [{ section: 'contentTypes', resource: 'Recipe', message: WARNING }],
    });
    expect((await recipe()).etag).toBe(etag);

    expect((await push({ contentTypes: [{ ...full, ...change }] }, FORCE)).body).toMatchObject({ errors: [] });
    expect((await recipe()).etag).not.toBe(etag);
  });

  it('is not seen in an additive change', async () => {
    await push({ contentTypes: [full] });
    const more = {
      ...full,
      displayName: 'Dish',
      mayContainTypes: ['*'],
      properties: { ...full.properties, extra: { type: 'boolean' } },
    };
    expect((await push({ contentTypes: [more] })).body).toMatchObject({
      errors: [],
      outcomes: [{ resource: 'Recipe' }],
    });
  });
});

describe('GET /manifest', () => {
  it('fills in the defaults and who wrote what when', async () => {
    await push({
      contentTypes: [
        {
          ...PAGE,
          properties: {
            p: { type: 'contentReference', allowedTypes: ['_image'] },
            q: { type: 'content' },
            r: { type: 'url' },
          },
        },
        { key: 'Tasty', displayName: 'Tasty', isContract: true, baseType: '_page' },
      ],
    });
    const { body } = await api('GET', '/manifest?sections=contentTypes');
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00$/);
    const written = {
      created: timestamp,
      createdBy: 'demo-client',
      lastModified: timestamp,
      lastModifiedBy: 'demo-client',
    };
    const defaults = { description: '', sortOrder: 0, mayContainTypes: [], mediaFileExtensions: [] };
    const empty = { ...defaults, compositionBehaviors: [], contracts: [], ...written };
    const filledIn = { isLocalized: false, isRequired: false, sortOrder: 0 };
    expect(body).toEqual({
      contentTypes: [
        {
          ...empty,
          ...PAGE,
          isContract: false,
          properties: {
            p: { ...filledIn, type: 'contentReference', allowedTypes: ['_image'], restrictedTypes: [] },
            q: { ...filledIn, type: 'content', allowedTypes: [], restrictedTypes: [] },
            r: { ...filledIn, type: 'url' },
          },
        },
        { ...empty, key: 'Tasty', displayName: 'Tasty', isContract: true, properties: {} },
      ],
      lastModified: timestamp,
    });
  });

  it.each(['sections=contentTypes&sections=propertyGroups', 'sections=contentTypes,propertyGroups'])(
    'gives the sections of ?%s',
    async (query) => {
      const { body } = await api('GET', `/manifest?${query}`);
      expect(Object.keys(body).sort()).toEqual(['contentTypes', 'lastModified', 'propertyGroups']);
    },
  );

  it('refuses an unknown section', async () => {
    expect((await api('GET', '/manifest?sections=types')).status).toBe(400);
  });
});
