import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { DOCUMENT } from '../support/checked-answers.ts';
import { type HostilePlatform, json, raw, startHostilePlatform } from '../support/hostile-platform.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { connectSql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { optimizelyAt } from '../support/test-app.ts';

/** Stands in every secret, and nowhere else. */
const CANARY = `Zq9${randomBytes(12).toString('hex')}`;
const FORMS = [0, 1, 2].map((offset) => {
  const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(CANARY)]).toString('base64');
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + CANARY.length) * 8) / 6));
});
const PERCENT = [...CANARY].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
const FORBIDDEN = [CANARY, ...FORMS, Buffer.from(CANARY).toString('hex'), PERCENT];
/** Made by a client. */
const CURSORS = [
  ...[`["next","${CANARY}"]`, `["prev",{"a":"Bearer ${CANARY}"}]`, CANARY].flatMap((text) => [
    Buffer.from(text).toString('base64url'),
    encodeURIComponent(Buffer.from(text).toString('base64')),
    Buffer.from(text).toString('hex'),
  ]),
  PERCENT,
];

const jwt = ['{"alg":"HS256","typ":"JWT"}', `{"sub":"${CANARY}"}`, CANARY]
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(CANARY.repeat(3)).toString('base64')}\n-----END PRIVATE KEY-----`;
/** The canary in every shape that is known, in one text. */
const SAID = [
  `Authorization: Bearer ${CANARY}`,
  `Basic ${Buffer.from(`jane:${CANARY}`).toString('base64')}`,
  `see https://jane:${CANARY}@cms.example/v1?a=1&access_token=${CANARY}&b=2, ghp_${CANARY}${CANARY}`,
  `JSON {"client_secret":"${CANARY}","a":1}, JWT ${jwt} and key`,
  pem,
].join('; ');
const SHORT = `because of https://jane:${CANARY}@cms.example`;
/** The canary under every secret name, and in texts under other names. */
const FIELDS = {
  ...{ password: CANARY, apiKey: CANARY, nested: [{ client_secret: CANARY, 'X-Api-Key': CANARY, tokens: [CANARY] }] },
  ...{
    headers: { Authorization: `Bearer ${CANARY}`, 'set-cookie': [`sid=${CANARY}; Path=/`] },
    cookie: `sid=${CANARY}`,
  },
  ...{ list: [{ name: 'Authorization', value: CANARY }], text: SAID, [`ghp_${CANARY}${CANARY}`]: 1 },
};
const HEADERS = {
  ...{ authorization: `Bearer ${CANARY}`, cookie: `sid=${CANARY}`, 'proxy-authorization': `Basic ${CANARY}` },
  ...{
    'x-api-key': CANARY,
    'x-vault-token': CANARY,
    'x-custom': `Bearer ${CANARY}`,
    'x-note': `ghp_${CANARY}${CANARY}`,
  },
  ...{ referer: `https://a.example/?access_token=${CANARY}`, 'user-agent': `x/1 (${SHORT})` },
  'x-client': `ghp_${CANARY}`,
  ...{ 'x-request-id': `ghp_${CANARY}${CANARY}`, traceparent: `token=${CANARY}` },
};

let database: TestDatabase;
let platform: HostilePlatform;
let service: ServiceProcess;
/** Everything that a caller has seen, with where. */
const answers: [from: string, text: string][] = [];

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: object = {},
): Promise<{ status: number; body: never }> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { ...HEADERS, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  answers.push([`${method} ${path} ${response.status}`, `${JSON.stringify([...response.headers])}\n${text}`]);
  const isObject =
    /^application\/(?:problem\+)?json/.test(response.headers.get('content-type') ?? '') && text.startsWith('{');
  return { status: response.status, body: (isObject ? JSON.parse(text) : {}) as never };
}

const api = (method: string, path: string, body?: unknown, headers?: object) =>
  send(method, `/api/v1${path}`, body, headers) as Promise<{
    status: number;
    body: Record<string, unknown> & { id: string };
  }>;

