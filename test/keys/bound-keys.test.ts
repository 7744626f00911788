import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const ARTICLE = { key: 'Article', displayName: 'Article', baseType: '_page', properties: {} };
/** An environment as answers name it. */
const OF_DEFAULT = /"(?:environment|value)":"default"/;
const TARGETS = ['default', 'staging'] as const;

interface Answer {
  status: number;
  body: { id: string; code?: string; items: Record<string, unknown>[]; count?: number } & Record<string, unknown>;
}

let database: TestDatabase;
let cms: SimulatedCms;
let service: ServiceProcess;
let admin: string;
/** Of a key for `optimizely/staging` alone, with every scope. */
let staging: string;
/** What admin made at each target. */
const made = new Map<
  string,
  { deployment: string; number: string; plan: string; sync: string; recorded: string; freeze: string }
>();

beforeAll(async () => {
  [database, cms] = await Promise.all([createTestDatabase(), startSimulatedCms()]);
  const { OPTIMIZELY_CMS_API_URL } = optimizelyAt(cms.url);
  service = await startServiceProcess({
    ...{ DATABASE_URL: database.url, ACCESS: 'keys' },
    ...optimizelyAt(cms.url),
    OPTIMIZELY_CMS_STAGING_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_STAGING_API_URL: OPTIMIZELY_CMS_API_URL,
  });
  const root = await runCli(['keys', 'create', '--json', '--name', 'root', '--grant', 'admin'], {
    DATABASE_URL: database.url,
  });
  admin = (JSON.parse(root.stdout) as { key: string }).key;
  staging = (await call(admin, 'POST', '/keys', { name: 'staging', grants: ['admin@optimizely/staging'] })).body
    .key as string;
  for (const environment of TARGETS) made.set(environment, await story(environment));
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await cms?.close();
  await database?.drop();
});

