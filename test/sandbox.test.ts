import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/optimizely/sandbox/sandbox.ts';

const MANIFEST_TYPE = 'application/vnd.optimizely.cms.v1.manifest+json';
const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };
const FORCE = { 'cms-ignore-data-loss-warnings': 'true' };
const REPRESENTATION = { prefer: 'return=representation' };

const PAGE = { key: 'Recipe', displayName: 'Recipe', baseType: '_page', properties: { title: { type: 'string' } } };
const WARNING =
  "The changes to 'Recipe' are considered breaking and could potentially result in data loss. Use the 'ignoreDataLossWarnings' option to apply the changes anyway.";

let sandbox: Sandbox;
let token: string;

beforeEach(() => start());
afterEach(() => sandbox.close());

describe('tokens', () => {
  it('are given for credentials in JSON, live 300 seconds, and choose the tenant', async () => {
    await restart({ tenants: [{ clientId: 'other', clientSecret: 'pass:word' }] });
    await push({ contentTypes: [PAGE] });

    const answer = await requestToken({ client_id: 'other', client_secret: 'pass:word' });
    expect(answer).toMatchObject({ status: 200, body: { expires_in: 300, token_type: 'Bearer' } });
    token = accessTokenOf(answer);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
  });

  it('are given for a form with HTTP Basic', async () => {
    const answer = await call('POST', '/oauth/token', {
      headers: { authorization: `Basic ${btoa('demo-client:demo-secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('make the user acted for the author', async () => {
    token = accessTokenOf(await requestToken({ act_as: 'ann' }));
    await push({ contentTypes: [PAGE] });
    expect((await api('GET', '/contenttypes/Recipe')).body).toMatchObject({ createdBy: 'ann', lastModifiedBy: 'ann' });
  });

  it.each([{ client_secret: 'wrong' }, { client_id: 'nobody' }, { client_secret: undefined }])(
    'are refused for %j',
    async (credentials) => {
      const answer = await requestToken(credentials);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({ error: 'invalid_client', error_description: expect.any(String) });
    },
  );

  it('expire on the clock that tests move', async () => {
    await control('POST', '/clock', { advanceMs: 299_000 });
    expect((await api('GET', '/manifest')).status).toBe(200);
    await control('POST', '/clock', { advanceMs: 1_001 });
    expect(await api('GET', '/manifest')).toMatchObject({ status: 401, body: { status: 401, code: 'Unauthorized' } });
  });

  it.each([undefined, 'Bearer nonsense', 'Basic abc'])('are asked for: %s is a 401 problem', async (authorization) => {
    const answer = await call('GET', '/v1/manifest', { headers: authorization ? { authorization } : {} });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  });
});

describe('addresses', () => {
  it.each(['', '/p/session-42/_cms', '/_cms'])('serve the API under the prefix "%s"', async (prefix) => {
    const tokenPath = prefix ? `${prefix}/v1/oauth/token` : '/oauth/token';
    expect((await requestToken({}, tokenPath)).status).toBe(200);
    const answer = await call('GET', `${prefix}/v1/contenttypes/BlankSection?x=/_cms/v1/oauth/token`, authorized());
    expect(answer).toMatchObject({ status: 200, body: { key: 'BlankSection' } });
  });

  it('that do not exist answer a 404 problem', async () => {
    expect(await api('GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'NotFound' } });
    expect((await call('GET', '/nothing')).status).toBe(404);
  });
});

describe('a fresh tenant', () => {
  it('has built-in types, groups and locales, shown in the manifest only when asked for', async () => {
    expect((await api('GET', '/manifest')).body).toMatchObject({ contentTypes: [], propertyGroups: [] });

    const { body } = await api('GET', '/manifest?includeReadOnly=true');
    expect(keys(body['contentTypes'])).toEqual(
      expect.arrayContaining(['BlankExperience', 'globalcontract:_ImageItem']),
    );
    expect(keys(body['propertyGroups'])).toEqual(expect.arrayContaining(['Content', 'Settings', 'DynamicBlocks']));
    expect(keys(body['locales'])).toEqual(['en', 'sv']);
  });
});

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
  ])('refuses %s', async (_what, change, error) => {
    const { body } = await push({ contentTypes: [{ ...PAGE, ...change }] });
    expect(body).toMatchObject({ outcomes: [], errors: [error] });
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

describe('single content types', () => {
  it('are created without a body in the answer unless it is preferred', async () => {
    const plain = await api('POST', '/contenttypes', PAGE);
    expect(plain).toMatchObject({ status: 201, text: '' });
    expect(plain.headers.get('location')).toBe('/v1/contenttypes/Recipe');
    const preferred = await api('POST', '/contenttypes', { ...PAGE, key: 'Other' }, REPRESENTATION);
    expect(preferred).toMatchObject({ status: 201, body: { key: 'Other', isContract: false } });
    expect(preferred.headers.get('preference-applied')).toBe('return=representation');
    expect(preferred.headers.get('etag')).toMatch(/^"\w+"$/);
    expect((await api('POST', '/contenttypes', PAGE)).body).toMatchObject({ status: 409, code: 'ConflictingResource' });
  });

  it('are refused with the field that is wrong', async () => {
    const wrong = { ...PAGE, ...property({ type: 'string', displayName: 'x'.repeat(256) }) };
    expect((await api('POST', '/contenttypes', wrong)).body).toMatchObject({
      status: 400,
      errors: [{ field: 'properties.p.displayName', detail: expect.stringContaining('too long') }],
    });
  });

  it('are patched by merge-patch: objects merge, null removes, lists are replaced', async () => {
    await push({ contentTypes: [{ ...PAGE, description: 'Old', mayContainTypes: ['_folder'] }] });
    const change = {
      description: null,
      mayContainTypes: ['*'],
      properties: { title: { maxLength: 9 }, q: { type: 'url' } },
    };
    expect(await patch(change)).toMatchObject({ status: 204, text: '' });
    const answer = await patch(
      { properties: { q: null, title: { maxLength: null } } },
      { ...FORCE, ...REPRESENTATION },
    );
    expect(answer).toMatchObject({ status: 200, body: { description: '', mayContainTypes: ['*'] } });
    expect(Object.keys(answer.body['properties']!)).toEqual(['title']);
    expect(answer.body['properties']!['title']).not.toHaveProperty('maxLength');
  });

  it('refuse a patch that loses data, is no merge-patch, or changes what is fixed', async () => {
    await push({ contentTypes: [PAGE] });
    expect(await patch({ properties: { title: null } })).toMatchObject({ status: 400, body: { detail: WARNING } });
    expect((await patch({}, { 'content-type': 'application/json' })).status).toBe(415);
    expect((await patch({ key: 'Other' })).body).toMatchObject({ status: 400, errors: [{ field: 'key' }] });
    expect((await patch({ baseType: '_folder' })).status).toBe(400);
    expect((await patch({ sortOrder: 'x' })).body).toMatchObject({ status: 400, errors: [{ field: 'sortOrder' }] });
  });

  it('have an ETag that changes on each write and guards patches, deletes and reads', async () => {
    await push({ contentTypes: [PAGE] });
    const { etag, lastModified } = await recipe();
    expect((await api('GET', '/contenttypes/Recipe', undefined, { 'if-none-match': etag })).status).toBe(304);
    expect((await api('GET', '/contenttypes/Recipe', undefined, { 'if-modified-since': lastModified })).status).toBe(
      304,
    );
    expect((await api('GET', '/contenttypes/Recipe', undefined, { 'if-none-match': `W/${etag}` })).status).toBe(200);

    const first = await patch({ displayName: 'Dish' }, { 'if-match': etag });
    expect(first.status).toBe(204);
    expect(first.headers.get('etag')).toBe((await recipe()).etag);
    expect(first.headers.get('etag')).not.toBe(etag);
    expect((await patch({ displayName: 'Late' }, { 'if-match': etag })).body).toMatchObject({ status: 412 });
    const longAgo = new Date(0).toUTCString();
    expect((await patch({ displayName: 'Late' }, { 'if-unmodified-since': longAgo })).status).toBe(412);
    expect((await api('DELETE', '/contenttypes/Recipe', undefined, { 'if-match': etag })).status).toBe(412);
    const current = first.headers.get('etag')!;
    expect((await patch({}, { 'if-match': `"x", ${current}`, 'if-unmodified-since': longAgo })).status).toBe(204);
  });

  it('are listed in pages of 100, with a filter by source', async () => {
    const contentTypes = Array.from({ length: 101 }, (_, index) => ({ ...PAGE, key: `Type${index}` }));
    await push({ contentTypes });
    const first = await api('GET', '/contenttypes?sources=DEFAULT');
    expect(first.body).toMatchObject({ pageIndex: 0, pageSize: 100, totalCount: 101 });
    expect(keys(first.body['items'])).toHaveLength(100);
    const second = await api('GET', '/contenttypes?sources=DEFAULT&pageIndex=1');
    expect(keys(second.body['items'])).toEqual(['Type100']);
    const system = await api('GET', '/contenttypes?sources=globalcontract&pageSize=2');
    expect(system.body).toMatchObject({ pageSize: 2, totalCount: 6 });
    expect((await api('GET', '/contenttypes?pageSize=0')).status).toBe(400);
  });

  it('are deleted, unless there is content of the type or it is built in', async () => {
    await push({ contentTypes: [PAGE] });
    await control('PUT', '/content-instances/Recipe', { count: 2 });
    const used = await remove('Recipe');
    expect(used.body).toMatchObject({
      status: 409,
      code: 'DependencyConflict',
      detail: "Unable to delete content type 'Recipe' as content instances of this type exist.",
    });
    await control('PUT', '/content-instances/Recipe', { count: 0 });
    expect(await remove('Recipe')).toMatchObject({ status: 204, text: '' });
    expect((await remove('Recipe')).status).toBe(404);
    expect((await remove('BlankExperience')).status).toBe(204);
    expect((await remove('BlankSection')).status).toBe(400);
    expect((await remove('globalcontract:_AssetItem')).status).toBe(409);
  });
});

describe('the other kinds', () => {
  it.each([
    ['propertygroups', 'Content'],
    ['locales', 'en'],
  ])('%s can be listed and read', async (path, key) => {
    expect(keys((await api('GET', `/${path}`)).body['items'])).toContain(key);
    expect(await api('GET', `/${path}/${key}`)).toMatchObject({ status: 200, body: { key } });
    expect((await api('GET', `/${path}/Gone`)).status).toBe(404);
  });

  it('display templates can be listed and read', async () => {
    await push({ displayTemplates: [{ key: 'Wide', displayName: 'Wide', nodeType: 'row' }] });
    expect(keys((await api('GET', '/displaytemplates')).body['items'])).toEqual(['Wide']);
    expect((await api('GET', '/displaytemplates/Wide')).body).toMatchObject({ nodeType: 'row', isDefault: false });
  });
});

describe('faults', () => {
  it('strike the call with their number among those that match, then no more', async () => {
    await fault({ kind: 'status', status: 500, call: 2, match: { method: 'post', path: '/manifest' } });
    const statuses = [
      (await push({})).status,
      (await api('GET', '/manifest')).status,
      (await api('POST', '/contenttypes', PAGE)).status,
      (await push({})).status,
      (await push({})).status,
    ];
    expect(statuses).toEqual([200, 200, 201, 500, 200]);
  });

  it('last for a number of calls, or until they are cleared', async () => {
    await fault({ kind: 'status', status: 503, calls: 2 });
    expect(await statusesOf(3)).toEqual([503, 503, 200]);
    await fault({ kind: 'html', untilReset: true });
    expect(await statusesOf(3)).toEqual([502, 502, 502]);
    await control('DELETE', '/faults');
    expect(await statusesOf(1)).toEqual([200]);
  });

  it('answer 429 as JSON with Retry-After, before the call is applied', async () => {
    await fault({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    const answer = await push({ contentTypes: [PAGE] });
    expect(answer).toMatchObject({ status: 429, body: { code: 'TooManyRequests', status: 429 } });
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
  });

  it('answer with a body of choice, or an HTML page', async () => {
    await fault({ kind: 'status', status: 200, body: { outcomes: [], errors: [{ message: 'no' }] } });
    expect((await push({})).body).toEqual({ outcomes: [], errors: [{ message: 'no' }] });
    await fault({ kind: 'html' });
    const page = await api('GET', '/manifest');
    expect(page.headers.get('content-type')).toMatch('text/html');
    expect(page.text).toMatch('<html>');
  });

  it('answer with an empty body: 202 after the call was applied, 429 before', async () => {
    await fault({ kind: 'empty', status: 429 }, { kind: 'empty', call: 2 });
    expect(await push({ contentTypes: [PAGE] })).toMatchObject({ status: 429, text: '' });
    expect((await push({ contentTypes: [{ ...PAGE, key: 'Other' }] })).status).toBe(202);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
    expect((await api('GET', '/contenttypes/Other')).status).toBe(200);
  });

  it('reset the connection before or after the call is applied', async () => {
    await fault({ kind: 'reset-before' }, { kind: 'reset-after', call: 2 });
    await expect(push({ contentTypes: [PAGE] })).rejects.toThrow('fetch failed');
    await expect(push({ contentTypes: [{ ...PAGE, key: 'Other' }] })).rejects.toThrow('fetch failed');
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
    expect((await api('GET', '/contenttypes/Other')).status).toBe(200);
    expect((await journal()).slice(1, 3)).toMatchObject([
      { fault: 'reset-before', status: null, changedState: false },
      { fault: 'reset-after', status: null, changedState: true },
    ]);
  });

  it('cut the JSON of an answer short', async () => {
    await fault({ kind: 'truncated' });
    const { status, text } = await api('GET', '/manifest');
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"locales"/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it('answer late a call that was applied at once', async () => {
    await fault({ kind: 'slow', delayMs: 300, match: { path: '/manifest' } });
    const startedAt = performance.now();
    const late = push({ contentTypes: [PAGE] });
    while ((await api('GET', '/contenttypes/Recipe')).status !== 200) await delay(5);
    expect((await late).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
  });

  it('do not keep the sandbox from closing', async () => {
    await fault({ kind: 'slow', delayMs: 60_000 });
    const hanging = api('GET', '/manifest').then(() => 'answered', String);
    while (!(await journal()).at(-1)!['fault']) await delay(5);
    await sandbox.close();
    expect(await hanging).toBe('TypeError: fetch failed');
  });

  it('strike token requests too', async () => {
    const match = { path: '/oauth/token' };
    await fault({ kind: 'status', status: 401, match }, { kind: 'status', status: 429, call: 2, match });
    expect(await requestToken({})).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect((await requestToken({})).status).toBe(429);
    expect((await requestToken({})).status).toBe(200);
  });

  it.each([
    [{}, 'faults'],
    [{ faults: [{ kind: 'magic' }] }, 'faults[0].kind'],
    [{ faults: [{ kind: 'html' }, { kind: 'status' }] }, 'faults[1].status'],
    [{ faults: [{ kind: 'status', status: 99 }] }, 'faults[0].status'],
    [{ faults: [{ kind: 'html', call: 0 }] }, 'faults[0].call'],
    [{ faults: [{ kind: 'html', calls: 'two' }] }, 'faults[0].calls'],
    [{ faults: [{ kind: 'slow' }] }, 'faults[0].delayMs'],
    [{ faults: [{ kind: 'html', match: { url: '/' } }] }, 'faults[0].match.url'],
  ])('that are wrong, such as %j, are refused by name', async (body, field) => {
    const answer = await call('POST', '/_sandbox/faults', { body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect(await statusesOf(1)).toEqual([200]);
  });
});

describe('the journal', () => {
  it('holds every API request in order, without secrets', async () => {
    await push({ contentTypes: [PAGE] });
    await api('GET', '/manifest?sections=contentTypes');
    const text = JSON.stringify(await journal());
    expect(text).not.toMatch(/demo-secret/);
    expect(text).not.toContain(token);
    expect(await journal()).toMatchObject([
      {
        number: 1,
        method: 'POST',
        path: '/oauth/token',
        tenant: 'demo-client',
        body: { client_id: 'demo-client', client_secret: '***' },
        changedState: false,
      },
      {
        number: 2,
        at: expect.stringMatching(/Z$/),
        path: '/v1/manifest',
        headers: { authorization: 'Bearer ***' },
        body: { contentTypes: [PAGE] },
        status: 200,
        fault: null,
        durationMs: expect.any(Number),
        changedState: true,
      },
      { number: 3, method: 'GET', query: { sections: 'contentTypes' }, changedState: false },
    ]);
  });
});

describe('control', () => {
  it('edits or creates a type behind our back, under another name', async () => {
    await push({ contentTypes: [PAGE] });
    const { etag } = await recipe();
    await control('PUT', '/content-types/Recipe', { author: 'ann', changes: { properties: { title: null } } });
    expect((await api('GET', '/contenttypes/Recipe')).body).toMatchObject({
      properties: {},
      createdBy: 'demo-client',
      lastModifiedBy: 'ann',
    });
    expect((await recipe()).etag).not.toBe(etag);

    const changes = { displayName: 'New', baseType: '_folder' };
    expect((await control('PUT', '/content-types/New', { author: 'ann', changes })).status).toBe(201);
    expect((await control('PUT', '/content-types/Odd', { author: 'ann', changes: {} })).status).toBe(400);
    expect((await control('PUT', '/content-types/Odd', { changes })).body).toMatchObject({
      errors: [{ field: 'author' }],
    });
    expect((await control('PUT', '/content-types/New?tenant=nobody', { author: 'ann', changes })).status).toBe(400);
  });

  it('resets to a fresh tenant', async () => {
    await push({ contentTypes: [PAGE] });
    await fault({ kind: 'html', untilReset: true });
    expect((await control('POST', '/reset')).status).toBe(204);
    expect(await journal()).toEqual([]);
    expect((await api('GET', '/contenttypes/Recipe')).status).toBe(404);
  });
});

// The built program, as `npm run sandbox` starts it; `npm test` builds first.
describe('the command line', () => {
  const MAIN = join(import.meta.dirname, '../dist/src/optimizely/sandbox/serve.js');

  it('prints its address, serves the tenants named, and ends on SIGTERM even while an answer is late', async () => {
    await sandbox.close();
    const child = spawn(process.execPath, [MAIN, '--port', '0', '--tenant', 'other:secret']);
    const exited = once(child, 'exit');
    const [line] = await once(createInterface(child.stdout), 'line');
    sandbox = { url: /http:\/\/127\.0\.0\.1:\d+/.exec(String(line))![0], close: () => Promise.resolve() };
    token = accessTokenOf(await requestToken({ client_id: 'other', client_secret: 'secret' }));
    await fault({ kind: 'slow', delayMs: 60_000 });
    const hanging = api('GET', '/manifest').then(() => 'answered', String);
    while (!(await journal()).at(-1)!['fault']) await delay(5);

    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await hanging).toBe('TypeError: fetch failed');
  });

  it.each([
    [['--port', '99999'], '--port 99999 is no port'],
    [['--tenant', 'demo'], '--tenant demo is no tenant'],
    [['--prot', '1'], "Unknown option '--prot'"],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});

interface Body {
  [name: string]: Body;
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

interface Sent {
  headers?: Record<string, string>;
  body?: unknown;
  rawBody?: string;
}

async function start(options?: SandboxOptions): Promise<void> {
  sandbox = await startSandbox(options);
  token = accessTokenOf(await requestToken({}));
}

function accessTokenOf({ text }: Answer): string {
  const { access_token: accessToken }: { access_token: string } = JSON.parse(text);
  return accessToken;
}

async function restart(options: SandboxOptions): Promise<void> {
  await sandbox.close();
  await start(options);
}

async function call(method: string, path: string, { headers, body, rawBody }: Sent = {}): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(sandbox.url + path, {
    method,
    headers: { ...(!isForm && (body ?? rawBody) !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: isForm ? body : (rawBody ?? JSON.stringify(body)),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? parsed(text) : {} };
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function authorized(headers: Record<string, string> = {}): Sent {
  return { headers: { authorization: `Bearer ${token}`, ...headers } };
}

function api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
  return call(method, `/v1${path}`, { ...authorized(headers), body });
}

function control(method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/_sandbox${path}`, { body });
}

function requestToken(credentials: object, path = '/oauth/token'): Promise<Answer> {
  const demo = { grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret' };
  return call('POST', path, { body: { ...demo, ...credentials } });
}

function push(manifest: object, headers?: Record<string, string>): Promise<Answer> {
  return api('POST', '/manifest', manifest, { 'content-type': MANIFEST_TYPE, ...headers });
}

function patch(change: object, headers?: Record<string, string>): Promise<Answer> {
  return api('PATCH', '/contenttypes/Recipe', change, { ...MERGE_PATCH, ...headers });
}

function remove(key: string): Promise<Answer> {
  return api('DELETE', `/contenttypes/${key}`);
}

async function recipe(): Promise<{ etag: string; lastModified: string }> {
  const { headers } = await api('GET', '/contenttypes/Recipe');
  return { etag: headers.get('etag')!, lastModified: headers.get('last-modified')! };
}

async function fault(...faults: object[]): Promise<void> {
  expect(await control('POST', '/faults', { faults })).toMatchObject({ status: 204 });
}

async function statusesOf(calls: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let call = 0; call < calls; call++) statuses.push((await api('GET', '/manifest')).status);
  return statuses;
}

async function journal(): Promise<Body[]> {
  return Object.values((await control('GET', '/journal')).body);
}

function keys(items: unknown): string[] {
  const resources: { key: string }[] = JSON.parse(JSON.stringify(items));
  return resources.map(({ key }) => key);
}

function property(definition: object): { properties: object } {
  return { properties: { p: definition } };
}
