import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { SERVICE_RIGHTS } from '#migrations';
import { documentedSql } from '../support/documented-sql.ts';
import { sql } from '../support/fsck.ts';
import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, testServerUrl } from '../support/test-database.ts';
import { until } from '../support/until.ts';

/** A database as docs/operations.md has an administrator make it, under names of its own. */
const name = `role_${randomBytes(6).toString('hex')}`;
const [OWNER, SERVICE] = [`${name}_owner`, `${name}_service`];
const FACT_MONTHS = '2';

let ownerUrl: string;
let serviceUrl: string;
let owner: Sql;

/** The month (`YYYY_MM`) so many months from now. */
const month = (from: number) => {
  const now = new Date();
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + from, 1));
  return first.toISOString().slice(0, 7).replace('-', '_');
};
const months = async () =>
  (
    await owner<{ month: string }>(
      `select right(inhrelid::regclass::text, 7) as month from pg_inherits where inhparent = 'sync_history'::regclass order by 1`,
    )
  ).map((row) => row.month);
const migrate = (url: string, env: NodeJS.ProcessEnv = { SERVICE_ROLE: SERVICE }) =>
  runCli(['migrate'], { DATABASE_URL: url, RETENTION_FACT_MONTHS: FACT_MONTHS, ...env });

/** Why a service that should not start did not. */
async function startFails(url: string): Promise<string> {
  const started: unknown = await startServiceProcess({ DATABASE_URL: url }).catch((error: unknown) => error);
  if (!(started instanceof Error)) throw new Error('The service has started');
  return started.message;
}

/** What PostgreSQL has refused to the role since then, as its own log tells. */
async function refusals(since: number): Promise<string[]> {
  const [row] = await sql<{ data: string }>(testServerUrl(), `select current_setting('data_directory') as data`);
  const log = await readFile(join(dirname(row!.data), 'postgres.log'));
  const lines = log.subarray(since).toString().split('\n');
  return lines.filter((line) => /permission denied|must be owner|may not drop|not those of a record/.test(line));
}
async function logLength(): Promise<number> {
  const [row] = await sql<{ data: string }>(testServerUrl(), `select current_setting('data_directory') as data`);
  return (await readFile(join(dirname(row!.data), 'postgres.log'))).length;
}

beforeAll(async () => {
  const statements = await documentedSql('docs/operations.md', 'A role for the service');
  for (const statement of statements) {
    await sql(testServerUrl(), statement.replaceAll(/\bsynctrail\b/g, name).replaceAll('synctrail_', `${name}_`));
  }
  const at = (user: string, password: string) =>
    Object.assign(new URL(testServerUrl()), { username: user, password, pathname: name }).href;
  ownerUrl = at(OWNER, 'of-the-owner');
  serviceUrl = at(SERVICE, 'of-the-service');
});
afterAll(async () => {
  await owner?.close();
  await sql(testServerUrl(), `drop database if exists ${name} with (force)`);
  for (const role of [OWNER, SERVICE]) await sql(testServerUrl(), `drop role if exists ${role}`);
});

/** `npm run test:role`: jobs of several processes collide in the whole story now and then, and run again. */
const IS_LONG_FORM = process.env.TEST_AS_SERVICE_ROLE === 'true';

describe('before the owner has migrated', () => {
  it('the service does not start, and says which command helps', async () => {
    const said = await startFails(serviceUrl);
    expect(said).toContain(`The service cannot start with the database role "${SERVICE}": there are no tables`);
    expect(said).toContain('npm run migrate');
    expect(said).toContain(`SERVICE_ROLE=${SERVICE}`);
    expect(said).not.toMatch(/of-the-service|\n\s+at /);
  });

  it('the role of the service cannot migrate', async () => {
    const { code, stderr } = await migrate(serviceUrl);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^The role ".*_service" may not create tables in the schema public\./),
    });
  });

  it.each([
    [
      'that does not exist',
      () => ({ SERVICE_ROLE: 'nobody"here' }),
      /^The role "nobody""here" does not exist\. Create it/,
    ],
    ['that owns the tables', () => ({ SERVICE_ROLE: OWNER }), /has the rights of .*_owner, the owner of the tables/],
    ['that is a superuser', () => ({ SERVICE_ROLE: 'synctrail' }), /^The role "synctrail" is a superuser/],
  ])('a migration for a role %s changes nothing', async (_, env, problem) => {
    const { code, stderr } = await migrate(ownerUrl, env());
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(problem) });
    expect(await sql(ownerUrl, `select to_regclass('sync_event') as found`)).toEqual([{ found: null }]);
  });
});