async function call(key: string, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(`${service.url}/api/v1${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, body: (isJson ? JSON.parse(text) : { text }) as Answer['body'] };
}

async function story(environment: string) {
  // Both targets are one server, and what stands there already is not sent.
  await call(admin, 'PUT', '/content-types/Article', { ...ARTICLE, displayName: `For ${environment}` });
  const target = { platform: 'optimizely', environment };
  const plan = await call(admin, 'POST', '/plans', target);
  const deployment = await call(admin, 'POST', '/deployments', { planId: plan.body.id });
  expect(deployment).toMatchObject({ status: 202 });
  const { id, number } = deployment.body as unknown as { id: string; number: string };
  await until('the deployment ends', async () => {
    const { status } = (await call(admin, 'GET', `/deployments/${id}`)).body as { status?: string };
    return status === 'SUCCESS' || status === 'PARTIAL';
  });
  const recorded = await call(admin, 'POST', '/sync', { ...target, direction: 'PUSH', typeKey: 'Own', data: { a: 1 } });
  const freeze = await call(admin, 'POST', '/freezes', {
    ...target,
    until: '2090-01-01',
    from: '2089-01-01',
    reason: 'Trade',
  });
  const syncs = await call(admin, 'GET', `/sync/history?deploymentId=${id}&environment=${environment}`);
  const sync = syncs.body.items[0]!.id as string;
  return { deployment: id, number, plan: plan.body.id, sync, recorded: recorded.body.id, freeze: freeze.body.id };
}

const environmentsIn = ({ items }: Answer['body']) => new Set(items.map(({ environment }) => environment));

describe('a key that is bound to a target', () => {
  it.each([
    '/sync/history',
    '/sync/history?platform=optimizely',
    '/deployments',
    '/plans',
    '/freezes',
    '/sync/health',
    '/sync/analytics/groups?by=environment',
    '/sync/health-reports',
    '/watches',
    '/drift/rules',
    '/expectations',
  ])('sees its own target in %s, and no other', async (path) => {
    const all = await call(admin, 'GET', path);
    const own = await call(staging, 'GET', path);
    expect({ all: all.status, own: own.status }).toEqual({ all: 200, own: 200 });
    const text = JSON.stringify(own.body);
    expect(text).not.toMatch(OF_DEFAULT);
    const others = made.get('default')!;
    for (const id of Object.values(others)) expect(text).not.toContain(`"${id}"`);
  });

  it('counts its own target only', async () => {
    const count = async (key: string, query = '') => (await call(key, 'GET', `/sync/history/count${query}`)).body.count;
    const own = await count(admin, '?environment=staging');
    expect(own).toBeGreaterThan(0);
    expect(await count(admin)).toBeGreaterThan(own!);
    expect(await count(staging)).toBe(own);
    const facets = await call(staging, 'GET', '/sync/history/facets');
    expect(JSON.stringify(facets.body)).not.toMatch(OF_DEFAULT);
    const numbers = await call(staging, 'GET', '/sync/analytics');
    expect(numbers.body.total).toEqual(
      (await call(admin, 'GET', '/sync/analytics?environment=staging&platform=optimizely')).body.total,
    );
    const file = await call(staging, 'GET', '/sync/history/export?format=csv');
    expect(file.status).toBe(200);
    expect(JSON.stringify(file.body)).not.toContain(made.get('default')!.sync);
  });

  it.each([
    '/sync/history?environment=default',
    '/sync/history/export?environment=default',
    '/sync/analytics?environment=default',
    '/live?environment=default',
    '/live?environment=default&format=export',
    '/live/compare?environment=staging&otherEnvironment=default',
    '/deployments?environment=default',
    '/sync/health-reports/latest?platform=optimizely&environment=default',
    '/sync/history?platform=contentful',
    '/keys',
    '/alerts',
  ])('is refused %s', async (path) => {
    expect(await call(staging, 'GET', path)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });

  it('does not learn that something is there at another target', async () => {
    const wrong: unknown[] = [];
    const { deployment, number, plan, sync, recorded, freeze } = made.get('default')!;
    const own = made.get('staging')!;
    const reason = { reason: 'Because' };
    for (const [method, path, body] of [
      ['GET', `/sync/${sync}`],
      ['GET', `/sync/${sync}/status`],
      ['GET', `/sync/${sync}/events`],
      ['GET', `/sync/${sync}/snapshot`],
      ['GET', `/sync/${sync}/diff`],
      ['GET', `/sync/${own.sync}/diff?against=${sync}`],
      ['PATCH', `/sync/${recorded}/status`, { status: 'SUCCESS' }],
      ['PATCH', `/sync/${recorded}/version`, { versionHash: 'a' }],
      ['POST', `/sync/${sync}/replay`, reason],
      ['GET', `/deployments/${deployment}`],
      ['GET', `/deployments/${number}`],
      ['GET', `/deployments/${deployment}/rollback`],
      ['POST', `/deployments/${deployment}/rollback`, reason],
      ['POST', `/deployments/${number}/cancel`, reason],
      ['GET', `/plans/${plan}`],
      ['POST', `/plans/${plan}/approve`, reason],
      ['POST', `/plans/${plan}/refuse`, reason],
      ['POST', '/deployments', { planId: plan }],
      ['POST', '/plans', { platform: 'optimizely', environment: 'staging', deployment: number }],
      ['POST', '/plans', { platform: 'optimizely', environment: 'staging', rollbackOf: deployment }],
      ['POST', `/freezes/${freeze}/end`, reason],
    ] as [string, string, object?][]) {
      const { status, body: answer } = await call(staging, method, path, body);
      if (status !== 404) wrong.push([method, path, status, answer.detail]);
    }
    expect(wrong).toEqual([]);
    expect(await call(staging, 'GET', `/sync/${own.sync}`)).toMatchObject({ status: 200 });
    expect(await call(staging, 'GET', `/deployments/${own.number}`)).toMatchObject({ status: 200 });
  });

  it('can change nothing at another target', async () => {
    const wrong: unknown[] = [];
    const target = { platform: 'optimizely', environment: 'default' };
    for (const [method, path, body] of [
      ['POST', '/deployments', target],
      ['POST', '/deployments?dryRun', target],
      ['POST', '/plans', target],
      ['POST', '/plans', { ...target, environment: 'staging', fromEnvironment: 'default' }],
      ['POST', '/platforms/optimizely/pull', { environment: 'default' }],
      ['POST', '/platforms/optimizely/adopt', { environment: 'staging', items: [{ typeKey: 'Article' }], reason: 'x' }],
      ['POST', '/sync', { ...target, direction: 'PUSH', typeKey: 'Own' }],
      [
        'POST',
        '/sync/batch',
        {
          syncs: [
            { ...target, environment: 'staging', direction: 'PUSH', typeKey: 'Own' },
            { ...target, direction: 'PUSH', typeKey: 'Own' },
          ],
        },
      ],
      ['POST', '/sync/replay', { filter: { environment: 'default' }, reason: 'x' }],
      ['POST', '/freezes', { ...target, until: '2090-01-01', reason: 'x' }],
      ['POST', '/watches', { ...target, cron: '0 3 * * *', reason: 'x' }],
      ['POST', '/drift/rules', { ...target, until: '2090-01-01', reason: 'x', ignore: ['/a'] }],
      ['POST', '/expectations', { ...target, name: 'x', by: '0 3 * * *', withinMs: 60_000, reason: 'x' }],
      ['POST', '/sync/health-reports', { ...target, startDate: '2020-01-01', endDate: '2020-01-02' }],
      ['POST', '/content-types/import', { contentTypes: [ARTICLE] }],
      ['PUT', '/content-types/Article', { ...ARTICLE, displayName: 'Other' }],
      ['POST', '/content-types/Article/retire', { reason: 'x' }],
      ['POST', '/keys', { name: 'more', grants: ['read@optimizely/staging'] }],
      ['POST', '/alerts/test', {}],
    ] as [string, string, object][]) {
      const { status, body: answer } = await call(staging, method, path, body);
      if (status !== 403 || answer.code !== 'FORBIDDEN') wrong.push([method, path, status, answer.detail]);
    }
    expect(wrong).toEqual([]);
    expect((await call(admin, 'GET', '/sync/history?actor=staging')).body.items).toEqual([]);
  });

  it('can do its work at its own target, with no more than its scopes', async () => {
    const deployer = (
      await call(admin, 'POST', '/keys', {
        name: 'deployer',
        grants: ['read@optimizely/*', 'deploy@optimizely/staging'],
      })
    ).body.key as string;
    const target = { platform: 'optimizely', environment: 'staging' };
    expect(await call(deployer, 'POST', '/deployments?dryRun', target)).toMatchObject({ status: 200 });
    const forced = { ...target, force: true, reason: 'Because' };
    expect(await call(deployer, 'POST', '/deployments', forced)).toMatchObject({
      status: 403,
      body: { scope: 'force' },
    });
    expect(await call(deployer, 'POST', '/plans', forced)).toMatchObject({ status: 403, body: { scope: 'force' } });
    const own = made.get('staging')!;
    const sender = await call(admin, 'POST', '/keys', {
      name: 'sender',
      grants: ['read', 'rollback', 'replay'],
    });
    for (const [path, body] of [
      [`/deployments/${own.deployment}/rollback`, { force: true, reason: 'Because' }],
      [`/sync/${own.sync}/replay`, { force: true, reason: 'Because' }],
      [
        '/sync/replay',
        { filter: { deploymentId: own.deployment }, includeHealed: true, force: true, reason: 'Because' },
      ],
    ] as const) {
      expect(await call(String(sender.body.key), 'POST', path, body)).toMatchObject({
        status: 403,
        body: { scope: 'force' },
      });
    }
    const file = await call(deployer, 'GET', '/live?platform=optimizely&environment=staging&format=export');
    expect(file).toMatchObject({ status: 403, body: { scope: 'export' } });
    expect(environmentsIn((await call(deployer, 'GET', '/deployments')).body)).toEqual(new Set(TARGETS));
    const seen = made.get('default')!;
    expect(await call(deployer, 'GET', `/deployments/${seen.number}`)).toMatchObject({ status: 200 });
    expect(await call(deployer, 'POST', `/deployments/${seen.number}/cancel`, { reason: 'x' })).toMatchObject({
      status: 404,
    });
  });

  it('reads the events of its own target only, as a page and as a stream that ends with the key', async () => {
    const { body } = await call(staging, 'GET', '/sync/events?limit=1000');
    const targets = new Set(body.items.map(({ sync }) => (sync as { environment: string }).environment));
    expect(targets).toEqual(new Set(['staging']));
    const made = await call(admin, 'POST', '/keys', { name: 'listener', grants: ['read@optimizely/staging'] });
    const stream = await fetch(`${service.url}/api/v1/sync/events?after=0`, {
      headers: { authorization: `Bearer ${String(made.body.key)}`, accept: 'text/event-stream' },
    });
    expect(stream.status).toBe(200);
    const text = stream.text();
    await call(admin, 'POST', `/keys/${made.body.id}/revoke`, { reason: 'It is over' });
    const revokedAt = performance.now();
    expect(await text).not.toMatch(OF_DEFAULT);
    expect(await text).toMatch(/"environment":"staging"/);
    expect(performance.now() - revokedAt).toBeLessThan(3_000);
  });

  it('has to name one of several targets where a list cannot hold them together', async () => {
    const two = (
      await call(admin, 'POST', '/keys', { name: 'two', grants: ['read@optimizely/staging', 'read@contentful/live'] })
    ).body.key as string;
    expect(await call(two, 'GET', '/sync/history')).toMatchObject({ status: 403, body: { code: 'TARGET_REQUIRED' } });
    expect(await call(two, 'GET', '/sync/history?platform=optimizely')).toMatchObject({ status: 200 });
    expect(await call(two, 'GET', '/sync/history?environment=staging')).toMatchObject({ status: 200 });
  });
});
