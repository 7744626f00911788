import { MikroORM } from '@mikro-orm/postgresql';
import { besideSyncTrail, Retention } from '#embedding';
import { findings } from '../support/fsck.ts';
import { accept, Note, Shop, ShopAdapter, startForeignApp } from '../support/foreign-app.ts';
import { connectSql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

describe('an application that has embedded the recording alone', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
  });
  afterEach(() => database.drop());

  it('keeps our tables when its schema tool brings its own up to date, inside the application and outside', async () => {
    const app = await startForeignApp(database.url);
    const orm = app.get(MikroORM);
    try {
      const own = await orm.schema.getUpdateSchemaSQL();
      expect(own).toContain('create table "note"');
      expect(own).not.toMatch(/sync|snapshot|content_type|recorder|event|idempotency|drop/);
      await orm.schema.update();
      expect(await orm.schema.getUpdateSchemaSQL()).toBe('');

      const tool = { clientUrl: database.url, entities: [Note] };
      const unprotected = await MikroORM.init(tool);
      expect(await unprotected.schema.getUpdateSchemaSQL()).toContain('drop table if exists "sync_event"');
      await unprotected.close();
      const command = await MikroORM.init({ ...tool, schemaGenerator: besideSyncTrail() });
      expect(await command.schema.getUpdateSchemaSQL()).toBe('');
      await command.close();
    } finally {
      await app.close();
    }
  }, 60_000);

  it('has books that can be proved, though it has no deployments and no statistics', async () => {
    const app = await startForeignApp(database.url);
    app.get(Shop).will(accept);
    const item = { typeKey: 'Product', data: { name: 'text' } };
    await app.get(ShopAdapter).push({
      items: [item],
      context: { environment: 'default', actor: 'jane', trigger: 'API' },
    });
    const sql = await connectSql(database.url);
    expect(await findings(database.url)).toEqual([]);
    await sql(`update sync_history set status_code = 418`);
    expect(await findings(database.url)).toMatchObject([{ rule: 'sync.row' }]);
    await sql.close();
    await app.close();
  }, 60_000);

  it('drops what is old enough, though it has neither plans nor expectations', async () => {
    const app = await startForeignApp(database.url, { tracking: { retention: { payloadDays: 1, factMonths: 1 } } });
    const sql = await connectSql(database.url);
    try {
      await sql(`insert into snapshot (digest, original_size, stored_size, encoding, content, created_at)
        values (repeat('ab', 32), 2, 2, 'identity', '{}', now() - interval '2 days')`);
      expect(await app.get(Retention).apply()).toMatchObject({ payloads: 1, plans: 0, checks: 0, accessEvents: 0 });
    } finally {
      await sql.close();
      await app.close();
    }
  }, 60_000);
});
