import { jest } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import pLimit from 'p-limit';
import { type Manifest, OptimizelyApiClient, OptimizelyEnvironment } from '#optimizely';
import { PlatformError } from '#platform';
import { exchange } from '../../src/optimizely/http-exchange.ts';
import {
  type Answer,
  drip,
  type HostilePlatform,
  json,
  raw,
  reset,
  silence,
  startHostilePlatform,
} from '../support/hostile-platform.ts';

const MANIFEST: Manifest = { contentTypes: [{ key: 'Article', displayName: 'Article', baseType: '_page' }] };
const APPLIED = json(200, {
  outcomes: [{ section: 'contentTypes', resource: 'Article', message: 'created' }],
  errors: [],
});
const SECRET = 'very-"secret"/value';

let platform: HostilePlatform;
let client: OptimizelyApiClient;

beforeEach(async () => {
  platform = await startHostilePlatform();
  client = clientFor({});
});

afterEach(async () => {
  jest.restoreAllMocks();
  await platform.close();
});

function clientFor(settings: Partial<OptimizelyEnvironment>): OptimizelyApiClient {
  const environment = Object.assign(new OptimizelyEnvironment(), {
    clientId: 'demo-client',
    clientSecret: SECRET,
    apiUrl: platform.url,
    ...settings,
  });
  return new OptimizelyApiClient([environment]);
}

const push = (options = {}) => client.importManifest('default', MANIFEST, options);

async function failureOf(call: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof PlatformError))
    throw new Error('The call did not fail with a PlatformError', { cause: error });
  return error;
}

async function pushFailure(...answers: Answer[]): Promise<PlatformError> {
  platform.answers = answers;
  return failureOf(push());
}

describe('a token', () => {
  it('is asked for once with JSON credentials and used for every call', async () => {
    platform.answers = [APPLIED];
    await push();
    await push();
    expect(platform.tokenRequests.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ['/_cms/v1/oauth/token', { grant_type: 'client_credentials', client_id: 'demo-client', client_secret: SECRET }],
    ]);
    expect(platform.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1']);
  });

  it('is shared by callers that come while it is being fetched', async () => {
    platform.answers = [APPLIED];
    await Promise.all([push(), push(), push()]);
    expect(platform.tokenRequests).toHaveLength(1);
  });

  it('is renewed when less than a minute of it remains', async () => {
    platform.answers = [APPLIED];
    await push();
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 239_000);
    await push();
    expect(platform.tokenRequests).toHaveLength(1);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 241_000);
    await push();
    expect(platform.tokenRequests).toHaveLength(2);
  });

  it('is renewed on a 401, and the call repeated once', async () => {
    platform.answers = [json(401, {}), APPLIED];
    const { calls } = await push();
    expect(platform.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(calls.map(({ path, status, attempt }) => [path, status, attempt])).toEqual([
      ['/_cms/v1/oauth/token', 200, undefined],
      ['/_cms/v1/manifest', 401, undefined],
      ['/_cms/v1/oauth/token', 200, undefined],
      ['/_cms/v1/manifest', 200, 2],
    ]);
  });

  it('is not renewed forever', async () => {
    const error = await pushFailure(json(401, {}));
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', retryable: false, statusCode: 401 });
    expect(platform.received).toHaveLength(2);
  });

  it.each([400, 401])('that is refused with %i names the variables to check', async (status) => {
    platform.tokens = [json(status, { error: 'invalid_client' })];
    const error = await failureOf(push());
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', retryable: false, statusCode: status });
    expect(error.message).toContain('OPTIMIZELY_CMS_CLIENT_SECRET');
    expect(platform.received).toHaveLength(0);
  });

  it('that is not to be had now may be asked for again', async () => {
    platform.tokens = [json(429, {}, { 'retry-after': '2' }), raw(503)];
    expect(await failureOf(push())).toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 2000 });
    expect(await failureOf(push())).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });

  it.each([
    ['no token', json(200, { expires_in: 300 })],
    ['a token that no header can carry', json(200, { access_token: 'a\r\nb: secret-token' })],
    ['nothing', raw(200)],
  ])('answer with %s is refused without keeping it', async (_name, answer) => {
    platform.tokens = [answer];
    const error = await failureOf(push());
    expect(error).toMatchObject({ code: 'INVALID_ANSWER', retryable: false, body: undefined });
    expect(JSON.stringify(error)).not.toContain('secret-token');
  });
});

