import { reader, wire } from './support/passing-readers.ts';
import { connectSql, type Sql } from './support/sql.ts';
import { startTestApp } from './support/test-app.ts';
import { createTestDatabase } from './support/test-database.ts';
import { until } from './support/until.ts';

describe('a service that was stopped', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let sql: Sql;

  beforeEach(async () => {
    database = await createTestDatabase();
    sql = await connectSql(database.url);
    const service = await startTestApp({ DATABASE_URL: database.url });
    await service.close();
  });
  afterEach(async () => {
    await sql.close();
    await database.drop();
  });

  it('has taken back its heartbeat, so that nobody waits for it', async () => {
    expect(await sql('select owner from recorder')).toEqual([]);
  });

  it('holds no connection, which would keep its process for ten seconds', async () => {
    const open = `select application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    // The pool says goodbye to the server, but does not wait until it was heard: that takes a moment, not ten seconds.
    expect(await until('no connection is open', async () => (await sql(open)).length === 0, 5_000)).toBe(true);
  });
});

describe('a service that stops', () => {
  it('does not wait for a reader that does not take its answer', async () => {
    const service = await startTestApp({ SHUTDOWN_GRACE_MS: '300' });
    for (const letter of ['x', 'y']) {
      const texts = Array.from({ length: 60 }, (_, n) => letter.repeat(100_000) + n);
      const stored = await service.api('PUT', '/content-types/Large?author=jane', { key: 'Large', texts });
      expect(stored.status).toBe(201);
    }
    const path = '/api/v1/content-types/Large/diff?from=1&to=2&format=ndjson';
    const socket = await reader(service.url, wire({ path }));
    socket.pause();
    await until('it is being answered', () => socket.readableLength > 0 || socket.bytesRead > 0);
    await service.close();
    socket.destroy();
  });
});
