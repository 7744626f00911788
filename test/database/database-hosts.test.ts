import { MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import {
  query,
  FsckDatabase,
  connectTo,
  DatabaseUnusableError,
  ormOptions,
  parseDatabaseUrl,
} from '../../src/database/index.ts';
import { startClosablePort } from '../support/closable-port.ts';
import { connectSql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

describe('the address of a database', () => {
  it('may name several hosts, of which one must take writes by default', () => {
    expect(parseDatabaseUrl('postgres://u:p%40ss@one:5433,two,[::1]:5434/name?sslmode=require')).toEqual({
      hosts: [
        { host: 'one', port: 5433 },
        { host: 'two', port: 5432 },
        { host: '::1', port: 5434 },
      ],
      database: 'name',
      attributes: 'read-write',
      first: 'postgres://u:p%40ss@one:5433/name?sslmode=require',
    });
    expect(parseDatabaseUrl('postgres://u@one/name')).toMatchObject({ attributes: undefined });
    expect(parseDatabaseUrl('postgresql://one/name?target_session_attrs=primary')).toMatchObject({
      attributes: 'primary',
    });
  });

  it.each([
    ['mysql://u:hunter22@one/x', 'it does not begin with postgres://'],
    ['postgres://u:hunter22@one,,two/x', 'a host has no name'],
    ['postgres://u:hunter22@one:99999,two/x', 'it cannot be read'],
    ['postgres://u:hunter22@one/x?target_session_attrs=standby', 'target_session_attrs must be one of read-write'],
  ])('that cannot be used is refused without its password: %s', (url, why) => {
    const message = (() => {
      try {
        return JSON.stringify(parseDatabaseUrl(url));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain(why);
    expect(message).not.toContain('hunter22');
    expect(() => parseDatabaseUrl(url)).toThrow(why);
  });
});

describe('the address of a database that asks for TLS', () => {
  it('is never answered in the clear, by a server that has none', async () => {
    const database = await createTestDatabase();
    const orm = await MikroORM.init(ormOptions(`${database.url}?sslmode=require`));
    await expect(query(orm.em, 'select 1')).rejects.toThrow('The server does not support SSL connections');
    await orm.close();
    await database.drop();
  });
});

describe('of several hosts', () => {
  let database: TestDatabase;
  let readOnly: TestDatabase;
  beforeAll(async () => {
    [database, readOnly] = [await createTestDatabase(), await createTestDatabase()];
  });
  afterAll(async () => {
    await database.drop();
    await readOnly.drop();
  });

  /** Two servers of one database, as far as a client can tell: two ports, each of which may refuse connections. */
  const twoHosts = async () => {
    const [first, second] = [await startClosablePort(database.url), await startClosablePort(database.url)];
    const url = first.url.replace(/(127\.0\.0\.1:\d+)/, `$1,${new URL(second.url).host}`);
    return { first, second, url: `${url}?target_session_attrs=read-write` };
  };

  it('the pool finds another by itself when the one that it had is gone, and the tools do too', async () => {
    const { first, second, url } = await twoHosts();
    const orm = await MikroORM.init(ormOptions(url));
    try {
      expect((await query(orm.em, 'select 1 as one')).rows).toEqual([{ one: 1 }]);
      first.cut();
      await until('the other answers', () => query(orm.em, 'select 1').catch(() => null), 10_000);
      const books = await FsckDatabase.open(url);
      expect(await books.row('select 1 as one')).toEqual({ one: 1 });
      await books.close();
      second.cut();
      await expect(connectTo(url, {})).rejects.toThrow(/^No host of .* accepts writes: 127\.0\.0\.1:\d+: /);
      second.beforeRetry();
      await until('it answers again', () => query(orm.em, 'select 1').catch(() => null), 10_000);
    } finally {
      await orm.close();
      await first.close();
      await second.close();
    }
  });

  it('one that takes no writes is passed over, and left as soon as it takes none any more', async () => {
    const { first, second, url } = await twoHosts();
    const name = new URL(database.url).pathname.slice(1);
    const sql = await connectSql(database.url);
    const orm = await MikroORM.init(ormOptions(url));
    try {
      await query(orm.em, 'create table note (text text)');
      await sql(`alter database ${name} set default_transaction_read_only = on`);
      await expect(connectTo(url, {})).rejects.toThrow('takes no writes');
      // A session that was there before takes writes until it is told otherwise.
      await query(orm.em, 'set default_transaction_read_only = on');
      await expect(query(orm.em, `insert into note values ('lost')`)).rejects.toMatchObject({ code: '25006' });
      await sql('set default_transaction_read_only = off');
      await sql(`alter database ${name} set default_transaction_read_only = off`);
      await query(orm.em, `insert into note values ('kept')`);
      expect(await sql('select * from note')).toEqual([{ text: 'kept' }]);
    } finally {
      await orm.close();
      await sql.close();
      await first.close();
      await second.close();
    }
  });

  it('none that answers is told with all of them, and without the password', async () => {
    const url = 'postgres://jane:hunter22@127.0.0.1:1,127.0.0.1:2/books';
    const error = await connectTo(url, {}).catch((cause: unknown) => new DatabaseUnusableError(url, cause));
    expect((error as Error).message).toMatch(
      /^The service cannot use the database at 127\.0\.0\.1:1,127\.0\.0\.1:2\/books \(/,
    );
    expect((error as Error).message).not.toContain('hunter22');
  });

  it('a single host is not asked what it is', async () => {
    const client = await connectTo(readOnly.url, {});
    expect(client).toBeInstanceOf(Client);
    expect(Object.getPrototypeOf(client)).toBe(Client.prototype);
    await client.end();
  });
});