describe('a manifest', () => {
  it('is sent as the CLI sends it, with the force header only when forced', async () => {
    platform.answers = [APPLIED];
    await push();
    await push({ force: true });
    const [plain, forced] = platform.received;
    expect(plain).toMatchObject({ method: 'POST', path: '/_cms/v1/manifest' });
    expect(JSON.parse(plain!.body)).toEqual(MANIFEST);
    expect(plain!.headers['content-type']).toBe('application/vnd.optimizely.cms.v1.manifest+json');
    expect(plain!.headers).not.toHaveProperty('cms-ignore-data-loss-warnings');
    expect(forced!.headers['cms-ignore-data-loss-warnings']).toBe('true');
  });

  it('is exported by section', async () => {
    platform.answers = [json(200, { contentTypes: [{ key: 'A' }], propertyGroups: null })];
    const { manifest } = await client.exportManifest('default', ['contentTypes', 'propertyGroups']);
    expect(manifest).toEqual({ contentTypes: [{ key: 'A' }], propertyGroups: [] });
    expect(platform.received[0]!.path).toBe('/_cms/v1/manifest?sections=contentTypes&sections=propertyGroups');
  });

  it.each([
    ['no section', {}],
    ['a list', []],
    ['a section that is no list', { contentTypes: {} }],
    ['a definition without a key', { contentTypes: [{}] }],
  ])('export with %s is no empty CMS', async (_name, body) => {
    platform.answers = [json(200, body)];
    expect(await failureOf(client.exportManifest('default'))).toMatchObject({
      code: 'INVALID_ANSWER',
      retryable: false,
    });
  });

  it('with something built in is never sent', async () => {
    const manifest = { contentTypes: [{ key: 'BlankSection' }] };
    expect(await failureOf(client.importManifest('default', manifest))).toMatchObject({ code: 'BUILT_IN_TYPE' });
    expect(platform.received).toHaveLength(0);
  });

  it('goes to no environment that is not configured', async () => {
    await expect(client.importManifest('moon', MANIFEST)).rejects.toThrow(
      'no environment "moon". Configured environments: default',
    );
  });
});

