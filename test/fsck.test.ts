import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { FsckDatabase, type Finding } from '#database';
import { fsck, prove } from '../src/fsck.ts';
import { type Sandbox, startSandbox } from '../src/optimizely/sandbox/sandbox.ts';
import { optimizelyAt, startTestApp } from './support/test-app.ts';
import { createTestDatabase, type TestDatabase } from './support/test-database.ts';
import { until } from './support/until.ts';
import { ProjectedClient } from './support/sql.ts';

const DIGEST = '0'.repeat(64);
const SYNC = `(select id from sync_history where sync_status = 'SUCCESS' and sync_direction = 'PUSH' limit 1)`;
/** A snapshot that nothing else is proven by. */
const RESPONSE = `(select response_digest from sync_history where sync_direction = 'PUSH' limit 1)`;
const PACKED = `(select digest from snapshot where encoding = 'gzip' limit 1)`;

const BREACHES: [string, string, Finding['rule']][] = [
  [
    'a row that says another status than its events',
    `update sync_history set sync_status = 'PARTIAL' where id = ${SYNC}`,
    'sync.row',
  ],
  ['a row with another error', `update sync_history set error_message = 'x' where id = ${SYNC}`, 'sync.row'],
  ['a row with another fingerprint', `update sync_history set error_fingerprint = 'x' where id = ${SYNC}`, 'sync.row'],
  ['a row with another actor', `update sync_history set actor = 'x' where id = ${SYNC}`, 'sync.row'],
  ['a row with another count of attempts', `update sync_history set retry_count = 9 where id = ${SYNC}`, 'sync.row'],
  [
    'a sync without its first event',
    `delete from sync_event where sync_id = ${SYNC} and type = 'sync.recorded'`,
    'sync.events',
  ],
  ['a sync without its end', `delete from sync_event where sync_id = ${SYNC} and type = 'sync.succeeded'`, 'sync.row'],
  ['a sync that ends twice', addEvent('sync.failed', '{}'), 'sync.events'],
  ['a sync that was recorded twice', addEvent('sync.recorded', '{}'), 'sync.events'],
  ['an attempt after the end', addEvent('attempt.failed', '{"attempt":1}'), 'sync.events'],
  ['an event of no sync', `delete from sync_history where id = ${SYNC}`, 'event.sync'],
  [
    'a sync of a version that its type does not have',
    `update sync_history set version_hash = 'nobody' where id = ${SYNC}`,
    'sync.version',
  ],
  [
    'an external sync of a deployment that is not there',
    `update sync_history set deployment_id = gen_random_uuid(), expires_at = now() where id = ${SYNC}`,
    'sync.deployment',
  ],
  [
    'a sync whose content is gone',
    `update sync_history set pushed_digest = '${DIGEST}' where id = ${SYNC}`,
    'sync.snapshot',
  ],
  [
    'a sync that nobody works on',
    `update sync_history set sync_status = 'IN_PROGRESS', completed_at = null,
     started_at = now() - interval '1 hour' where id = ${SYNC}`,
    'sync.owner',
  ],
  [
    'a recorder outside that is overdue',
    `update sync_history set sync_status = 'IN_PROGRESS', completed_at = null, owner = null,
     expires_at = now() - interval '1 hour' where id = ${SYNC}`,
    'sync.owner',
  ],
  [
    'a snapshot with other bytes',
    `update snapshot set content = '\\x7b7d', stored_size = 2, original_size = 2 where digest = ${RESPONSE}`,
    'snapshot.digest',
  ],
  [
    'a snapshot with another size',
    `update snapshot set original_size = original_size + 1 where digest = ${RESPONSE}`,
    'snapshot.digest',
  ],
  [
    'a packed snapshot with another size',
    `update snapshot set original_size = original_size + 1 where digest = ${PACKED}`,
    'snapshot.digest',
  ],
  [
    'a packed snapshot that is cut',
    `update snapshot set content = substr(content, 1, 20), stored_size = 20 where digest = ${PACKED}`,
    'snapshot.digest',
  ],
  [
    'a snapshot that is not packed as it says',
    `update snapshot set encoding = 'gzip' where digest = ${RESPONSE}`,
    'snapshot.digest',
  ],
  ['a gap in a chain of versions', `update content_type_version set number = 3 where number = 2`, 'version.chain'],
  [
    'a version with another hash',
    `update stored_version set version_hash = decode('${DIGEST}', 'hex') where number = 2`,
    'version.hash',
  ],
  [
    'a version whose definition is gone',
    `alter table stored_version drop constraint stored_version_snapshot_digest_fkey;
     update stored_version set snapshot_digest = '${DIGEST}', content_digest = decode('${DIGEST}', 'hex') where number = 2`,
    'version.snapshot',
  ],
  ['a gap in the positions', `update sync_event set position = position + 1 where position > 3`, 'event.position'],
  ['a position that was given twice', `update sync_event set position = 3 where position = 4`, 'event.position'],
  ['a counter that is behind', `update event_position set last = last - 1`, 'event.position'],
  [
    'an entry that was not projected',
    `insert into sync_journal (writer, number, steps, written_at)
     values (gen_random_uuid(), 1, '[]', now() - interval '1 minute')`,
    'journal.behind',
  ],
  [
    'a step that the tables refused',
    `insert into journal_refusal (writer, number, ordinal, step, problem) values (gen_random_uuid(), 1, 0, '{}', 'no')`,
    'journal.refused',
  ],
  [
    'an effect before its cause',
    `update sync_event set position = 100000 - position where sync_id = ${SYNC}`,
    'sync.events',
  ],
  [
    'an item unlike its sync',
    `update deployment_item set status = 'PARTIAL' where sync_id = ${SYNC}`,
    'deployment.item',
  ],
  [
    'a deployment unlike its items',
    `update deployment set status = 'FAILED' where status = 'SUCCESS'`,
    'deployment.status',
  ],
  [
    'a deployment that nobody runs',
    `update deployment set status = 'IN_PROGRESS', completed_at = null, started_at = now() - interval '1 hour'
     where id = (select id from deployment limit 1)`,
    'deployment.owner',
  ],
];