describe('after the owner has migrated', () => {
  beforeAll(async () => {
    expect(await migrate(ownerUrl)).toEqual({
      code: 0,
      stdout: `The tables are up to date. The role "${SERVICE}" has the rights of the service.\n`,
      stderr: '',
    });
    owner = await connectSql(ownerUrl);
  }, 60_000);

  if (IS_LONG_FORM) {
    it('the service does all its work, over the turn of a month', async () => {
      const cms = await startSimulatedCms();
      const since = await logLength();
      // It was last here in the month before, and the one that retention drops was never dropped.
      for (const gone of (await months()).filter((each) => each >= month(0))) {
        await owner(`drop table sync_history_${gone}, sync_event_${gone}`);
      }
      await owner(`select ensure_sync_partitions(now() - interval '3 months', 1)`);
      let service: ServiceProcess | undefined;
      try {
        service = await startServiceProcess({
          ...optimizelyAt(cms.url),
          ...{ DATABASE_URL: serviceUrl, RETENTION_FACT_MONTHS: FACT_MONTHS, RETENTION_PAYLOAD_DAYS: '1' },
          ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
          ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
          ...{ ALERT_ALLOW_PRIVATE: 'true', ALERT_AFTER_MS: '0', ALERT_EVERY_MS: '100', ALERT_RETRY_MS: '50' },
        });
        expect(await months()).toEqual([month(-3), month(-1), month(0), month(1), month(2)]);
        await tellStory(service, cms);
        expect(service.log.join('\n')).not.toMatch(/permission denied|owner of the tables|may drop/);
      } finally {
        await service?.stop();
        await cms.close();
      }
      const env = { DATABASE_URL: serviceUrl, RETENTION_FACT_MONTHS: FACT_MONTHS };
      expect(await runCli(['retention', '--apply'], env)).toMatchObject({
        code: 0,
        // A job that collided with one of the service says that it runs again.
        stdout: expect.stringContaining(
          `0 checks of expectations, 0 events of the access log; months: ${month(-3).replace('_', '-')} (0 syncs)\n`,
        ),
      });
      const made = await runCli(['keys', 'create', '--name', 'ci', '--grant', 'read', '--json'], env);
      const { id } = JSON.parse(made.stdout) as { id: string };
      expect(await runCli(['keys', 'revoke', id, '--reason', 'leaked'], env)).toMatchObject({ code: 0 });
      expect(await runCli(['rebuild'], env)).toMatchObject({ code: 0, stderr: '' });
      expect(await runCli(['fsck'], env)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^The records are con/),
      });
      expect(await owner(`select from sync_event where type = 'retention.applied'`)).toHaveLength(1);
      expect(await months()).not.toContain(month(-3));
      expect(await refusals(since)).toEqual([]);
    }, 120_000);
  }

  const refused = [
    ...[
      ['sync_event', 'type'],
      [`sync_event_${month(0)}`, 'type'],
      ['sync_journal', 'steps'],
    ].flatMap(([table, column]) => [
      `update ${table} set ${column} = 'x'`,
      `delete from ${table}`,
      `truncate ${table}`,
      `drop table ${table}`,
      `alter table ${table} disable trigger all`,
      `begin; lock table ${table} in exclusive mode`,
      `create trigger mine before insert on ${table} for each row execute function refuse_event_change()`,
    ]),
    `insert into sync_event_${month(0)} select * from sync_event limit 0`,
    `update stored_version set version_hash = version_hash, author = 'mallory'`,
    'delete from stored_version',
    'update access_event set actor = null',
    'delete from access_event',
    'update access_position set dropped = dropped',
    'select drop_access_events(now(), 1)',
    `begin; select set_config('synctrail.drops_access_events', 'on', true); delete from access_event`,
    `update api_key set grants = grants`,
    'delete from api_key',
    'delete from sync_history',
    'update synctrail_migration set name = name',
    `insert into retention_minimum (fact_months) values (1)`,
    'update retention_minimum set fact_months = 1',
    'create table mine ()',
    'create temp table mine ()',
    'create function mine() returns void language sql as $$ $$',
    'create schema mine',
    `set session_replication_role = 'replica'`,
    `set role ${OWNER}`,
    ...[0, -1, -2, 1].map(
      (from) => `select drop_sync_month('${month(from).replace('_', '-')}', gen_random_uuid(), gen_random_uuid())`,
    ),
    `select ensure_sync_partitions(now() + interval '1 month', 3)`,
    `select ensure_sync_partitions(now(), 100)`,
    `select ensure_sync_partitions('1990-01-01', 1)`,
  ];
  it.each(refused)('its role is refused: %s', async (statement) => {
    await owner(`select ensure_sync_partitions(now() - interval '2 months', 3)`);
    await expect(sql(serviceUrl, statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('its role does not make the functions of the owner use tables of its own', async () => {
    await sql(testServerUrl(), `grant temporary on database ${name} to ${SERVICE}`);
    try {
      const months = `create temp table retention_minimum as select 1 as fact_months`;
      const drop = `select drop_sync_month('${month(-2).replace('_', '-')}', gen_random_uuid(), gen_random_uuid())`;
      await expect(sql(serviceUrl, `${months}; ${drop}`)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await sql(testServerUrl(), `revoke temporary on database ${name} from ${SERVICE}`);
    }
  });

  if (IS_LONG_FORM) {
    it('a service that would drop months before their time keeps them, and warns', async () => {
      const env = { DATABASE_URL: serviceUrl, RETENTION_FACT_MONTHS: '1' };
      await owner(`select ensure_sync_partitions(now() - interval '2 months', 1)`);
      const { code, stdout, stderr } = await runCli(['retention', '--apply'], env);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout:
          'Dropped 0 payloads, 0 plans that were not deployed, 0 checks of expectations, 0 events of the access log; months: none\n',
      });
      expect(stderr).toMatch(/RETENTION_FACT_MONTHS is 1, but .* may drop only months before the last 2\./);
      expect(await months()).toContain(month(-2));
    });
  }

  it('without RETENTION_FACT_MONTHS its role drops no month, however old', async () => {
    expect(await migrate(ownerUrl, { SERVICE_ROLE: SERVICE, RETENTION_FACT_MONTHS: '' })).toMatchObject({ code: 0 });
    await owner(`select ensure_sync_partitions(now() - interval '50 months', 1)`);
    const drop = `select drop_sync_month('${month(-50).replace('_', '-')}', '${uuidv7()}', '${uuidv7()}')`;
    await expect(sql(serviceUrl, drop)).rejects.toMatchObject({ code: '42501' });
    await owner(drop);
    expect(await months()).not.toContain(month(-50));
  });

  it('the service does not start when a migration is missing, and migrates nothing', async () => {
    const [last] = await owner<{ name: string }>('select name from synctrail_migration order by id desc limit 1');
    await owner('delete from synctrail_migration where name = $1', [last!.name]);
    try {
      const said = await startFails(serviceUrl);
      expect(said).toContain(`they lack 1 migration: ${last!.name}. Run "npm run migrate"`);
      expect(said).toContain(`the owner "${OWNER}"`);
      expect(await owner('select from synctrail_migration where name = $1', [last!.name])).toEqual([]);
    } finally {
      await owner('insert into synctrail_migration (name) values ($1)', [last!.name]);
    }
  });

  it('the service does not start when a right is missing; the next migration gives it, and takes what is too much', async () => {
    await owner(`revoke insert on watch from ${SERVICE}`);
    await owner(`grant delete on sync_event, sync_event_${month(0)} to ${SERVICE}`);
    expect(await startFails(serviceUrl)).toContain('the role may not insert watch. Run "npm run migrate"');
    expect(await migrate(ownerUrl)).toMatchObject({ code: 0 });
    const [has] = await owner<{ insert: boolean; parent: boolean; part: boolean }>(
      `select has_table_privilege($1, 'watch', 'insert') as insert, has_table_privilege($1, 'sync_event', 'delete') as parent,
         has_table_privilege($1, $2, 'delete') as part`,
      [SERVICE, `sync_event_${month(0)}`],
    );
    expect(has).toEqual({ insert: true, parent: false, part: false });
  });

  it('a role that may create tables gets no rights', async () => {
    await owner(`grant create on schema public to ${SERVICE}`);
    try {
      const { code, stderr } = await migrate(ownerUrl);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(`revoke create on schema public from public, "${SERVICE}"`),
      });
    } finally {
      await owner(`revoke create on schema public from ${SERVICE}`);
    }
  });

  it('a service that runs as the owner warns once, and one with the lesser role does not', async () => {
    const warning = /owner of the tables, so the database does not keep the service/;
    const [asOwner, asItself] = await Promise.all(
      [ownerUrl, serviceUrl].map((url) => startServiceProcess({ DATABASE_URL: url })),
    );
    const warnings = [asOwner!, asItself!].map(({ log }) => log.filter((line) => warning.test(line)).length);
    await Promise.all([asOwner!.stop(), asItself!.stop()]);
    expect(warnings).toEqual([1, 0]);
    // Both are the same server, whatever the role may ask it.
    expect(await owner('select from event_epoch')).toHaveLength(1);
  }, 60_000);
});

