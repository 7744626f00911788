import { v7 as uuidv7 } from 'uuid';
import { FsckDatabase, type Finding } from '../../src/database/index.ts';
import { DeploymentRunner } from '../../src/deployment/deployment.runner.ts';
import { DeploymentSettler } from '../../src/deployment/deployment.settler.ts';
import { prove } from '../../src/fsck.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const ITEMS = 4_000;

describe('a deployment of thousands of items', () => {
  let service: TestApp;
  let sql: Sql;
  beforeAll(async () => {
    service = await startTestApp();
    sql = await connectSql(service.databaseUrl);
  });
  afterAll(async () => {
    await sql.close();
    await service.close();
  });

  /** A deployment whose process has ended, as it stands before anybody has looked at the tables. */
  const abandoned = async (items: number, owner: string | null = null, environment = 'default'): Promise<string> => {
    const id = uuidv7();
    await sql(
      `insert into deployment (id, platform, environment, actor, plan_digest, created_at, owner, status)
       values ($1, 'optimizely', $3, 'jane', 'x', now() - interval '1 minute', $2, 'IN_PROGRESS')`,
      [id, owner, environment],
    );
    await sql(
      `insert into deployment_item (deployment_id, kind, type_key, version_hash)
       select $1, 'contentType', 'Type' || n, 'hash' from generate_series(1, $2::integer) n`,
      [id, items],
    );
    await sql(
      `insert into sync_history (id, call_id, kind, type_key, target_platform, environment, sync_direction, sync_status,
         trigger, actor, deployment_id, completed_at, retry_count)
       select (left(uuid_at(clock_timestamp())::text, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid, $1,
         'contentType', 'Type' || n, 'optimizely', 'default', 'PUSH', 'SUCCESS', 'DEPLOYMENT', 'jane', $1, now(), 0
       from generate_series(1, $2::integer - 1) n`,
      [id, items],
    );
    return id;
  };
  const seconds = async (work: () => Promise<unknown>) => {
    const begun = performance.now();
    await work();
    return (performance.now() - begun) / 1000;
  };

  it('is read, settled and proved in a moment, with statistics and without', async () => {
    // Of another process, so that the sweep of this one leaves it to the test.
    const owner = uuidv7();
    await sql(`insert into recorder (owner, host, pid, lease_ms) values ($1, 'elsewhere', 1, 600000)`, [owner]);
    const id = await abandoned(ITEMS, owner);
    const settler = service.app.get(DeploymentSettler);
    const open = { body: {} as { progress: object } };
    expect(await seconds(async () => Object.assign(open, await service.api('GET', `/deployments/${id}`)))).toBeLessThan(
      4,
    );
    expect(open.body.progress).toMatchObject({ total: ITEMS, settled: ITEMS - 1, succeeded: ITEMS - 1, attempt: 1 });
    expect(await seconds(() => service.api('GET', '/deployments'))).toBeLessThan(4);
    expect(await seconds(() => settler.settle(id))).toBeLessThan(4);
    const [counts] = await sql(
      `select count(*)::integer as count, count(sync_id)::integer as synced, (select status from deployment where id = $1) as status
       from deployment_item where deployment_id = $1 and status <> 'IN_PROGRESS'`,
      [id],
    );
    expect(counts).toEqual({ count: ITEMS, synced: ITEMS - 1, status: 'PARTIAL' });

    const findings: Finding[] = [];
    const books = await FsckDatabase.open(service.databaseUrl);
    expect(await seconds(() => prove(books, (finding) => findings.push(finding)))).toBeLessThan(10);
    await books.close();
    expect(findings.filter(({ rule }) => rule.startsWith('deployment'))).toEqual([]);

    await sql('analyze');
    const second = await abandoned(ITEMS, owner);
    expect(await seconds(() => settler.settle(second))).toBeLessThan(4);
  });

  it('that cannot be settled is tried after longer and longer pauses, and holds up no other', async () => {
    const [broken, other] = [await abandoned(2, null, 'broken'), await abandoned(3, null, 'other')];
    await sql(`create sequence tries`);
    await sql(`create function refuse() returns trigger language plpgsql as $$
      begin perform nextval('tries'); raise exception 'not now'; end $$`);
    await sql(`create trigger refuse before update on deployment_item for each row
      when (old.deployment_id = '${broken}') execute function refuse()`);
    const runner = service.app.get(DeploymentRunner);
    const shown = () =>
      sql(
        `select (select last_value::integer from tries) as tries, (select status from deployment where id = $1) as status`,
        [other],
      );
    await until('the other one has ended', async () => (await shown())[0]!.status === 'PARTIAL');
    for (let look = 0; look < 3; look += 1) await runner.look();
    expect(await shown()).toEqual([{ tries: 1, status: 'PARTIAL' }]);
    await sql('drop trigger refuse on deployment_item');
  });
});
