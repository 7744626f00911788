import { EntityManager } from '@mikro-orm/core';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuidv7 } from 'uuid';
import { canonicalDigest, type Json, type JsonObject } from '#json';
import { Platform, PlatformError, type SyncAnswer, type SyncCall } from '#platform';
import { SyncReader, type SyncRecord } from '#recording';
import { SnapshotService } from '#snapshot';
import { NoSyncRecord, SyncHistoryService, TrackSync } from '#tracking';
import { VersionHistoryService } from '#versioning';
import { accept, fail, Note, Shop, ShopAdapter, startForeignApp } from '../support/foreign-app.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { createTestDatabase } from '../support/test-database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let app: NestFastifyApplication;
let shop: Shop;
let adapter: ShopAdapter;
let history: SyncHistoryService;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  sql = await connectSql(database.url);
  await sql('create table note (id integer primary key, text text not null)');
  app = await startForeignApp(database.url);
  shop = app.get(Shop);
  adapter = app.get(ShopAdapter);
  history = app.get(SyncHistoryService);
});
afterAll(async () => {
  await app?.close();
  await sql?.close();
  await database?.drop();
});

const context = { environment: 'default', actor: 'jane', trigger: 'API' } as const;
const item = (typeKey: string, data: Json = { key: typeKey }) => ({ typeKey, data });
const callFor = (...typeKeys: string[]): SyncCall => ({ items: typeKeys.map((key) => item(key)), context });
/** Without those of read-backs. */
const syncsOf = async (typeKey: string) =>
  (await history.getSyncHistory({ typeKey })).items.filter(({ actor }) => actor !== 'synctrail');
const syncOf = async (typeKey: string): Promise<SyncRecord> => (await syncsOf(typeKey))[0]!;
const eventsOf = async (typeKey: string) =>
  (await app.get(SyncReader).getEvents((await syncOf(typeKey)).id)).map(({ type, data }) => ({ type, ...data }));
const unavailable = (more: Partial<ConstructorParameters<typeof PlatformError>[0]> = {}) =>
  new PlatformError({ code: 'UNAVAILABLE', message: 'The shop is closed', retryable: true, ...more });
const pushVersioned = (a: number) => adapter.push({ items: [item('Versioned', { key: 'Versioned', a })], context });
const held = (typeKey: string, data: Json) => ({ typeKey, status: 'SUCCESS' as const, data });
const starting = (provider: new (shop: Shop) => object) =>
  startForeignApp(database.url, { providers: [provider] }).then((started) => started.close());

