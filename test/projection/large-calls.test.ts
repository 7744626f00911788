import { newId } from '#journal';
import type { SyncAnswer } from '#platform';
import { SyncWriter } from '#recording';
import { findings } from '../support/fsck.ts';
import { MemoryShop } from '../support/memory-shop.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };

let database: TestDatabase;
let sql: Sql;
let service: TestApp;

beforeEach(async () => {
  database = await createTestDatabase();
  sql = await connectSql(database.url);
  service = await startTestApp({ DATABASE_URL: database.url }, {}, undefined, [MemoryShop]);
});

afterEach(async () => {
  await service.close();
  await sql.close();
  await database.drop();
});

/** The shop has so many items, which are read by their keys. */
async function pullMany(count: number): Promise<SyncAnswer> {
  const shop = service.app.get(MemoryShop);
  const keys = Array.from({ length: count }, (_, index) => `Type${index}`);
  for (const key of keys) shop.held.set(key, { key, text: 'x'.repeat(2_000), id: newId() });
  return tracked().pull({ items: keys.map((typeKey) => ({ typeKey })), context });
}

function tracked(): { push(call: object): Promise<SyncAnswer>; pull(call: object): Promise<SyncAnswer> } {
  return service.app.get<never>(MemoryShop);
}

/** Waits for the projector. */
async function read(): Promise<void> {
  expect(await service.api('GET', '/sync/history?limit=1')).toMatchObject({ status: 200 });
}

/** A table slows down its writers by so much for each row. */
async function slowDown(table: string, operation: string, ms: number): Promise<void> {
  await sql(`create function slow_down() returns trigger language plpgsql as $$
    begin perform pg_sleep(${ms / 1_000}); return new; end $$`);
  await sql(`create trigger slow_down before ${operation} on ${table} for each row execute function slow_down()`);
}

describe('the results of a call with thousands of items', () => {
  it('leave the next read no further behind than it waits, however slowly they are projected', async () => {
    await slowDown('sync_history', 'update', 2);
    await pullMany(6_000);
    await read();
    expect(await findings(database.url)).toEqual([]);
  }, 90_000);

  it('let others record between them', async () => {
    const pulling = pullMany(3_000);
    await until('some are there', async () => {
      return (await sql(`select from sync_event where type = 'sync.succeeded' limit 1`)).length > 0;
    });
    const sync = { typeKey: 'Other', platform: 'shop', direction: 'PUSH' as const, context, expiresInMs: 60_000 };
    const [other] = await service.app.get(SyncWriter).record([sync]);
    await pulling;
    await read();
    const events = await sql<{ id: string }>('select sync_id as id from sync_event order by position');
    expect(events.findIndex(({ id }) => id === other!.id)).toBeLessThan(events.length - 1);
  }, 60_000);
});

describe('a call with hundreds of items', () => {
  const items = Array.from({ length: 350 }, (_, index) => {
    return { typeKey: `Type${index}`, data: { key: `Type${index}`, title: newId() } };
  });

  it('is recorded in full, in its order and under one call, before anything leaves', async () => {
    await tracked().push({ items, context });
    await read();
    const recorded = await sql(`
      select type_key as "typeKey" from sync_history h join sync_event e on e.sync_id = h.id and e.type = 'sync.recorded'
      order by e.position`);
    expect(recorded).toEqual(items.map(({ typeKey }) => ({ typeKey })));
    expect([...service.app.get(MemoryShop).held.keys()]).toEqual(items.map(({ typeKey }) => typeKey));
    expect(
      await sql(`
        select (select count(distinct call_id) from sync_history)::integer as calls,
          max(position) filter (where type = 'sync.recorded') < min(position) filter (where type = 'sync.succeeded') as "isRecordedFirst"
        from sync_event`),
    ).toEqual([{ calls: 1, isRecordedFirst: true }]);
  });

  it('sends nothing when one of them cannot be recorded, and the others end as not sent', async () => {
    await sql(`create function refuse() returns trigger language plpgsql as $$
      begin if new.steps like '%"Type250"%' then raise exception 'no' using errcode = '23514'; end if; return new; end $$`);
    await sql(`create trigger refuse before insert on sync_journal for each row execute function refuse()`);
    await expect(tracked().push({ items, context })).rejects.toThrow('no');
    expect(service.app.get(MemoryShop).held.size).toBe(0);
    await until('nothing is open', async () => {
      const { body } = await service.api('GET', '/sync/history?status=IN_PROGRESS');
      return (body as { items: [] }).items.length === 0;
    });
    expect(await sql(`select distinct sync_status, outcome, error_code from sync_history order by 1`)).toEqual([
      { sync_status: 'FAILED', outcome: 'NOT_APPLIED', error_code: 'NOT_SENT' },
    ]);
    await sql('drop trigger refuse on sync_journal');
    expect(await tracked().push({ items, context })).toMatchObject({ statusCode: 200 });
    expect(service.app.get(MemoryShop).held.size).toBe(350);
    expect(await findings(database.url)).toEqual([]);
  });
});
