import {
  accessTokenOf,
  api,
  authorized,
  call,
  control,
  keys,
  PAGE,
  push,
  requestToken,
  restart,
  sandbox,
  start,
  useToken,
} from './sandbox-client.ts';

beforeEach(() => start());
afterEach(() => sandbox.close());

describe('tokens', () => {
  it('are given for credentials in JSON, live 300 seconds, and choose the tenant', async () => {
    await restart({ tenants: [{ clientId: 'other', clientSecret: 'pass:word' }] });
    await push({ contentTypes: [PAGE] });

    const answer = await requestToken({ client_id: 'other', client_secret: 'pass:word' });
    expect(answer).toMatchObject({ status: 200, body: { expires_in: 300, token_type: 'Bearer' } });
    useToken(accessTokenOf(answer));
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
    useToken(accessTokenOf(await requestToken({ act_as: 'ann' })));
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