describe('a call of a tracked adapter in a foreign application', () => {
  it('is recorded before it leaves', async () => {
    let seen: unknown;
    shop.will(async (call) => {
      seen = await sql(`select sync_status, type from sync_history h join sync_event e on e.sync_id = h.id
                        where type_key = 'Before'`);
      return accept(call);
    });
    await adapter.push(callFor('Before'));
    expect(seen).toEqual([{ sync_status: 'IN_PROGRESS', type: 'sync.recorded' }]);
    expect(await syncOf('Before')).toMatchObject({ syncStatus: 'SUCCESS', statusCode: 200, retryCount: 0 });
  });

  it('is one sync for each item, with one call id, who asked, how, why, and what they wanted remembered', async () => {
    shop.will(accept);
    const callId = uuidv7();
    await adapter.push({
      ...callFor('One', 'Two'),
      context: { ...context, callId, environment: 'staging', reason: 'because', force: true, metadata: { ticket: 7 } },
    });
    for (const typeKey of ['One', 'Two']) {
      expect(await syncOf(typeKey)).toMatchObject({
        callId,
        kind: 'contentType',
        targetPlatform: 'shop',
        environment: 'staging',
        syncDirection: 'PUSH',
        actor: 'jane',
        trigger: 'API',
        reason: 'because',
        forced: true,
        syncMetadata: { ticket: 7 },
      });
    }
    shop.will(accept);
    await adapter.push(callFor('One'));
    expect(await syncOf('One')).toMatchObject({ forced: false, reason: null });
  });

  it('keeps what exactly was sent, and what came back', async () => {
    const data = { key: 'Content', a: 1 };
    const body = { ok: true };
    shop.will((call) => ({ ...accept(call), body, requestId: 'r-1' }));
    await adapter.push({ items: [item('Content', data)], context });
    const { pushedDigest, responseDigest, requestId, versionHash } = await syncOf('Content');
    expect(requestId).toBe('r-1');
    expect(versionHash).toBe(canonicalDigest(data));
    const snapshots = app.get(SnapshotService);
    expect(await snapshots.read(pushedDigest!)).toEqual({ shop: data });
    expect(await snapshots.read(responseDigest!)).toEqual(body);
  });

  it('makes a version of what it sends once', async () => {
    const versions = app.get(VersionHistoryService);
    shop.will(accept);
    await pushVersioned(1);
    await Promise.all([pushVersioned(1), pushVersioned(1)]);
    await pushVersioned(2);
    await pushVersioned(1);
    const made = await versions.history({ platform: 'shop', kind: 'contentType', typeKey: 'Versioned' }, 10);
    expect(made.map(({ number }) => number)).toEqual([2, 1]);
    expect(made.map(({ author }) => author)).toEqual(['jane', 'jane']);
    expect((await syncOf('Versioned')).versionHash).toBe(made[1]!.versionHash);
    expect(await history.getVersionHash((await syncOf('Versioned')).id)).toBe(made[1]!.versionHash);
  });

  it('ends as the platform says for each item', async () => {
    shop.will(() => ({
      statusCode: 200,
      items: [
        { typeKey: 'Good', status: 'SUCCESS' },
        { typeKey: 'Half', status: 'PARTIAL', error: { code: 'HALF', message: 'some of it' } },
        { typeKey: 'Bad', status: 'FAILED', error: { code: 'REFUSED', message: 'no' } },
        { typeKey: 'Stranger', status: 'SUCCESS' },
      ],
    }));
    await adapter.push(callFor('Good', 'Half', 'Bad', 'Forgotten'));
    expect(await syncOf('Good')).toMatchObject({ syncStatus: 'SUCCESS', errorCode: null });
    expect(await syncOf('Half')).toMatchObject({ syncStatus: 'PARTIAL', errorCode: 'HALF' });
    expect(await syncOf('Bad')).toMatchObject({ syncStatus: 'FAILED', errorCode: 'REFUSED', errorMessage: 'no' });
    expect(await syncOf('Forgotten')).toMatchObject({ syncStatus: 'FAILED', errorCode: 'NO_ANSWER' });
    expect(await syncsOf('Stranger')).toEqual([]);
    expect((await eventsOf('Half')).map(({ type }) => type)).toEqual(['sync.recorded', 'sync.partial']);
  });

  it('is tried again where that helps, and each failed attempt is an event with the wait that was chosen', async () => {
    shop.will(
      fail(unavailable({ statusCode: 503 })),
      fail(unavailable({ code: 'RATE_LIMITED', statusCode: 429, retryAfterMs: 7 })),
      accept,
    );
    await adapter.push(callFor('Again'));
    expect(shop.calls).toHaveLength(3);
    expect(await syncOf('Again')).toMatchObject({ syncStatus: 'SUCCESS', retryCount: 2, errorCode: null });
    expect(await eventsOf('Again')).toMatchObject([
      { type: 'sync.recorded' },
      { type: 'attempt.failed', attempt: 1, errorCode: 'UNAVAILABLE', statusCode: 503, waitMs: 1 },
      { type: 'attempt.failed', attempt: 2, errorCode: 'RATE_LIMITED', statusCode: 429, waitMs: 7 },
      { type: 'sync.succeeded', status: 'SUCCESS', retryCount: 2 },
    ]);
  });

  it('is not tried more often than allowed', async () => {
    shop.will(fail(unavailable()));
    await expect(adapter.push(callFor('Thrice'))).rejects.toThrow('The shop is closed');
    expect(shop.calls).toHaveLength(3);
    expect(await syncOf('Thrice')).toMatchObject({ syncStatus: 'FAILED', retryCount: 2, errorCode: 'UNAVAILABLE' });
    expect((await eventsOf('Thrice'))[3]).toMatchObject({ type: 'attempt.failed', attempt: 3 });
    expect((await eventsOf('Thrice'))[3]).not.toHaveProperty('waitMs');
  });

  it.each<[string, unknown]>([
    ['the platform refuses it', unavailable({ retryable: false })],
    ['nobody knows whether it was applied', unavailable({ retryable: 'unknown' })],
    ['the adapter has a bug', new TypeError('x is not a function')],
  ])('is not tried again when %s', async (name, error) => {
    shop.will(fail(error));
    await expect(adapter.push(callFor(name))).rejects.toBe(error);
    expect(shop.calls).toHaveLength(1);
    expect(await syncOf(name)).toMatchObject({ syncStatus: 'FAILED', retryCount: 0 });
  });

  it.each<[string, unknown, string]>([
    ['an error', new RangeError('out of range'), 'out of range'],
    ['a text', 'just a text', 'just a text'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
  ])('records what was thrown, and throws the same: %s', async (name, thrown, message) => {
    shop.will(fail(thrown));
    const caught = await adapter.push(callFor(name)).catch((error: unknown) => ({ error }));
    expect((caught as { error: unknown }).error).toBe(thrown);
    expect(await syncOf(name)).toMatchObject({
      syncStatus: 'FAILED',
      errorCode: 'ADAPTER_ERROR',
      errorMessage: expect.stringContaining(message) as string,
    });
  });

  it.each<[string, string]>([
    ['NUL', 'a\0b'],
    ['a lone surrogate', 'a\ud800b'],
    ['1 MB', 'x'.repeat(1_000_000)],
  ])('records a message with %s', async (name, message) => {
    shop.will(fail(new Error(message)));
    await expect(adapter.push(callFor(name))).rejects.toThrow(message.slice(0, 100));
    const { errorMessage, syncStatus } = await syncOf(name);
    expect(syncStatus).toBe('FAILED');
    expect(errorMessage!.length).toBeLessThanOrEqual(10_000);
    expect(errorMessage![0]).toBe(message[0]);
    expect(await eventsOf(name)).toHaveLength(3);
  });

  it.each<[string, Partial<SyncAnswer>, JsonObject]>([
    [
      'larger than a snapshot',
      { body: 'x'.repeat(10_000_000) },
      { responseNotKept: expect.stringContaining('10000000') },
    ],
    ['with a lone surrogate', { body: ['\udfff'] }, { responseChanged: expect.stringContaining('U+FFFD') }],
  ])('is settled with a note when the answer cannot be kept as it is: %s', async (name, more, note) => {
    shop.will((call) => ({ ...accept(call), ...more }));
    const responseDigest = 'responseNotKept' in note ? null : canonicalDigest(['\ufffd']);
    await adapter.push(callFor(name));
    expect(await syncOf(name)).toMatchObject({
      syncStatus: 'SUCCESS',
      responseDigest,
      syncMetadata: note,
    });
    const error = unavailable({ retryable: false, body: more.body });
    shop.will(fail(error));
    await expect(adapter.push(callFor(name))).rejects.toBe(error);
    expect(await syncOf(name)).toMatchObject({ syncStatus: 'FAILED', responseDigest });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no items', { statusCode: 200 }],
    ['an item that is none', { items: [null] }],
    ['a status that is none', { items: [{ typeKey: 'a status that is none', status: 'IN_PROGRESS' }] }],
  ])('is FAILED, never left open, when the adapter answers %s', async (name, answer) => {
    shop.will(() => answer as SyncAnswer);
    await expect(adapter.push(callFor(name))).rejects.toMatchObject({ code: 'INVALID_ANSWER' });
    expect(await syncOf(name)).toMatchObject({ syncStatus: 'FAILED', errorCode: 'INVALID_ANSWER' });
  });

  it('is settled whatever the platform puts into the small print', async () => {
    const error = { code: 'A\0'.repeat(1_000), message: 'm' };
    shop.will(() => ({
      statusCode: 99_999,
      requestId: '\0'.repeat(1_000),
      metadata: { '\0': '\ud800' },
      items: [{ typeKey: 'SmallPrint', status: 'FAILED', error }],
    }));
    await adapter.push(callFor('SmallPrint'));
    expect(await syncOf('SmallPrint')).toMatchObject({ syncStatus: 'FAILED', statusCode: null });
  });

  it('does not leave when it cannot be recorded, and does not keep others from leaving', async () => {
    shop.will(accept);
    const bad = { ...callFor('Unrecordable'), context: { ...context, deploymentId: 'no uuid' } };
    const calls = ['Neighbour1', 'Neighbour2', 'Neighbour3'].map((key) => adapter.push(callFor(key)));
    await expect(adapter.push(bad)).rejects.toThrow(/uuid/);
    await Promise.all(calls);
    expect(shop.calls.map(({ items }) => items[0]!.typeKey).toSorted()).toEqual([
      'Neighbour1',
      'Neighbour2',
      'Neighbour3',
    ]);
    expect(await syncsOf('Unrecordable')).toEqual([]);
  });

  it('names each content type once', async () => {
    shop.will(accept);
    await expect(adapter.push(callFor('Dup', 'Dup'))).rejects.toMatchObject({ code: 'DUPLICATE_ITEM' });
    expect(shop.calls).toEqual([]);
    const kinds = { items: [item('Dup'), { ...item('Dup'), kind: 'propertyGroup' }], context };
    await adapter.push(kinds);
    expect(await syncsOf('Dup')).toHaveLength(2);
  });

  it('may be made twice at a time with the same object', async () => {
    const call = callFor('Shared');
    const failed = Promise.withResolvers<void>();
    shop.will(
      async () => {
        await failed.promise;
        return accept(call);
      },
      () => {
        failed.resolve();
        throw unavailable({ retryAfterMs: 20 });
      },
      accept,
    );
    await Promise.all([adapter.pull(call), adapter.pull(call)]);
    expect(shop.calls).toHaveLength(3);
    expect((await syncsOf('Shared')).map(({ syncStatus }) => syncStatus)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  it('stays recorded when the transaction of its caller is rolled back', async () => {
    shop.will(accept);
    const work = app
      .get(EntityManager)
      .fork()
      .transactional(async (em) => {
        await em.insert(Note, { id: 1, text: 'undone' });
        await adapter.push(callFor('RolledBack'));
        throw new Error('the caller changes its mind');
      });
    await expect(work).rejects.toThrow('the caller changes its mind');
    expect(await sql('select * from note')).toEqual([]);
    expect(await syncOf('RolledBack')).toMatchObject({ syncStatus: 'SUCCESS' });
  });
});

describe('a pull', () => {
  it('of everything is recorded under "*", and once the answer is known for each type, under one call id', async () => {
    let during: unknown;
    shop.will(async () => {
      during = await sql(
        `select type_key, sync_status from sync_history where sync_direction = 'PULL' and environment = 'pulled'`,
      );
      return {
        body: { all: 2 },
        items: [held('PulledA', { key: 'PulledA' }), held('PulledB', { key: 'PulledB' })],
        metadata: { calls: 1 },
      };
    });
    await adapter.pull({
      items: [],
      context: { ...context, environment: 'pulled', reason: 'look', metadata: { ticket: 1 } },
    });
    expect(during).toEqual([{ type_key: '*', sync_status: 'IN_PROGRESS' }]);
    const [everything, a, b] = await Promise.all([syncOf('*'), syncOf('PulledA'), syncOf('PulledB')]);
    expect(new Set([everything.callId, a.callId, b.callId]).size).toBe(1);
    expect(everything).toMatchObject({ syncStatus: 'SUCCESS', syncDirection: 'PULL', versionHash: null });
    expect(everything).toMatchObject({ responseDigest: canonicalDigest({ all: 2 }), reason: 'look' });
    expect(a).toMatchObject({
      syncStatus: 'SUCCESS',
      syncDirection: 'PULL',
      pushedDigest: null,
      reason: 'look',
      versionHash: canonicalDigest({ key: 'PulledA' }),
      responseDigest: canonicalDigest({ key: 'PulledA' }),
      syncMetadata: { ticket: 1, calls: 1 },
    });
  });

  it('of everything is PARTIAL when a part failed', async () => {
    const error = { code: 'UNREADABLE', message: 'what is this' };
    shop.will(() => ({ items: [held('PartA', {}), { typeKey: 'PartB', status: 'FAILED', error }] }));
    await adapter.pull({ items: [], context });
    expect(await syncOf('*')).toMatchObject({ syncStatus: 'PARTIAL', errorCode: 'ITEMS_FAILED' });
    expect(await syncOf('PartB')).toMatchObject({ syncStatus: 'FAILED', errorCode: 'UNREADABLE' });
  });

  it('of one type tells which version of ours the platform holds', async () => {
    shop.will(accept);
    await adapter.push(callFor('Ours'));
    shop.will(() => ({ items: [held('Ours', { key: 'Ours' })] }));
    await adapter.pull({ items: [{ typeKey: 'Ours' }], context });
    const [pulled, pushed] = await syncsOf('Ours');
    expect(pulled).toMatchObject({ syncDirection: 'PULL', versionHash: pushed!.versionHash });
    expect(await syncsOf('*')).toHaveLength(2);
  });

  it('that fails is FAILED', async () => {
    shop.will(fail(unavailable({ retryable: false })));
    await expect(adapter.pull({ items: [], context })).rejects.toThrow('closed');
    expect(await syncOf('*')).toMatchObject({ syncStatus: 'FAILED', errorCode: 'UNAVAILABLE' });
  });

  it('whose content cannot be kept is FAILED, and says why', async () => {
    shop.will(() => ({ items: [held('Broken', { text: '\ud800' })] }));
    await expect(adapter.pull({ items: [], context })).rejects.toMatchObject({ code: 'NOT_JSON' });
    expect(await syncOf('*')).toMatchObject({ syncStatus: 'FAILED', errorMessage: expect.stringMatching('surrogate') });
  });
});

describe('the history', () => {
  it('keeps a late result as an event and does not overwrite what is settled', async () => {
    const { id } = await history.recordSyncAttempt({
      typeKey: 'Late',
      platform: 'shop',
      direction: 'PUSH',
      context,
      data: { key: 'Late' },
    });
    await history.updateSyncStatus(id, { status: 'FAILED', error: { code: 'INTERRUPTED', message: 'm' } });
    await expect(history.updateSyncStatus(id, { status: 'SUCCESS' })).rejects.toMatchObject({ code: 'SYNC_SETTLED' });
    expect(await syncOf('Late')).toMatchObject({ syncStatus: 'FAILED', errorCode: 'INTERRUPTED' });
    expect((await eventsOf('Late')).map(({ type }) => type)).toEqual([
      'sync.recorded',
      'sync.failed',
      'sync.late_result',
    ]);
    const nobody = history.updateSyncStatus(uuidv7(), { status: 'SUCCESS' });
    await expect(nobody).rejects.toMatchObject({ code: 'SYNC_NOT_FOUND' });
  });

  it('links a sync to a version', async () => {
    const { id } = await history.recordSyncAttempt({ typeKey: 'Linked', platform: 'shop', direction: 'PULL', context });
    expect(await history.getVersionHash(id)).toBeNull();
    await expect(history.linkToVersion(id, 'abc')).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
    const commit = {
      platform: 'shop',
      kind: 'contentType',
      typeKey: 'Linked',
      definition: { key: 'Linked' },
      author: 'jane',
    };
    const [made] = await app.get(VersionHistoryService).commit([commit]);
    const { versionHash } = made!.version;
    await history.linkToVersion(id, versionHash);
    expect(await history.getVersionHash(id)).toBe(versionHash);
    expect((await eventsOf('Linked'))[1]).toMatchObject({ type: 'sync.version_linked', versionHash });
    await expect(history.linkToVersion(uuidv7(), 'abc')).rejects.toMatchObject({ code: 'SYNC_NOT_FOUND' });
  });

  it('tells the last successful sync', async () => {
    shop.will(accept, fail(unavailable({ retryable: false })));
    await adapter.push(callFor('Last'));
    await expect(adapter.push(callFor('Last'))).rejects.toThrow('closed');
    const [, good] = await syncsOf('Last');
    expect((await history.getLastSuccessfulSync({ typeKey: 'Last', direction: 'PUSH' }))!.id).toBe(good!.id);
    expect(await history.getLastSuccessfulSync({ typeKey: 'Nobody' })).toBeNull();
  });

  it.each([
    'delete from sync_event',
    `update sync_event set data = '{}'`,
    `update sync_event set type = 'sync.succeeded'`,
    'truncate sync_event',
  ])('refuses to change events: %s', async (statement) => {
    await expect(sql(statement)).rejects.toThrow('append-only');
  });
});

describe('the start of an application', () => {
  it('is refused when a method of an adapter would escape the record', async () => {
    @Platform('escaping')
    @Injectable()
    class Escaping extends ShopAdapter {
      publish() {
        return this.shop.react(callFor('Escaped'));
      }
    }
    await expect(starting(Escaping)).rejects.toThrow(/Escaping\.publish would escape the record.*@NoSyncRecord/);
  });

  it('is refused when a function held by an adapter would escape the record', async () => {
    @Platform('escaping')
    @Injectable()
    class EscapingArrow extends ShopAdapter {
      publish = () => this.shop.react(callFor('Escaped'));
    }
    await expect(starting(EscapingArrow)).rejects.toThrow(/EscapingArrow\.publish would escape the record/);
  });

  it('is refused when a tracked method is overridden by one that is not', async () => {
    @Platform('overriding')
    @Injectable()
    class Overriding extends ShopAdapter {
      override push(call: SyncCall) {
        return this.shop.react(call);
      }
    }
    await expect(starting(Overriding)).rejects.toThrow(/Overriding\.push would escape the record/);
  });

  it('is refused when a tracked method belongs to no platform', async () => {
    @Injectable()
    class Homeless {
      constructor(readonly shop: Shop) {}

      @TrackSync({ direction: 'PUSH' })
      push(call: SyncCall) {
        return this.shop.react(call);
      }
    }
    Reflect.defineMetadata('design:paramtypes', [Shop], Homeless);
    await expect(starting(Homeless)).rejects.toThrow(/Homeless\.push has @TrackSync, but its class has no @Platform/);
  });

  it('is refused when a removal would be recorded as a push, or a push as a removal', async () => {
    @Platform('forgetful')
    @Injectable()
    class Forgetful extends ShopAdapter {
      @TrackSync({ direction: 'PUSH' })
      remove(call: SyncCall) {
        return this.shop.react(call);
      }
    }
    @Platform('confused')
    @Injectable()
    class Confused extends ShopAdapter {
      @TrackSync({ direction: 'PUSH', removes: true })
      override push(call: SyncCall) {
        return this.shop.react(call);
      }
    }
    await expect(starting(Forgetful)).rejects.toThrow(/Forgetful\.remove would be recorded as no removal/);
    await expect(starting(Confused)).rejects.toThrow(/Confused\.push would be recorded as a removal, which it is not/);
  });

  it('takes a method that says why it is not recorded', async () => {
    @Platform('talkative')
    @Injectable()
    class Talkative extends ShopAdapter {
      @NoSyncRecord('reads no content')
      ping() {
        return 'pong';
      }
    }
    await expect(starting(Talkative)).resolves.toBeUndefined();
  });

  it('is refused when a factory makes an adapter, for Nest can put nothing round it', async () => {
    const factory = { provide: 'made', useFactory: (shop: Shop) => new ShopAdapter(shop), inject: [Shop] };
    await expect(startForeignApp(database.url, { providers: [factory] })).rejects.toThrow(
      /ShopAdapter would escape the record.*list the class among the providers/,
    );
  });

  it('takes an adapter under a second name', async () => {
    const providers = [ShopAdapter, { provide: 'alias', useExisting: ShopAdapter }];
    const aliased = await startForeignApp(database.url, { providers });
    aliased.get(Shop).will(accept);
    await aliased.get<ShopAdapter>('alias').push(callFor('Aliased'));
    await aliased.close();
    expect(await syncsOf('Aliased')).toHaveLength(1);
  });

  it('is what a call has to wait for', async () => {
    const early: unknown[] = [];
    @Platform('eager')
    @Injectable()
    class Eager extends ShopAdapter implements OnModuleInit {
      async onModuleInit() {
        this.shop.will(accept);
        early.push(
          await Object.getPrototypeOf(this)
            .push.call(this, callFor('Early'))
            .catch((error: unknown) => error),
        );
        early.push(this.shop.calls.length);
      }
    }
    await starting(Eager);
    expect(early).toMatchObject([{ code: 'NOT_TRACKED_YET' }, 0]);
    const unmanaged = new ShopAdapter(shop);
    shop.will(accept);
    await expect(unmanaged.push(callFor('Early'))).rejects.toMatchObject({ code: 'NOT_TRACKED_YET' });
    expect(shop.calls).toEqual([]);
    expect(await syncsOf('Early')).toEqual([]);
  });
});

describe('@TrackSync', () => {
  it('does not compile on a method of another kind', () => {
    class Wrong {
      // @ts-expect-error its first parameter is no SyncCall
      @TrackSync({ direction: 'PUSH' })
      send(key: string): Promise<SyncAnswer> {
        return Promise.resolve({ requestId: key, items: [] });
      }

      // @ts-expect-error it answers no SyncAnswer
      @TrackSync({ direction: 'PUSH' })
      fire(call: SyncCall): Promise<number> {
        return Promise.resolve(call.items.length);
      }

      // @ts-expect-error there is no such direction
      @TrackSync({ direction: 'SIDEWAYS' })
      turn(call: SyncCall): Promise<SyncAnswer> {
        return Promise.resolve({ items: [], requestId: call.context.actor });
      }
    }
    expect(Wrong).toBeDefined();
  });
});

describe('the routes of the history', () => {
  it('are not there unless the application asks for them', async () => {
    expect((await fetch(`${await app.getUrl()}/sync/history`)).status).toBe(404);
  });

  it('are there when it does, with the checks and errors of the service', async () => {
    const withRoutes = await startForeignApp(database.url, { tracking: { http: true } });
    const url = await withRoutes.getUrl();
    try {
      shop.will(accept);
      await adapter.push(callFor('Routed'));
      const answer = await fetch(`${url}/sync/history?typeKey=Routed&startDate=2020-01-01&limit=1`);
      expect(await answer.json()).toMatchObject({ items: [{ typeKey: 'Routed', platform: 'shop' }] });
      // A DTO refuses it, or nothing reads it; each room has controllers of its own.
      for (const path of [
        '/sync/history',
        '/sync/events',
        `/sync/${uuidv7()}`,
        '/drift/rules',
        '/live',
        '/live/compare',
      ]) {
        const bad = await fetch(`${url}${path}?nonsense=1`);
        const type = bad.headers.get('content-type');
        expect([path, bad.status, type]).toEqual([path, 400, expect.stringMatching('application/problem.json')]);
      }
      const method = { method: 'POST', headers: { 'content-type': 'application/json' } };
      for (const path of ['/sync', `/sync/${uuidv7()}/replay`]) {
        const bad = await fetch(`${url}${path}?nonsense=1`, { ...method, body: '{"actor":"jane","reason":"again"}' });
        const { code, detail } = (await bad.json()) as Record<string, string>;
        expect([path, code, detail]).toEqual([path, 'INVALID_REQUEST', expect.stringContaining('nonsense')]);
      }
      expect(await (await fetch(`${url}/sync/${uuidv7()}`)).json()).toMatchObject({
        status: 404,
        code: 'SYNC_NOT_FOUND',
      });
    } finally {
      await withRoutes.close();
    }
  });
});
