import { MikroORM } from '@mikro-orm/postgresql';
import * as fc from 'fast-check';
import { ormOptions, query } from '../../src/database/index.ts';
import { type HistoryFilter, SyncHistoryQueries } from '../../src/history/index.ts';
import { shownSync } from '../../src/recording/index.ts';
import { runs } from '../support/properties.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** More than a walk looks at, over months. */
const SYNCS = 100_000;
const DAYS = 75;

/** Skewed values: some that nearly all syncs have, some that few have, some old ones, and texts that JSON escapes. */
const FILL = `
  insert into sync_history (id, call_id, kind, type_key, version_hash, target_platform, environment, sync_direction,
    sync_status, outcome, status_code, error_code, error_message, error_fingerprint, retry_count, actor, trigger, reason,
    forced, started_at, completed_at, duration_ms, sync_metadata, deployment_id, changed_at)
  select ('{' || lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n), 19, '0') || '}')::uuid,
    ('{' || lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 32, '0') || '}')::uuid, 'contentType', case when n % 500 = 0 then 'Rare' when n % 3 = 0 then 'Article' else 'Hero' end, md5((n / 50)::text),
    case when n % 900 = 0 then 'other' else 'optimizely' end, case when n % 7 = 0 then 'staging' else 'default' end,
    case when n % 5 = 0 then 'PULL' else 'PUSH' end, status,
    case when n % 5 > 0 and status <> 'IN_PROGRESS' then 'APPLIED' end, case when status = 'FAILED' then 503 end,
    case when status = 'FAILED' and n % 2000 = 0 then 'ODD' when status = 'FAILED' then 'TIMEOUT' end,
    case when status = 'FAILED' then e'"quoted"\\\\\\n\\u2028\\U0001F600' end, case when status = 'FAILED' then '18ed84029078e4bb' end, n % 2,
    case when n < 2000 then 'left' when n % 20000 = 1 then 'rare' else 'actor' || n % 10 end,
    case when n % 11 = 0 then 'SCHEDULE' else 'API' end, case when n % 13 = 0 then e'a\\tb' end, n % 100 = 0, moment,
    case when status <> 'IN_PROGRESS' then moment + interval '1.0567 seconds' end, case when n % 17 > 0 then n % 900 end,
    case when n % 9 = 0 then '{"deep": {"n": 1.50, "text": "\\u00e9"}}'::json end,
    case when n % 400 = 7 then ('{' || lpad(to_hex(n / 4000), 32, '0') || '}')::uuid end, '2026-01-02T03:04:05.999999Z'
  from (
    select n, date_trunc('milliseconds', now()) - (${SYNCS} - n) * interval '${DAYS} days' / ${SYNCS} as moment,
      case when n % 200 = 0 then 'FAILED' when n > ${SYNCS} - 5 then 'IN_PROGRESS' else 'SUCCESS' end as status
    from generate_series(0, ${SYNCS - 1}) n) made`;

const filters: fc.Arbitrary<HistoryFilter> = fc
  .record(
    {
      typeKey: fc.subarray(['Article', 'Rare', 'missing'], { minLength: 1 }),
      platform: fc.subarray(['optimizely', 'other', 'missing'], { minLength: 1 }),
      environment: fc.constantFrom<string[]>(['default'], ['staging'], ['missing']),
      status: fc.subarray(['SUCCESS', 'FAILED', 'IN_PROGRESS'] as const, { minLength: 1 }),
      direction: fc.subarray(['PUSH', 'PULL'] as const, { minLength: 1 }),
      actor: fc.constantFrom<string[]>(['left'], ['rare'], ['actor1'], ['actor3', 'rare'], ['nobody']),
      trigger: fc.constantFrom(['API'], ['SCHEDULE'], ['ROLLBACK'] as ['ROLLBACK']) as fc.Arbitrary<['API']>,
      errorCode: fc.subarray(['TIMEOUT', 'ODD'], { minLength: 1 }),
      errorFingerprint: fc.constant<string[]>(['18ed84029078e4bb']),
      statusClass: fc.constant<'5xx'[]>(['5xx']),
      deploymentId: fc.constant<string[]>(['00000000-0000-0000-0000-000000000003']),
      forced: fc.boolean(),
      q: fc.constantFrom('rare', 'quoted'),
      startDate: fc.integer({ min: 0, max: DAYS }).map((days) => new Date(Date.now() - days * 86_400_000)),
      dateField: fc.constantFrom('started' as const, 'completed' as const),
    },
    { requiredKeys: [] },
  )
  .filter(({ dateField, status }) => dateField !== 'completed' || status?.[0] !== 'IN_PROGRESS');

