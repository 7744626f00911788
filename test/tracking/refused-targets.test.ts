import { CircuitBreakers } from '#tracking';
import type { PlatformAdapter } from '#platform';
import { OptimizelyAdapter } from '../../src/optimizely/optimizely.adapter.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

describe('what names a target that does not exist', () => {
  let service: TestApp;
  let sql: Sql;
  beforeAll(async () => {
    service = await startTestApp(optimizelyAt('http://127.0.0.1:9'));
    sql = await connectSql(service.databaseUrl);
    const article = { key: 'Article', displayName: 'Article', baseType: '_page', properties: {} };
    await service.api('POST', '/content-types/import', { contentTypes: [article] });
  });
  afterAll(async () => {
    await sql?.close();
    await service?.close();
  });

  const counts = () =>
    sql(
      `select (select count(*) from sync_history) as syncs, (select count(*) from sync_event) as events,
         (select count(*) from deployment) as deployments, (select count(*) from content_type_version) as versions`,
    );
  const circuits = () => service.app.get(CircuitBreakers).states();
  const asked = { actor: 'jane', reason: 'again' };

  /** A sync that another system ran, for what it takes to be replayed. */
  async function foreign(target: object): Promise<string> {
    const sync = { direction: 'PUSH', typeKey: 'Article', actor: 'jane', data: { a: 1 }, result: { status: 'FAILED' } };
    return ((await service.api('POST', '/sync', { ...sync, ...target })).body as { id: string }).id;
  }

  it.each([
    ['a pull', 'POST', '/platforms/optimizely/pull', { actor: 'jane', environment: 'nowhere' }],
    ['a pull of nothing', 'POST', '/platforms/nowhere/pull', { actor: 'jane' }],
    ['a pull of a name of every object', 'POST', '/platforms/optimizely/pull', { actor: 'j', environment: 'toString' }],
    ['a deployment', 'POST', '/deployments', { actor: 'jane', platform: 'optimizely', environment: 'nowhere' }],
    ['a plan', 'POST', '/deployments?dryRun=true', { actor: 'jane', platform: 'optimizely', environment: 'no' }],
  ])('%s is refused and leaves nothing', async (_name, method, path, body) => {
    const before = await counts();
    const answer = await service.api(method, path, body);
    expect({ status: answer.status, ...(answer.body as object) }).toMatchObject({
      ...{ status: 404, code: expect.stringMatching(/^UNKNOWN_(ENVIRONMENT|PLATFORM)$/) },
    });
    expect(await counts()).toEqual(before);
    expect(circuits()).toEqual([]);
  });

  it.each([
    ['a platform', { platform: 'contentful' }, 'UNKNOWN_PLATFORM'],
    ['an environment', { platform: 'optimizely', environment: 'gone' }, 'UNKNOWN_ENVIRONMENT'],
  ])('a replay to %s that is not installed leaves nothing, alone and among many', async (_name, target, code) => {
    const id = await foreign(target);
    const before = await counts();
    expect(await service.api('POST', `/sync/${id}/replay`, asked)).toMatchObject({ status: 404, body: { code } });
    for (const dryRun of [true, false]) {
      const many = { ...asked, filter: { typeKey: 'Article', ...target }, dryRun };
      expect(await service.api('POST', '/sync/replay', many)).toMatchObject({ status: 404, body: { code } });
    }
    expect(await counts()).toEqual(before);
    expect(circuits()).toEqual([]);
  });

  it.each(['push', 'pull'] as const)('a %s by code of our own is refused before it is recorded', async (method) => {
    const before = await counts();
    const context = { environment: 'nowhere', actor: 'jane', trigger: 'API' as const };
    const item = { typeKey: 'Article', data: { key: 'Article' } };
    await expect(
      service.app.get<PlatformAdapter>(OptimizelyAdapter)[method]({ items: [item], context }),
    ).rejects.toMatchObject({
      code: 'UNKNOWN_ENVIRONMENT',
    });
    expect(await counts()).toEqual(before);
    expect(circuits()).toEqual([]);
  });
});