async function ended(id: string): Promise<{ items: { syncId: string }[] }> {
  for (;;) {
    const { body } = await api('GET', `/deployments/${id}`);
    if (body.completedAt !== null) return body as never;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  platform = await startHostilePlatform();
  service = await startServiceProcess(
    {
      ...optimizelyAt(platform.url),
      ...{ DATABASE_URL: database.url, LOG_LEVEL: 'trace', CIRCUIT_FAILURES: '1000', RETRY_INITIAL_DELAY_MS: '1' },
      ...{
        READ_BACK_MS: '100',
        ALERT_WEBHOOK_URL: `${platform.url}/hooks/ghp_${CANARY}${CANARY}`,
        ALERT_ALLOW_PRIVATE: 'true',
      },
      ALERT_WEBHOOK_SECRET: `whsec_${Buffer.from(CANARY).toString('base64')}`,
    },
    Number.POSITIVE_INFINITY,
  );
});
afterAll(async () => {
  await service?.stop();
  await platform?.close();
  await database?.drop();
});

const REASON = { actor: SHORT, onBehalfOf: SHORT, reason: SAID };
const DEFINITION = { key: 'Article', displayName: 'Article', baseType: '_page' };

describe('a secret in every header, query, field, payload, error and answer', () => {
  it('is sent to the service', async () => {
    // The catalogue refuses it.
    const refused = await api('PUT', '/content-types/Article', { ...DEFINITION, apiKey: CANARY, note: SAID });
    expect(refused).toMatchObject({ status: 422, body: { code: 'SECRET_IN_DEFINITION' } });
    const manifest = { contentTypes: [{ ...DEFINITION, password: CANARY }] };
    expect(await api('POST', '/content-types/import', manifest)).toMatchObject({ status: 422 });
    const about = new URLSearchParams({ author: SHORT, message: SAID.slice(0, 400) });
    expect((await api('PUT', `/content-types/Article?${about.toString()}`, DEFINITION)).status).toBe(201);
    expect((await api('PUT', `/content-types/ghp_${CANARY}${CANARY}`, DEFINITION)).status).toBe(400);
    // Queries and addresses.
    for (const path of [
      ...[`/sync/history?typeKey=ghp_${CANARY}${CANARY}`, `/sync/history?actor=${encodeURIComponent(SHORT)}&sort=x`],
      ...[
        `/platforms?token=${CANARY}`,
        `/nowhere/ghp_${CANARY}${CANARY}?api_key=${CANARY}`,
        `/sync/${encodeURIComponent(SHORT)}`,
      ],
      ...[`/sync/history?cursor=ghp_${CANARY}`, `/deployments?label=token=${CANARY}`],
      ...[`/content-types/Article/diff?from=${encodeURIComponent(SHORT)}`, `/sync/history?last=ghp_${CANARY}${CANARY}`],
    ])
      await api('GET', path);
    for (const cursor of CURSORS)
      for (const query of [`cursor=${cursor}`, `limit=1&%63ursor=${cursor}`, `cursor=${cursor}&limit=x`])
        for (const list of ['/sync/history', '/deployments', '/alerts'])
          expect(await api('GET', `${list}?${query}`)).toMatchObject({ status: 400 });
    await api('POST', '/sync', `{"platform": ghp_${CANARY}`);
    await api('POST', '/deployments', {}, { 'idempotency-key': `ghp_${CANARY}${CANARY}` });
    // Syncs of another system.
    const external = { platform: 'shop', environment: 'default', typeKey: 'Order', ...REASON, metadata: FIELDS };
    const { status, body: recorded } = await api('POST', '/sync', { ...external, direction: 'PUSH', data: FIELDS });
    expect(status).toBe(201);
    const error = { code: `E token=${CANARY}`, message: SAID };
    const result = { status: 'FAILED', error, requestId: `ghp_${CANARY}${CANARY}`, response: FIELDS, metadata: FIELDS };
    expect((await api('PATCH', `/sync/${recorded.id}/status`, result)).status).toBe(200);
    await api('PATCH', `/sync/${recorded.id}/status`, { ...result, status: 'SUCCESS', error: undefined });
    const received = { ...external, direction: 'PULL', data: FIELDS, typeKey: 'Received' };
    expect(
      (await api('POST', '/sync/batch', { syncs: [received, { ...external, direction: 'PUSH', data: {}, result }] }))
        .status,
    ).toBe(201);
    await api('POST', '/sync', { ...external, direction: 'PUSH', data: {}, typeKey: `ghp_${CANARY}${CANARY}` });
    // What the platform answers.
    const target = { platform: 'optimizely', environment: 'default' };
    const said = { detail: SAID, ...FIELDS };
    const echo = {
      'x-request-id': `ghp_${CANARY}${CANARY}`,
      'www-authenticate': `Bearer ${CANARY}`,
      'set-cookie': `sid=${CANARY}`,
    };
    const held = {
      ...DEFINITION,
      displayName: SHORT,
      apiKey: CANARY,
      lastModifiedBy: SHORT,
      lastModified: '2026-01-01T00:00:00Z',
    };
    for (const answer of [
      json(400, { status: 400, code: `token=${CANARY}`, errors: [said], ...said }, echo),
      json(200, { outcomes: [{ key: 'Article', type: 'ContentType', message: SAID, severity: SAID }], ...said }, echo),
      raw(502, `<html>${SAID}</html>`, { ...echo, 'content-type': 'text/html' }),
      json(503, said, { ...echo, 'retry-after': '0' }),
    ]) {
      platform.answers = [answer];
      const { status: begun, body } = await api('POST', '/deployments', {
        ...target,
        ...REASON,
        labels: { token: CANARY, note: SHORT },
      });
      expect([begun, body]).toEqual([202, expect.anything()]);
      await ended(body.id);
    }
    platform.answers = [json(200, { contentTypes: [held, { ...held, key: 'Other' }], secret: CANARY }, echo)];
    expect((await api('POST', '/platforms/optimizely/pull', REASON)).status).toBe(200);
    const adopted = await api('POST', '/platforms/optimizely/adopt', REASON);
    expect(adopted.body).toMatchObject({ adopted: [], left: [{ why: 'redacted' }, { why: 'redacted' }] });
    // Everything that has a reason.
    const plan = await api('POST', '/plans', { ...target, ...REASON });
    expect(plan.status).toBe(201);
    await api('POST', `/plans/${plan.body.id}/refuse`, { ...REASON, actor: 'bob' });
    for (const [path, body, endBody] of [
      ['/freezes', { from: '2089-12-20T00:00:00Z', until: '2090-01-06T00:00:00Z' }, {}],
      ['/watches', { cron: '0 3 * * *', timeZone: 'UTC' }, {}],
      ['/drift/rules', { typeKey: 'Article', ignore: ['/displayName'], until: '2090-01-01T00:00:00Z' }, {}],
      ['/expectations', { name: SHORT, by: '30 2 * * *', timeZone: 'UTC', withinMs: 14_400_000, createdBy: SHORT }, {}],
    ] as const) {
      const made = await api('POST', path, { ...target, ...REASON, ...body });
      if (made.status === 201) await api('POST', `${path}/${made.body.id}/end`, { ...REASON, ...endBody });
    }
    const { body: failures } = await api('GET', '/sync/history?status=FAILED');
    for (const { errorFingerprint } of (failures as unknown as { items: { errorFingerprint: string }[] }).items) {
      await api('PUT', `/sync/analytics/failures/${errorFingerprint}/mute`, {
        ...REASON,
        until: '2090-01-01T00:00:00Z',
      });
    }
    await api('POST', '/content-types/Article/retire', REASON);
    await api('POST', '/content-types/Article/reinstate', REASON);
    await api('POST', `/sync/${recorded.id}/replay`, REASON);
    await api('POST', '/sync/replay', { ...REASON, filter: { platform: 'optimizely' } });
    await api('POST', '/sync/health-reports', {
      ...target,
      ...REASON,
      startDate: '2026-01-01T00:00:00Z',
      endDate: '2090-01-01T00:00:00Z',
    });
    await api('POST', '/alerts/test', {});
  });

  it('comes in no answer of a GET', async () => {
    for (const path of await everyGet()) await send('GET', path);
    for (const format of ['csv', 'ndjson', 'json']) await api('GET', `/sync/history/export?format=${format}`);
    await stream('/api/v1/sync/events?after=0');
    expect(answers.filter(([, text]) => has(text))).toEqual([]);
    // Some of it is a mark.
    expect(answers.filter(([, text]) => text.includes('[redacted: ')).length).toBeGreaterThan(20);
  });

  it('stands in no table', async () => {
    const found = (await rows())
      .filter(([, text]) => has(text))
      .map(([table, text]) => `${table}: ${text.slice(0, 500)}`);
    expect(found).toEqual([]);
  });

  it('stands in no line of the log', () => {
    expect(service.log.length).toBeGreaterThan(100);
    expect(service.log.filter(has)).toEqual([]);
    expect(service.log.join('\n')).toContain('[redacted: ');
  });

  it('was sent to the platform in no request', () => {
    expect(platform.received.length).toBeGreaterThan(5);
    expect(platform.received.filter(({ body, path }) => has(body) && !path.startsWith('/hooks'))).toEqual([]);
  });
});