describe('fsck', () => {
  let history: TestDatabase;

  beforeAll(async () => {
    history = await createTestDatabase();
    const sandbox = await startSandbox();
    await makeHistory(history.url, sandbox);
    await sandbox.close();
  }, 60_000);

  afterAll(() => history.drop());

  it('finds nothing wrong with what the service wrote', async () => {
    const { findings, checked } = await check(history.url);
    expect(findings).toEqual([]);
    expect(checked.syncs).toBeGreaterThanOrEqual(5);
    expect(checked.events).toBeGreaterThan(checked.syncs);
    expect(checked).toMatchObject({ versions: 4, deployments: 3 });
  });

  it.each(BREACHES)('finds %s', async (_what, breach, rule) => {
    const findings = await afterBreach(history.url, breach);
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });

  it('misses nothing that retention dropped', async () => {
    const findings = await afterBreach(
      history.url,
      `delete from sync_history; delete from sync_event;
       delete from snapshot where digest not in (select snapshot_digest from content_type_version);
       with counted as (update event_position set last = last + 1 returning last)
       insert into sync_event (id, type, data, position) select uuid_at(now() + interval '2 months'), 'retention.applied',
         json_build_object('month', to_char(now(), 'YYYY-MM'), 'syncs', 9, 'lastPosition', last - 1), last from counted`,
    );
    expect(findings).toEqual([]);
  });

  it('ends the command with 0 and a summary, or with 1 and the findings', async () => {
    const broken = await createTestDatabase({ copyOf: history.url });
    await superuser(broken.url, (client) => client.query(`update event_position set last = 0`));
    const [right, wrong, json] = await Promise.all([cli(history.url), cli(broken.url), cli(broken.url, '--json')]);
    await broken.drop();
    expect(right.stdout).toMatch(/^The records are consistent: \d+ syncs, .* in .* s\n$/);
    expect(right.code).toBe(0);
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(
      /^event.position: event_position: the last position given is 0, the highest \d+\n1 findings: /,
    );
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, found: 1, findings: [{ rule: 'event.position' }] });
  });
});

/** A deployment that succeeds after a failed attempt, one that is refused, one of a large type; a pull; and a late result. */
async function makeHistory(databaseUrl: string, sandbox: Sandbox): Promise<void> {
  const service = await startTestApp({ DATABASE_URL: databaseUrl, ...optimizelyAt(sandbox.url) });
  const put = (key: string, more: object = {}) =>
    service.api('PUT', `/content-types/${key}?author=jane`, { key, baseType: '_page', lastModified: 'x', ...more });
  const deploy = async (typeKey: string) => {
    const items = [{ typeKey }];
    const { headers } = await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items });
    const path = headers.get('location')!.replace('/api/v1', '');
    await until('the deployment ends', async () => {
      const { body } = await service.api('GET', path);
      return (body as { completedAt: string | null }).completedAt !== null;
    });
  };
  await put('Article');
  await put('Article', { displayName: 'An article' });
  await fetch(`${sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults: [{ kind: 'status', status: 503, match: { method: 'POST', path: '/manifest' } }] }),
  });
  await deploy('Article');
  await put('Broken', { baseType: '_nothing' });
  await deploy('Broken');
  const lines = Array.from({ length: 5_000 }, (_, line) => [`property${line}`, { type: 'string' }]);
  await put('Large', { properties: Object.fromEntries(lines) as object });
  await deploy('Large');
  await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  const client = new ProjectedClient({ connectionString: databaseUrl });
  await client.connect();
  await client.query('select from sync_event limit 1');
  await client.end();
  await service.close();
}

async function check(url: string) {
  const findings: Finding[] = [];
  const checked = await fsck(url, (finding) => findings.push(finding));
  return { findings, checked };
}

/** What is found while a breach stands; it is undone then. */
async function afterBreach(url: string, breach: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  await superuser(url, async (client) => {
    await client.query(`begin; alter table sync_event disable trigger user`);
    await client.query(breach);
    await prove(new FsckDatabase(client), (finding) => findings.push(finding));
  });
  return findings;
}

async function superuser(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new ProjectedClient({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Another event of a sync that has ended. */
function addEvent(type: string, data: string): string {
  return `with counted as (update event_position set last = last + 1 returning last)
    insert into sync_event (id, sync_id, type, data, position)
    select overlay(id::text placing 'ffff' from 20)::uuid, id, '${type}', '${data}', last
    from sync_history, counted where id = ${SYNC}`;
}

async function cli(databaseUrl: string, ...options: string[]): Promise<{ code: number; stdout: string }> {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  return promisify(execFile)(process.execPath, ['dist/src/cli.js', 'fsck', ...options], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
}
