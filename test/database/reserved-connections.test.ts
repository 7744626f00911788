import { MikroORM } from '@mikro-orm/postgresql';
import type { PoolClient } from 'pg';
import { query, connect, DatabaseAwayError, inTransaction, ormOptions } from '../../src/database/index.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const SIZE = 8;

describe('a pool that readers have filled', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    orm = await MikroORM.init(ormOptions(database.url, [], undefined, SIZE));
  });
  afterEach(async () => {
    await orm.close();
    await database.drop();
  });

  const takeAll = async (): Promise<PoolClient[]> => {
    const taken: PoolClient[] = [];
    for (let hasMore = true; hasMore;) {
      const client = await connect(orm.em, 300).catch(() => null);
      hasMore = client !== null;
      if (client) taken.push(client);
    }
    return taken;
  };

  it('still has connections for recording, and serves the next reader when one is done', async () => {
    const taken = await takeAll();
    expect(taken.length).toBe(SIZE - 5);
    const records = Array.from({ length: 10 }, () => query(orm.em, { text: 'select 1', records: true }));
    expect(await Promise.all(records)).toHaveLength(10);
    await expect(query(orm.em, { text: 'select 1', withinMs: 200 })).rejects.toThrow('no connection was free');
    const next = query(orm.em, 'select 2 as two');
    taken.pop()!.release();
    expect((await next).rows).toEqual([{ two: 2 }]);
    for (const client of taken) client.release();
    expect(await takeAll().then((again) => again.map((client) => client.release()))).toHaveLength(SIZE - 5);
  });

  it('loses no place to a reader that failed, was cut or gave up', async () => {
    for (let round = 0; round < SIZE; round += 1) {
      await expect(query(orm.em, 'select from nothing')).rejects.toMatchObject({ code: '42P01' });
      await expect(inTransaction(orm.em, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      await expect(query(orm.em, 'select pg_terminate_backend(pg_backend_pid())')).rejects.toBeDefined();
    }
    const taken = await takeAll();
    expect(taken.length).toBe(SIZE - 5);
    for (const client of taken) client.release();
  });
});

describe('a pool whose connections have gone dark', () => {
  it('finds that out by one of them, and uses none of the others', async () => {
    const database = await createTestDatabase({ empty: true });
    const proxy = await TcpProxy.start(database.url);
    const orm = await MikroORM.init(ormOptions(proxy.url(database.url)));
    await Promise.all(Array.from({ length: 6 }, () => query(orm.em, 'select pg_sleep(0.1)')));
    proxy.strand();
    await expect(query(orm.em, { text: 'select 1', withinMs: 200 })).rejects.toBeInstanceOf(DatabaseAwayError);
    expect((await query(orm.em, { text: 'select 1 as one', withinMs: 2_000 })).rows).toEqual([{ one: 1 }]);
    expect((await query(orm.em, { text: 'select 1 as one', withinMs: 2_000, records: true })).rows).toHaveLength(1);
    await orm.close();
    await proxy.close();
    await database.drop();
  });
});