function has(text: string): boolean {
  const plain = text.replaceAll('\\n', '');
  return FORBIDDEN.some((form) => plain.includes(form));
}

/** The addresses of all GET operations, with everything that lists give for their parameters. */
async function everyGet(): Promise<string[]> {
  const { paths } = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const ids = async (path: string, field = 'id') => {
    const { body } = await api('GET', path);
    return ((body as { items?: Record<string, string>[] }).items ?? []).flatMap((item) => item[field] ?? []);
  };
  const syncs = await ids('/sync/history?limit=100');
  expect(syncs.length).toBeGreaterThan(10);
  const values: Record<string, string[]> = {
    syncId: syncs,
    typeKey: ['Article', 'Order', 'Other'],
    reportId: await ids('/sync/health-reports'),
    platform: ['optimizely', 'shop'],
  };
  const queries: Record<string, string[]> = {
    getSync: ['?include=events&include=version&include=deployment&include=replays'],
    compareSync: ['', '?format=text', '?format=patch', '?format=ndjson'],
    compareVersions: ['?from=1', '?from=1&to=1'],
    getLatestHealthReport: ['?platform=optimizely'],
    listEvents: ['', '?after=0&limit=100'],
    getAnalyticsGroups: ['?groupBy=errorCode', '?groupBy=actor', '?groupBy=typeKey'],
    compareTargets: ['?environment=default&with=default'],
  };
  const found: string[] = [];
  for (const [path, { get }] of Object.entries(paths)) {
    if (!get) continue;
    const [, name] = /\{(\w+)\}/.exec(path) ?? [];
    const collection = path.replace('/api/v1', '').split('/{')[0]!;
    const filled =
      name === undefined
        ? [path]
        : (values[name] ?? (await ids(collection))).map((id) => path.replace(`{${name}}`, id));
    for (const one of filled) for (const query of queries[get.operationId] ?? ['']) found.push(one + query);
  }
  expect(found.length).toBeGreaterThan(100);
  return found;
}

