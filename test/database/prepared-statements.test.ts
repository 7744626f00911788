import { MikroORM } from '@mikro-orm/postgresql';
import * as fc from 'fast-check';
import { PreparedStatements, query, ormOptions } from '../../src/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

describe('a prepared statement', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let prepared: PreparedStatements;
  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    // One connection, on which every call but the first finds the statement prepared.
    orm = await MikroORM.init(ormOptions(database.url, [], undefined, 8));
    prepared = new PreparedStatements(orm.em);
  });
  afterAll(async () => {
    await orm.close();
    await database.drop();
  });

  it('answers each time what the driver answers', async () => {
    const text = `
      select $1::text as text, $2::int as number, $3::json as json, $4::text[] as list, $5::bytea as bytes, $6::timestamptz as at
      from generate_series(1, $7::int)`;
    const values = fc.tuple(
      fc.option(fc.string({ unit: 'binary' }).map((one) => one.replaceAll('\0', ''))),
      fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      fc.option(fc.array(fc.integer()).map((list) => JSON.stringify(list))),
      fc.option(fc.array(fc.string().map((one) => one.replaceAll('\0', '')))),
      fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
      fc.option(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })),
      fc.integer({ min: 0, max: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        const { rows, rowCount, command } = await prepared.query({ text, values: given });
        const plain = await query(orm.em, text, given);
        expect({ rows, rowCount, command }).toEqual({
          rows: plain.rows,
          rowCount: plain.rowCount,
          command: plain.command,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('that fails, or has a value that cannot be sent, says so, and its connection goes on', async () => {
    const half = { text: 'select 1 / $1::int as half', values: [2] };
    const circle: unknown[] = [];
    circle.push({ circle });
    for (let round = 0; round < 3; round += 1) {
      expect((await prepared.query(half)).rows).toEqual([{ half: 0 }]);
      await expect(prepared.query({ ...half, values: [0] })).rejects.toMatchObject({ code: '22012' });
      await expect(prepared.query({ ...half, values: ['no number'] })).rejects.toMatchObject({ code: '22P02' });
      await expect(prepared.query({ ...half, values: [circle[0]] })).rejects.toThrow('circular');
    }
    expect((await prepared.query({ ...half, values: [1] })).rows).toEqual([{ half: 1 }]);
  });

  it('without columns, or with others since the table changed, is answered rightly', async () => {
    await query(orm.em, 'create table changing (a int)');
    const insert = { text: 'insert into changing values ($1)', values: [1] };
    for (let round = 0; round < 3; round += 1) expect((await prepared.query(insert)).rowCount).toBe(1);
    const all = { text: 'select * from changing where a = $1', values: [1] };
    for (let round = 0; round < 3; round += 1) expect((await prepared.query(all)).rows).toHaveLength(3);
    await query(orm.em, `alter table changing add column b text default 'new'`);
    await expect(prepared.query(all)).rejects.toThrow('cached plan must not change result type');
  });
});
