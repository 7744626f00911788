import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

describe('a start whose connection is cut in the middle of the migrations', () => {
  let database: TestDatabase;
  let sql: Sql;

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    sql = await connectSql(database.url);
  });
  afterEach(async () => {
    await sql.close();
    await database.drop();
  });

  it('fails instead of hanging, and the next one succeeds', async () => {
    const blocker = await connectSql(database.url);
    await blocker('begin');
    await blocker('create table snapshot (digest text)');
    const end = startTestApp({ DATABASE_URL: database.url }).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    const waiting = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%create table snapshot%'`;
    await until('its connection is cut', async () => (await sql(waiting)).length > 0);
    expect(await end).toContain('terminating connection');
    await blocker('rollback');
    await blocker.close();
    const second = await startTestApp({ DATABASE_URL: database.url });
    expect((await second.api('GET', '/sync/history')).status).toBe(200);
    await second.close();
  }, 20_000);
});