describe('a list of a long history', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let sql: Sql;
  let queries: SyncHistoryQueries;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = await connectSql(database.url);
    await sql(`select ensure_sync_partitions(now() - interval '${DAYS} days', 6)`);
    await sql(FILL);
    await sql('vacuum (analyze) sync_history');
    // One connection, whose statements and reads can be told.
    orm = await MikroORM.init(ormOptions(database.url, [], undefined, 1));
    queries = new SyncHistoryQueries(orm.em);
  }, 120_000);
  afterAll(async () => {
    await orm?.close();
    await sql?.close();
    await database?.drop();
  });

  /** Conditions by hand. */
  const expected = async (filter: HistoryFilter, limit: number, order: string): Promise<string[]> => {
    const { q, startDate, dateField = 'started', forced, statusClass, ...same } = filter;
    const columns: Record<string, string> = {
      platform: 'target_platform',
      status: 'sync_status',
      direction: 'sync_direction',
    };
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const column = (name: string) => columns[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const since =
      startDate ?? (q !== undefined && !same.deploymentId ? new Date(Date.now() - 30 * 86_400_000) : undefined);
    const conditions = [
      'true',
      ...Object.entries(same).map(([name, list]) => `${column(name)}::text = any(${bind(list)}::text[])`),
      ...(forced === undefined ? [] : [`forced = ${bind(forced)}`]),
      ...(statusClass ? ['status_code between 500 and 599'] : []),
      ...(q === undefined ? [] : [`(type_key ilike ${bind(`%${q}%`)} or error_message ilike ${bind(`%${q}%`)})`]),
      ...(since ? [`${dateField}_at >= ${bind(since)}`] : []),
    ];
    const text = `select id from sync_history where ${conditions.join(' and ')} order by id ${order} limit ${limit}`;
    return (await sql<{ id: string }>(text, values)).map(({ id }) => id);
  };

  it('has each sync once, in order, over the ends of pages and months, there and back', async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.constantFrom('-startedAt' as const, 'startedAt' as const),
        fc.constantFrom(1, 7, 100),
        async (filter, sort, limit) => {
          const found: string[] = [];
          const cursors: string[] = [];
          for (let cursor: string | undefined; found.length < limit * 4;) {
            const page = await queries.page(filter, { sort, limit, cursor });
            found.push(...page.items.map(({ id }) => id));
            if (page.prev) cursors.push(page.prev);
            if (page.next === null) break;
            cursor = page.next;
          }
          expect(found).toEqual(
            await expected(filter, Math.max(found.length, limit), sort === 'startedAt' ? 'asc' : 'desc'),
          );
          const last = cursors.at(-1);
          if (last === undefined) return;
          const back = await queries.page(filter, { sort, limit, cursor: last });
          const at = found.indexOf(back.items.at(-1)!.id);
          expect(back.items.map(({ id }) => id)).toEqual(found.slice(Math.max(at + 1 - limit, 0), at + 1));
        },
      ),
      { numRuns: runs(60) },
    );
  }, 120_000);

  it('is the same as text and as records', async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.constantFrom('-startedAt' as const, '-durationMs' as const),
        async (filter, sort) => {
          const { items } = await queries.page(filter, { sort, limit: 20 });
          const text = await queries.pageText(filter, { sort, limit: 20 });
          expect(text.slice(0, text.lastIndexOf('],"next":'))).toBe(
            JSON.stringify({ items: items.map(shownSync) }).slice(0, -2),
          );
        },
      ),
      { numRuns: runs(30) },
    );
  }, 60_000);

  /** Pages of syncs and of their indexes that something reads. */
  const pagesRead = async (work: () => Promise<unknown>): Promise<number> => {
    const count = async () => {
      await query(orm.em, 'select pg_stat_force_next_flush()');
      const { rows } = await query<{ pages: number }>(
        orm.em,
        `select sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::float8 as pages
         from pg_statio_user_tables where relname like 'sync_history_%'`,
      );
      return rows[0]!.pages;
    };
    const before = await count();
    await work();
    return (await count()) - before;
  };

  it.each<[string, HistoryFilter]>([
    ['an unknown actor', { actor: 'nobody' }],
    ['an unknown actor among others', { actor: 'nobody', trigger: 'API', platform: 'optimizely' }],
    ['a trigger that never was', { trigger: 'ROLLBACK' }],
    ['a rare actor', { actor: 'rare' }],
    ['an unknown version', { versionHash: 'none' }],
    ['an unknown kind', { kind: 'none' }],
    ['an unknown type', { typeKey: 'none' }],
    ['an unknown platform', { platform: 'none' }],
    ['an unknown environment', { environment: 'none' }],
    ['an unknown call', { callId: '00000000-0000-0000-0000-000000000000' }],
    ['an unknown deployment', { deploymentId: '00000000-0000-0000-0000-0000000000ff' }],
    ['an unknown error', { errorCode: 'none', actor: 'actor1' }],
  ])('reads no month for %s', async (_what, filter) => {
    const { rows } = await query<{ pages: number }>(
      orm.em,
      `select sum(pg_relation_size(inhrelid) / 8192)::float8 as pages from pg_inherits where inhparent = 'sync_history'::regclass`,
    );
    const all = rows[0]!.pages;
    expect(all).toBeGreaterThan(1_000);
    expect(await pagesRead(() => queries.page(filter, {}))).toBeLessThan(all / 3);
  });

  it('is read by a few statements, each with one plan, whatever the filters', async () => {
    for (const filter of fc.sample(filters, 150)) await queries.pageText(filter, { limit: 5 });
    const { rows } = await query<{ custom: number; generic: number }>(
      orm.em,
      `select custom_plans::float8 as custom, generic_plans::float8 as generic from pg_prepared_statements where statement like '%is_cut%'`,
    );
    // Records and texts, seven indexes, two directions.
    expect(rows.length).toBeLessThanOrEqual(28);
    expect(rows.filter(({ custom }) => custom > 5)).toEqual([]);
    expect(rows.some(({ generic }) => generic > 20)).toBe(true);
  }, 60_000);
});
