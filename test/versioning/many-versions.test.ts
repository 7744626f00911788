import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** Far more than any statement of one commit should read. */
const VERSIONS = 20_000;
const COMMITS = 10;

/** One version of each of many types, or all versions of one. */
const fill = (type: string, number: string) => `
  with s as (
    insert into snapshot (digest, original_size, stored_size, encoding, content)
    select encode(sha256((${type} || n)::bytea), 'hex'), 2, 2, 'identity', '{}' from generate_series(1, ${VERSIONS}) n
    returning digest)
  insert into stored_version (platform, kind, type_key, number, version_hash, origin, author, snapshot_digest)
  select 'optimizely', 'contentType', ${type}, ${number}, decode(digest, 'hex'), 'RECORDED', 'jane', digest
  from (select digest, row_number() over () as n from s) s`;
const COMMIT = `
  with s as (
    insert into snapshot (digest, original_size, stored_size, encoding, content) values ($1, 2, 2, 'identity', '{}'))
  select number, created
  from commit_version('optimizely', 'contentType', 'Busy', $1, $1, 'RECORDED', 'jane', null, true)`;
const READ = `
  select coalesce(idx_tup_fetch, 0) + seq_tup_read as read from pg_stat_xact_user_tables where relname = 'stored_version'`;

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

const STATISTICS = {
  'no statistics': 'select',
  'statistics of many types with one version each': 'analyze stored_version',
};

it.each(Object.entries(STATISTICS))(
  'commits the next version of a type without reading those before, with %s',
  async (_name, analyze) => {
    await client.query('alter table stored_version set (autovacuum_enabled = false)');
    const commit = async (of: string) => {
      const { rows } = await client.query<{ hash: string }>(`select encode(sha256('${of}'::bytea), 'hex') as hash`);
      return client.query<{ number: number; created: boolean }>(COMMIT, [rows[0]!.hash]);
    };
    await client.query('begin');
    await client.query(fill(`'Type' || n`, '1'));
    await client.query(analyze);
    await client.query(fill(`'Busy'`, 'n'));
    const before = await client.query<{ read: string }>(READ);
    for (let count = 0; count < COMMITS; count += 1) {
      const { rows } = await commit(`late ${count}`);
      expect(rows).toEqual([{ number: VERSIONS + count + 1, created: true }]);
    }
    const after = await client.query<{ read: string }>(READ);
    await client.query('rollback');
    expect(Number(after.rows[0]!.read) - Number(before.rows[0]!.read)).toBeLessThan(COMMITS * 20);
  },
);
