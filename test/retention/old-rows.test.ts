import { v7 as uuidv7 } from 'uuid';
import { Retention } from '#retention';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let service: TestApp;
let sql: Sql;

beforeEach(async () => {
  service = await startTestApp({ RETENTION_PAYLOAD_DAYS: '10', RETENTION_FACT_MONTHS: '3' });
  sql = await connectSql(service.databaseUrl);
});
afterEach(async () => {
  await sql.close();
  await service.close();
});

/** A plan of two items, by the age at which it expired. */
async function planOf(age: string, { decided = false, deployed = false } = {}): Promise<string> {
  const id = uuidv7();
  await sql(
    `insert into plan (id, platform, environment, source, actor, forced, digest, read_call_id, sent_order, approval,
       created_at, expires_at, decided_at, decided_by, decision_reason)
     select $1, 'optimizely', 'default', '{}', 'jane', false, 'x', $1, '[]', case when $3 then 'APPROVED' else 'NOT_NEEDED' end,
       t - interval '1 hour', t, case when $3 then t end, case when $3 then 'joe' end, case when $3 then 'good' end
     from (select now() - $2::interval as t) times`,
    [id, age, decided],
  );
  await sql(`insert into plan_item select $1, 'contentType', 'Type' || n, '{}' from generate_series(1, 2) n`, [id]);
  if (!deployed) return id;
  await sql(
    `insert into deployment (id, platform, environment, actor, plan_digest, plan_id, status, completed_at)
     values ($1, 'optimizely', 'default', 'jane', 'x', $2, 'SUCCESS', now())`,
    [uuidv7(), id],
  );
  return id;
}

const ids = async () => (await sql<{ id: string }>('select id from plan order by id')).map(({ id }) => id);
const retention = () => service.app.get(Retention);

it('drops plans that were never deployed: with payloads, or with facts where somebody has decided on them', async () => {
  const valid = await planOf('-1 hours');
  const young = await planOf('9 days');
  const forgotten = await planOf('11 days');
  const decided = await planOf('11 days', { decided: true });
  const decidedLongAgo = await planOf('150 days', { decided: true });
  const deployed = await planOf('150 days', { decided: true, deployed: true });
  expect(await retention().plan()).toMatchObject({ plans: 2 });
  expect(await ids()).toEqual([valid, young, forgotten, decided, decidedLongAgo, deployed]);
  expect(await retention().apply()).toMatchObject({ plans: 2 });
  expect(await ids()).toEqual([valid, young, decided, deployed]);
  expect(await sql('select distinct plan_id from plan_item')).toHaveLength(4);
  expect(await sql(`select data from sync_event where type = 'retention.applied'`)).toEqual([
    { data: { plans: 2, checks: 0, accessEvents: 0 } },
  ]);
  expect(await retention().apply()).toMatchObject({ plans: 0 });
});

it('drops more plans than go at once', async () => {
  for (let n = 0; n < 45; n += 1) await planOf('11 days');
  expect(await retention().apply()).toMatchObject({ plans: 45 });
  expect(await ids()).toEqual([]);
});

it('drops checks with facts, and keeps of each expectation how it stood when those that are kept begin', async () => {
  const checks: Record<string, [string, boolean][]> = {
    daily: [
      ['160 days', true],
      ['150 days', true],
      ['140 days', true],
      ['1 days', true],
    ],
    yearly: [['200 days', true]],
    open: [
      ['160 days', false],
      ['150 days', true],
    ],
  };
  for (const [name, due] of Object.entries(checks)) {
    const id = uuidv7();
    await sql(
      `insert into expectation (id, platform, environment, name, direction, at_least, cron, time_zone, within_ms, reason,
         created_by, next_at)
       values ($1, 'shop', 'default', $2, 'PUSH', 1, '0 6 * * *', 'UTC', 1000, 'why', 'jane', now() + interval '1 hour')`,
      [id, name],
    );
    for (const [age, isFinal] of due) {
      await sql(
        `insert into expectation_check (expectation_id, due_at, counts_from, next_due_at, outcome, counted, is_final)
         select $1, t, t, t, 'MISSED', 0, $3 from (select now() - $2::interval as t) times`,
        [id, age, isFinal],
      );
    }
  }
  expect(await retention().plan()).toMatchObject({ checks: 2 });
  expect(await retention().apply()).toMatchObject({ checks: 2 });
  const left = await sql<{ name: string; days: number }>(
    `select e.name, round(extract(epoch from now() - k.due_at) / 86400)::integer as days
     from expectation_check k join expectation e on e.id = k.expectation_id order by e.name, k.due_at`,
  );
  expect(left.map(({ name, days }) => [name, days])).toEqual([
    ['daily', 140],
    ['daily', 1],
    ['open', 160],
    ['open', 150],
    ['yearly', 200],
  ]);
});

it('keeps all of them where nothing is configured', async () => {
  const other = await startTestApp({ DATABASE_URL: service.databaseUrl });
  await planOf('900 days');
  expect(await other.app.get(Retention).apply()).toMatchObject({ plans: 0, checks: 0 });
  expect(await ids()).toHaveLength(1);
  await other.close();
});
