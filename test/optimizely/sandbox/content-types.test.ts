import {
  api,
  control,
  FORCE,
  keys,
  PAGE,
  patch,
  property,
  push,
  recipe,
  remove,
  REPRESENTATION,
  sandbox,
  start,
  WARNING,
} from './sandbox-client.ts';

beforeEach(() => start());
afterEach(() => sandbox.close());

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

  it('can be deleted, unless they are built in', async () => {
    await push({ propertyGroups: [{ key: 'seo', displayName: 'SEO' }] });
    await push({ displayTemplates: [{ key: 'Wide', displayName: 'Wide', nodeType: 'row' }] });
    expect(await api('DELETE', '/propertygroups/seo', undefined, REPRESENTATION)).toMatchObject({
      status: 200,
      body: { key: 'seo' },
    });
    const { headers } = await api('GET', '/displaytemplates/Wide');
    expect((await api('DELETE', '/displaytemplates/Wide', undefined, { 'if-match': '"x"' })).status).toBe(412);
    const unchanged = { 'if-match': headers.get('etag')! };
    expect(await api('DELETE', '/displaytemplates/Wide', undefined, unchanged)).toMatchObject({
      status: 204,
      text: '',
    });
    expect((await api('DELETE', '/displaytemplates/Wide')).status).toBe(404);
    expect((await api('DELETE', '/propertygroups/Content')).status).toBe(400);
  });

  it('display templates can be listed and read', async () => {
    await push({ displayTemplates: [{ key: 'Wide', displayName: 'Wide', nodeType: 'row' }] });
    expect(keys((await api('GET', '/displaytemplates')).body['items'])).toEqual(['Wide']);
    expect((await api('GET', '/displaytemplates/Wide')).body).toMatchObject({ nodeType: 'row', isDefault: false });
  });
});