describe('an answer', () => {
  it.each<[string, Answer, object]>([
    ['202', raw(202), { code: 'ACCEPTED_UNPROVEN', retryable: false, statusCode: 202 }],
    ['202 with a body', json(202, { errors: [] }), { code: 'ACCEPTED_UNPROVEN', retryable: false }],
    ['an empty body', raw(200), { code: 'EMPTY_ANSWER', retryable: 'unknown', statusCode: 200 }],
    ['truncated JSON', raw(200, '{"errors": ['), { code: 'INVALID_ANSWER', body: { text: '{"errors": [' } }],
    ['other JSON', json(200, { success: true }), { code: 'INVALID_ANSWER', body: { success: true } }],
    ['errors that are no list', json(200, { errors: {}, outcomes: [] }), { code: 'INVALID_ANSWER' }],
    ['JSON nested 100,000 deep', raw(200, '['.repeat(100_000) + ']'.repeat(100_000)), { code: 'INVALID_ANSWER' }],
    [
      'JSON nested 201 deep',
      raw(200, `{"errors": [], "x": ${'['.repeat(200)}${']'.repeat(200)}}`),
      { code: 'INVALID_ANSWER' },
    ],
    ['a number beyond all numbers', raw(200, '{"errors": [], "n": 1e999}'), { code: 'INVALID_ANSWER' }],
    [
      'bytes that are no UTF-8',
      raw(200, Buffer.from('{"errors": [], "x": "\xff"}', 'latin1')),
      { code: 'INVALID_ANSWER' },
    ],
    ['an HTML 502', raw(502, '<h1>Bad</h1>'), { code: 'UNAVAILABLE', retryable: true, body: { text: '<h1>Bad</h1>' } }],
    ['503', raw(503), { code: 'UNAVAILABLE', retryable: true }],
    ['500', json(500, { title: 'Oops' }), { code: 'PLATFORM_ERROR', retryable: false, body: { title: 'Oops' } }],
    ['403', json(403, {}), { code: 'FORBIDDEN', retryable: false }],
    ['404', raw(404), { code: 'NOT_FOUND', retryable: false }],
    ['409', json(409, { code: 'ConflictingResource' }), { code: 'CONFLICT', retryable: false }],
    ['429 without a body', raw(429, '', { 'retry-after': '3' }), { code: 'RATE_LIMITED', retryAfterMs: 3000 }],
    ['429 with nonsense', raw(429, '', { 'retry-after': '-1.5' }), { code: 'RATE_LIMITED', retryAfterMs: undefined }],
    ['a reset', reset, { code: 'NETWORK_ERROR', retryable: true, statusCode: undefined }],
  ])('that is %s is no success', async (_name, answer, expected) => {
    expect(await pushFailure(answer)).toMatchObject(expected);
  });

  it('may say when to come back as a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs } = await pushFailure(raw(429, '', { 'retry-after': date }));
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('is quoted with its detail and its fields', async () => {
    const errors = [{ field: 'propertyGroups[0].key', detail: 'It is reserved.' }];
    const error = await pushFailure(json(400, { code: 'InvalidRequest', detail: 'The manifest is invalid.', errors }));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', retryable: false, body: { errors } });
    expect(error.message).toContain(
      '400 (InvalidRequest; The manifest is invalid.; propertyGroups[0].key: It is reserved.)',
    );
  });

  it('that redirects is not followed', async () => {
    expect(await pushFailure(raw(307, '', { location: `${platform.url}/elsewhere` }))).toMatchObject({
      code: 'REDIRECT_REFUSED',
      statusCode: 307,
    });
    expect(platform.received.map(({ path }) => path)).toEqual(['/_cms/v1/manifest']);
  });

  it.each([
    ['no answer', silence],
    ['a body that drips', drip],
  ])('has a deadline: %s', async (_name, answer) => {
    client = clientFor({ timeoutMs: 150 });
    expect(await pushFailure(answer)).toMatchObject({ code: 'TIMEOUT', retryable: true });
  });

  it('is capped after it is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(60_000_000, ' '));
    const error = await pushFailure(raw(200, bomb, { 'content-encoding': 'gzip' }));
    expect(error).toMatchObject({ code: 'ANSWER_TOO_LARGE', retryable: false });
    expect(error.message).toContain('50000000 bytes');
  });

  it('is kept to its first 20,000 characters when it is no JSON', async () => {
    const { body } = await pushFailure(raw(502, 'x'.repeat(100_000)));
    expect(body).toEqual({ text: 'x'.repeat(20_000) });
  });

  it('keeps every own key', async () => {
    platform.answers = [raw(200, '{"errors": [], "__proto__": {"constructor": 1}}')];
    const { body } = await push();
    expect(JSON.stringify(body)).toBe('{"errors":[],"__proto__":{"constructor":1}}');
  });

  it('shows no secret and no token, whatever it echoes', async () => {
    const echo: Answer = (response, { headers }) => {
      const token = String(headers.authorization);
      response.writeHead(400, { 'x-request-id': token });
      response.end(JSON.stringify({ detail: `${token} ${SECRET}`, [token]: [SECRET] }));
    };
    const error = await pushFailure(echo);
    const shown = JSON.stringify(error) + error.message + error.stack;
    expect(error.requestId).toBe('Bearer ***');
    expect(error.body).toEqual({ detail: 'Bearer *** ***', 'Bearer ***': ['***'] });
    for (const hidden of ['token-1', 'very-', SECRET]) expect(shown).not.toContain(hidden);

    const text = await pushFailure(raw(502, `<p>${JSON.stringify(SECRET)} ${encodeURIComponent(SECRET)} token-1</p>`));
    expect(text.body).toEqual({ text: '<p>"***" *** ***</p>' });
  });

  it('comes with the timing and status of each call', async () => {
    const { metadata } = await pushFailure(json(409, {}, { 'x-request-id': 'r-1' }));
    expect(metadata).toEqual({
      calls: [
        { method: 'POST', path: '/_cms/v1/oauth/token', status: 200, durationMs: expect.any(Number) },
        { method: 'POST', path: '/_cms/v1/manifest', status: 409, durationMs: expect.any(Number), requestId: 'r-1' },
      ],
    });
  });
});