it('the rights of the service name every table and view', async () => {
  const database = await createTestDatabase();
  try {
    const tables = await sql<{ name: string }>(
      database.url,
      `select relname as name from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
         and not relispartition`,
    );
    expect(Object.keys(SERVICE_RIGHTS).toSorted()).toEqual(tables.map((table) => table.name).toSorted());
  } finally {
    await database.drop();
  }
});

/** Records, deploys, pulls, watches and reports; what a clock would start is due at once. */
async function tellStory(service: ServiceProcess, cms: SimulatedCms): Promise<void> {
  const ask = async <T = { id: string }>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await service.api<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const aSync = (given: object = {}) => ({
    ...{ platform: 'contentful', direction: 'PUSH', typeKey: 'Article', actor: 'nightly', ...given },
  });
  // Its month has no tables: they are made while it is recorded.
  const past = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 2, 20)).toISOString();
  const ended = { status: 'SUCCESS', durationMs: 5 };
  await ask('POST', '/sync/batch', { syncs: [aSync({ startedAt: past, result: ended }), aSync({ typeKey: 'Page' })] });
  const open = await ask('POST', '/sync', aSync({ data: { name: 'Article' } }));
  await ask('PATCH', `/sync/${open.id}/status`, { status: 'SUCCESS' });
  await until('the past sync is there', async () => (await months()).includes(month(-2)));
  const keyed = () =>
    fetch(`${service.url}/api/v1/sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
      body: JSON.stringify(aSync({ typeKey: 'Keyed' })),
    }).then(async (answer) => ((await answer.json()) as { id: string }).id);
  expect(await keyed()).toBe(await keyed());

  for (const displayName of ['one', 'two', 'three', 'four', 'five', 'six']) {
    await ask('PUT', '/content-types/Article?author=jane', { key: 'Article', baseType: '_component', displayName });
  }
  await ask('PUT', '/content-types/Gone?author=jane', { key: 'Gone', baseType: '_component', displayName: 'gone' });
  const settled = async (id: string) =>
    until('the deployment has ended', async () => {
      const found = await ask<{ completedAt: string | null; status: string }>('GET', `/deployments/${id}`);
      return found.completedAt !== null && found.status;
    });
  const plan = await ask('POST', '/plans', { platform: 'optimizely', actor: 'jane' });
  const deployed = await ask('POST', '/deployments', { planId: plan.id, actor: 'jane' });
  expect(await settled(deployed.id)).toBe('SUCCESS');
  await cms.edit('Article', 'mallory', { displayName: 'theirs' });
  await ask('POST', '/platforms/optimizely/pull', { actor: 'jane' });

  const watch = await ask('POST', '/watches', { cron: '0 3 1 1 *', actor: 'drift-watch', reason: 'Find edits' });
  await owner(`update watch set next_at = date_trunc('milliseconds', clock_timestamp()) where id = $1`, [watch.id]);
  const met = await ask('POST', '/expectations', {
    ...{ platform: 'optimizely', environment: 'default', name: 'nightly', by: '0 3 1 1 *', withinMs: 3_600_000 },
    ...{ reason: 'The editors start at three', createdBy: 'jane' },
  });
  await owner(`update expectation set next_at = date_trunc('milliseconds', clock_timestamp()) where id = $1`, [met.id]);
  await until('the watch has run and the expectation is checked', async () => {
    const { lastRun } = await ask<{ lastRun: object | null }>('GET', `/watches/${watch.id}`);
    const { lastCheck } = await ask<{ lastCheck: object | null }>('GET', `/expectations/${met.id}`);
    return lastRun !== null && lastCheck !== null;
  });
  const freeze = await ask('POST', '/freezes', {
    ...{ platform: 'optimizely', reason: 'Sale', actor: 'jane', until: new Date(Date.now() + 3_600_000).toISOString() },
  });
  await ask('POST', `/freezes/${freeze.id}/end`, { reason: 'Over', actor: 'jane' });
  const [startDate, endDate] = [-3_600_000, 0].map((ago) => new Date(Date.now() + ago).toISOString());
  await ask('POST', '/sync/health-reports', { platform: 'optimizely', actor: 'jane', startDate, endDate });
  await ask('GET', '/sync/analytics?platform=optimizely');
}