/** What comes first of a stream. */
async function stream(path: string): Promise<void> {
  const response = await fetch(`${service.url}${path}`, { headers: { accept: 'text/event-stream' } });
  const reader = response.body!.getReader();
  let text = '';
  while (!text.includes('sync.adopted') && text.length < 2_000_000) {
    const read = await Promise.race([
      reader.read(),
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 1_000)),
    ]);
    if (!read || read.done) break;
    text += Buffer.from(read.value).toString();
  }
  await reader.cancel();
  expect(text).toContain('sync.recorded');
  answers.push([`stream ${path}`, text]);
}

/** Every row of every table as text; bytes as they are, and unpacked. */
async function rows(): Promise<[table: string, text: string][]> {
  const sql = await connectSql(database.url);
  const tables = await sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  const found: [string, string][] = [];
  for (const { name } of tables) {
    for (const row of await sql<Record<string, unknown>>(`select * from "${name}"`)) {
      const bytes = Object.values(row).filter((value) => Buffer.isBuffer(value));
      const texts = bytes.flatMap((value) => [value.toString('latin1'), ...unpacked(value)]);
      found.push([
        name,
        [JSON.stringify(row, (_, value: unknown) => (isBytes(value) ? null : value)), ...texts].join('\n'),
      ]);
    }
  }
  await sql.close();
  expect(new Set(found.map(([name]) => name)).size).toBeGreaterThan(20);
  return found;
}

function isBytes(value: unknown): boolean {
  return Buffer.isBuffer(value) || (value as { type?: string } | null)?.type === 'Buffer';
}

function unpacked(bytes: Buffer): string[] {
  return [gunzipSync, zstdDecompressSync].flatMap((unpack) => {
    try {
      return unpack(bytes).toString('latin1');
    } catch {
      return [];
    }
  });
}