describe('calls at the same time', () => {
  it('are as many as configured', async () => {
    client = clientFor({ maxConcurrency: 2 });
    let open = 0;
    let atOnce = 0;
    platform.answers = [
      (response, request) => {
        atOnce = Math.max(atOnce, ++open);
        setTimeout(() => {
          open--;
          APPLIED(response, request);
        }, 30);
      },
    ];
    await Promise.all([push(), push(), push(), push()]);
    expect(atOnce).toBe(2);
    expect(platform.received).toHaveLength(4);
  });
});

describe('one content type', () => {
  const held = {
    key: 'Article',
    displayName: 'Old',
    baseType: '_page',
    isContract: false,
    created: 'then',
    properties: { a: { type: 'string' }, b: { type: 'url' } },
  };
  const wanted = { key: 'Article', displayName: 'New', baseType: '_page', properties: { a: { type: 'string' } } };

  it('is created when the platform lacks it', async () => {
    platform.answers = [json(404, {}), raw(201)];
    const { statusCode, calls } = await client.pushContentType('default', wanted);
    expect(statusCode).toBe(201);
    expect(calls).toHaveLength(3);
    expect(platform.received[1]).toMatchObject({ method: 'POST', path: '/_cms/v1/contenttypes' });
    expect(JSON.parse(platform.received[1]!.body)).toEqual(wanted);
  });

  it('is patched by what differs, guarded by its ETag', async () => {
    platform.answers = [json(200, held, { etag: '"e1"' }), raw(204)];
    await client.pushContentType('default', wanted, { force: true });
    const { method, path, headers, body } = platform.received[1]!;
    expect([method, path]).toEqual(['PATCH', '/_cms/v1/contenttypes/Article']);
    expect(headers).toMatchObject({
      'content-type': 'application/merge-patch+json',
      'if-match': '"e1"',
      prefer: 'return=representation',
      'cms-ignore-data-loss-warnings': 'true',
    });
    expect(JSON.parse(body)).toEqual({ displayName: 'New', properties: { b: null } });
  });

  it('is guarded by its date when its ETag is weak', async () => {
    const lastModified = 'Sun, 22 Nov 2026 10:00:00 GMT';
    platform.answers = [json(200, held, { etag: 'W/"e1"', 'last-modified': lastModified }), raw(204)];
    await client.pushContentType('default', wanted);
    expect(platform.received[1]!.headers).toMatchObject({ 'if-unmodified-since': lastModified });
    expect(platform.received[1]!.headers).not.toHaveProperty('if-match');
  });

  it('is not sent when nothing differs', async () => {
    platform.answers = [json(200, held)];
    await client.pushContentType('default', { ...wanted, displayName: 'Old', properties: held.properties });
    expect(platform.received).toHaveLength(1);
  });

  it.each<[string, Answer, object]>([
    ['changed meanwhile', raw(412), { code: 'PRECONDITION_FAILED', retryable: false }],
    ['would lose data', json(400, { detail: 'considered breaking' }), { code: 'DATA_LOSS_REFUSED', retryable: false }],
    ['may have been applied', reset, { code: 'NETWORK_ERROR', retryable: 'unknown' }],
    ['broke at the gateway', raw(502), { code: 'UNAVAILABLE', retryable: 'unknown' }],
  ])('that %s is a failure', async (_name, answer, expected) => {
    platform.answers = [json(200, held, { etag: '"e1"' }), answer];
    const error = await failureOf(client.pushContentType('default', wanted));
    expect(error).toMatchObject(expected);
    expect(error.metadata).toMatchObject({ calls: { length: 3 } });
  });

  it('keeps its base type', async () => {
    platform.answers = [json(200, held)];
    const error = await failureOf(client.pushContentType('default', { ...wanted, baseType: '_component' }));
    expect(error.message).toContain('baseType of "Article" cannot be changed');
  });

  it('is pulled in our terms', async () => {
    platform.answers = [json(200, held, { etag: '"e1"' })];
    const { definition, etag } = await client.pullContentType('default', 'Article');
    expect(etag).toBe('"e1"');
    expect(definition).toEqual({ key: 'Article', displayName: 'Old', baseType: '_page', properties: held.properties });
  });

  it('is deleted, but not when it is built in or its key leaves the path', async () => {
    platform.answers = [raw(204)];
    await client.deleteContentType('default', 'Old', { ifMatch: '"e1"' });
    expect(platform.received[0]).toMatchObject({ method: 'DELETE', path: '/_cms/v1/contenttypes/Old' });
    for (const key of ['BlankExperience', 'globalcontract:_Item', 'imagemedia']) {
      expect(await failureOf(client.deleteContentType('default', key))).toMatchObject({ code: 'BUILT_IN_TYPE' });
    }
    for (const key of ['', '..', 'a/b', 'a?b']) {
      expect(await failureOf(client.deleteContentType('default', key))).toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect(platform.received).toHaveLength(1);
  });

  it('of another kind is deleted too, but no key leaves its place in the path', async () => {
    platform.answers = [raw(204)];
    await client.deleteItem('default', { kind: 'propertyGroup', typeKey: 'our group' });
    await client.deleteItem('default', { kind: 'displayTemplate', typeKey: 'Card' });
    expect(platform.received.map(({ path }) => path)).toEqual([
      '/_cms/v1/propertygroups/our%20group',
      '/_cms/v1/displaytemplates/Card',
    ]);
    for (const typeKey of ['', '.', '..', 'a/../../contenttypes/Article', 'a\\b', 'a%2fb']) {
      for (const kind of ['propertyGroup', 'displayTemplate'] as const) {
        const error = await failureOf(client.deleteItem('default', { kind, typeKey }));
        expect(error).toMatchObject({ code: 'INVALID_REQUEST', outcome: 'NOT_APPLIED' });
      }
    }
    expect(platform.received).toHaveLength(2);
  });

  it('that is not there is not found', async () => {
    platform.answers = [json(404, {})];
    expect(await failureOf(client.pullContentType('default', 'Article'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('may send again what cannot have arrived', async () => {
  platform.tokens = [json(200, { access_token: 'token-1' }, { connection: 'close' })];
  platform.answers = [json(200, { errors: [] }, { connection: 'close' })];
  await push();
  await platform.close();
  const error = await failureOf(client.deleteContentType('default', 'Article'));
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', retryable: true });
  expect(error.message).toContain('ECONNREFUSED');
});

it('never sends to a port that belongs to another protocol', async () => {
  const request = { url: 'http://127.0.0.1:6000', method: 'POST', timeoutMs: 1_000, mask: (text: string) => text };
  await expect(exchange({ ...request, headers: {}, largeAnswers: pLimit(1) })).rejects.toMatchObject({
    code: 'NETWORK_ERROR',
    message: 'The connection failed (bad port)',
    neverSent: true,
  });
});
