import { MikroOrmModule } from '@mikro-orm/nestjs';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Test, type TestingModule } from '@nestjs/testing';
import { ormOptions } from '#database';
import { TrackingModule } from '#embedding';
import { OptimizelyAdapter, OptimizelyEnvironment, OptimizelyModule } from '#optimizely';
import type { PlatformAdapter, SyncCall, SyncItem } from '#platform';
import { SyncHistoryService } from '#tracking';
import { type HostilePlatform, json, raw, startHostilePlatform } from '../support/hostile-platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let database: TestDatabase;
let platform: HostilePlatform;
let app: TestingModule;
let adapter: PlatformAdapter;

beforeAll(async () => {
  database = await createTestDatabase();
  platform = await startHostilePlatform();
  const settings = { clientId: 'id', clientSecret: 'demo-secret', apiUrl: platform.url };
  app = await Test.createTestingModule({
    imports: [
      MikroOrmModule.forRoot({ driver: PostgreSqlDriver, ...ormOptions(database.url) }),
      TrackingModule.forRoot({ retry: { maxAttempts: 2, initialDelayMs: 1 } }),
      OptimizelyModule.forRoot([Object.assign(new OptimizelyEnvironment(), settings)]),
    ],
  }).compile();
  await app.init();
  adapter = app.get(OptimizelyAdapter);
});

beforeEach(() => {
  platform.received.length = 0;
});

afterAll(async () => {
  await app?.close();
  await database?.drop();
  await platform?.close();
});

const call = (items: SyncItem[], force = false): SyncCall => ({
  items,
  context: { environment: 'default', actor: 'test', trigger: 'API', force },
});

const item = (typeKey: string, kind?: string): SyncItem => ({
  typeKey,
  data: { key: typeKey, displayName: typeKey },
  ...(kind && { kind }),
});

describe('a push', () => {
  it('is one manifest for all items, in the order the service applies them', async () => {
    platform.answers = [json(200, { outcomes: [], errors: [] }, { 'x-request-id': 'r-1' })];
    const items = [item('Card', 'displayTemplate'), item('Article'), item('seo', 'propertyGroup')];
    const answer = await adapter.push(call(items, true));
    expect(platform.received).toHaveLength(1);
    expect(JSON.parse(platform.received[0]!.body)).toEqual({
      propertyGroups: [items[2]!.data],
      contentTypes: [items[1]!.data],
      displayTemplates: [items[0]!.data],
    });
    expect(platform.received[0]!.headers['cms-ignore-data-loss-warnings']).toBe('true');
    expect(answer).toEqual({
      statusCode: 200,
      requestId: 'r-1',
      body: { outcomes: [], errors: [] },
      metadata: { calls: [expect.anything(), expect.objectContaining({ status: 200, requestId: 'r-1' })] },
      items: [
        { typeKey: 'Card', kind: 'displayTemplate', status: 'SUCCESS' },
        { typeKey: 'Article', kind: 'contentType', status: 'SUCCESS' },
        { typeKey: 'seo', kind: 'propertyGroup', status: 'SUCCESS' },
      ],
    });
  });

  it('leaves out what may not be sent, and sends the rest', async () => {
    platform.answers = [json(200, { outcomes: [], errors: [] })];
    const { items } = await adapter.push(
      call([
        item('BlankSection'),
        { typeKey: 'Foreign', data: { key: 'Foreign', source: 'graph' } },
        item('Content', 'propertyGroup'),
        item('Article'),
        { typeKey: 'Renamed', data: { key: 'Other' } },
        { typeKey: 'Keyless', data: { displayName: 'Keyless' } },
        item('Space', 'planet'),
      ]),
    );
    expect(items.map(({ typeKey, status, error }) => [typeKey, error?.code ?? status])).toEqual([
      ['BlankSection', 'BUILT_IN_TYPE'],
      ['Foreign', 'BUILT_IN_TYPE'],
      ['Content', 'BUILT_IN_TYPE'],
      ['Article', 'SUCCESS'],
      ['Renamed', 'INVALID_ITEM'],
      ['Keyless', 'INVALID_ITEM'],
      ['Space', 'UNKNOWN_KIND'],
    ]);
    expect(JSON.parse(platform.received[0]!.body)).toEqual({ contentTypes: [item('Article').data] });
  });

  it('of nothing that may be sent sends nothing', async () => {
    const { items, statusCode } = await adapter.push(call([item('BlankSection')]));
    expect(items).toMatchObject([{ typeKey: 'BlankSection', status: 'FAILED' }]);
    expect(statusCode).toBeUndefined();
    expect(platform.received).toEqual([]);
  });
});

describe('the record of a call', () => {
  it('has each HTTP call of every attempt, and no secret', async () => {
    platform.answers = [raw(502, 'demo-secret'), json(200, { outcomes: [], errors: [] })];
    await adapter.push(call([item('Retried')]));
    const history = app.get(SyncHistoryService);
    const { items } = await history.getSyncHistory({ typeKey: 'Retried' });
    expect(items).toMatchObject([{ syncStatus: 'SUCCESS', retryCount: 1, syncMetadata: { calls: [{ status: 200 }] } }]);
    expect(JSON.stringify(items)).not.toContain('demo-secret');
  });
});

describe('a pull', () => {
  const held = json(200, {
    contentTypes: [
      { key: 'Article', displayName: 'Article', sortOrder: 0, created: 'then' },
      { key: 'BlankExperience', displayName: 'Blank' },
      { key: 'Foreign', displayName: 'Foreign', source: 'graph' },
    ],
    propertyGroups: [{ key: 'seo', displayName: 'SEO', sortOrder: 2 }],
    displayTemplates: null,
  });
  const article = {
    typeKey: 'Article',
    kind: 'contentType',
    status: 'SUCCESS',
    data: { key: 'Article', displayName: 'Article' },
  };

  it('without items brings everything that is not built in, in our terms', async () => {
    platform.answers = [held];
    const { items } = await adapter.pull(call([]));
    const seo = { key: 'seo', displayName: 'SEO', sortOrder: 2 };
    expect(items).toEqual([{ typeKey: 'seo', kind: 'propertyGroup', status: 'SUCCESS', data: seo }, article]);
  });

  it('with items brings these, from the sections they need', async () => {
    platform.answers = [held];
    const { items } = await adapter.pull(
      call([{ typeKey: 'Ghost' }, { typeKey: 'Article' }, { typeKey: 'ImageMedia' }]),
    );
    expect(platform.received[0]!.path).toBe('/_cms/v1/manifest?sections=contentTypes');
    expect(items).toMatchObject([
      { status: 'FAILED', error: { code: 'NOT_FOUND' } },
      article,
      { error: { code: 'BUILT_IN_TYPE' } },
    ]);
  });
});

it('names its environments, and refuses others', async () => {
  expect(adapter.environments?.()).toEqual([
    { name: 'default', address: expect.stringMatching(/^http:/), account: 'id' },
  ]);
  const elsewhere = call([item('Article')]);
  elsewhere.context.environment = 'moon';
  await expect(adapter.push(elsewhere)).rejects.toThrow('no environment "moon"');
});
