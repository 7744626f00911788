import { FsckDatabase, type Finding } from '#database';
import { prove } from '../../src/fsck.ts';
import { KeyedService } from '../support/keyed-service.ts';
import { SERVICE_ROLE, asServiceRole } from '../support/service-role.ts';
import { connectSql } from '../support/sql.ts';
import { until } from '../support/until.ts';

let service: KeyedService;

beforeEach(async () => {
  service = await KeyedService.start();
}, 60_000);
afterEach(() => service?.stop());

const count = async (where: string) =>
  (await service.sql<{ count: number }>(`select count(*)::integer as count from access_event where ${where}`))[0]!
    .count;
const positions = async () =>
  (await service.sql<{ position: number }>('select position::integer as position from access_event order by 1')).map(
    ({ position }) => position,
  );

async function findings(): Promise<Finding[]> {
  const database = await FsckDatabase.open(service.database.url);
  const found: Finding[] = [];
  try {
    await prove(database, (finding) => found.push(finding));
  } finally {
    await database.close();
  }
  return found;
}

it('gives positions without gaps, in the order of commits, to the writers of two services', async () => {
  const sync = await service.recorded();
  const other = await service.another();
  const before = (await positions()).length;
  const seen: number[] = [];
  let isOver = false;
  // Who polls misses nothing: what it sees later lies after what it has seen.
  const polling = (async () => {
    while (!isOver) {
      const after = seen.at(-1) ?? before;
      const { body } = await service.ask(service.admin, 'GET', `/access-log?limit=100&after=${after}`);
      seen.push(...(body as { items: { position: number }[] }).items.map(({ position }) => position));
    }
  })();
  await Promise.all(
    Array.from({ length: 400 }, async (_, index) => {
      const at = index % 2 === 0 ? service.first : other;
      const path = index % 5 === 0 ? '/sync/history/export' : `/sync/${sync}/diff?against=${sync}`;
      const { status } = await service.ask(service.admin, 'GET', path, { at });
      expect([200, 429]).toContain(status);
    }),
  );
  await until('every export has its end', async () => {
    const [started, ended] = await Promise.all(['started', 'ended'].map((end) => count(`action = 'export.${end}'`)));
    return started === ended;
  });
  const all = await positions();
  expect(all).toEqual(all.map((_, index) => index + 1));
  await until('the poller has seen all', () => seen.length === all.length - before);
  isOver = true;
  await polling;
  expect(seen).toEqual(all.slice(before));
  const [falls] = await service.sql<{ count: number }>(
    `select count(*)::integer as count from (select created_at < lag(created_at) over (order by position) as falls from access_event) e where falls`,
  );
  expect(falls!.count).toBe(0);
  expect(await findings()).toEqual([]);
}, 60_000);

it('writes two thousand denials as a handful of events, which tell how many there were', async () => {
  const { id, key } = await service.keyOf('curious', 'viewer');
  const before = await count('true');
  const flood = async (size: number, authorization: (index: number) => string | undefined, path: string) => {
    for (let sent = 0; sent < size; sent += 200) {
      await Promise.all(
        Array.from({ length: 200 }, (_, index) => service.ask(authorization(sent + index), 'GET', path)),
      );
    }
  };
  await flood(1_600, () => undefined, '/sync/history');
  await flood(200, (index) => `synctrail_${index}`, '/sync/history');
  await flood(200, () => key, '/keys');
  await until('the first of each kind is written', async () => (await count('true')) >= before + 4);
  expect(await count('true')).toBe(before + 4);
  // What is not written yet is written when the service stops.
  await service.first.stop();
  const events = await service.sql(
    `select principal, code, sum(count)::integer as count, count(*)::integer as rows from access_event
     where action = 'access.denied' group by 1, 2 order by 2`,
  );
  expect(events).toEqual([
    { principal: `key:${id}`, code: 'FORBIDDEN', count: 200, rows: 2 },
    { principal: null, code: 'INVALID_KEY', count: 30, rows: 2 },
    { principal: null, code: 'TOO_MANY_REQUESTS', count: 170, rows: 2 },
    { principal: null, code: 'UNAUTHENTICATED', count: 1_600, rows: 2 },
  ]);
}, 120_000);

it('is append-only: nothing is changed, dropped or put back, whoever asks for it', async () => {
  await service.keyOf('joe', 'viewer');
  const statements = [
    `update access_event set actor = 'nobody'`,
    'delete from access_event',
    'truncate access_event',
    'update access_position set last = 0',
    'delete from access_position',
    'truncate access_position',
  ];
  for (const statement of statements) await expect(service.sql(statement)).rejects.toThrow(/is append-only|only rise/);
  await service.sql(`do $$ begin
    if not exists (select from pg_roles where rolname = '${SERVICE_ROLE}') then
      create role ${SERVICE_ROLE} login password 'of-the-service';
    end if; end $$`);
  await service.sql(`grant usage on schema public to ${SERVICE_ROLE}`);
  await service.sql(`grant select, insert on access_event to ${SERVICE_ROLE}`);
  await service.sql(`grant select, update (last, last_at) on access_position to ${SERVICE_ROLE}`);
  const lesser = await connectSql(asServiceRole(service.database.url));
  try {
    for (const statement of [...statements, 'update access_position set dropped = 1'])
      await expect(lesser(statement)).rejects.toThrow(/permission denied|only rise/);
    await expect(lesser(`select drop_access_events(now(), 10)`)).rejects.toThrow('permission denied');
  } finally {
    await lesser.close();
  }
  expect(await findings()).toEqual([]);
});

it.each([
  ['an event that is missing', `delete from access_event where position = 2`],
  [
    'the newest event that is missing',
    `delete from access_event where position = (select max(position) from access_event)`,
  ],
  ['the oldest event that is missing', `delete from access_event where position = 1`],
  ['a time before the one before', `update access_event set created_at = now() - interval '1 day' where position = 2`],
  ['no row that gives positions', 'delete from access_position'],
])('fsck finds %s', async (_what, breach) => {
  for (const name of ['a', 'b']) await service.keyOf(name, 'viewer');
  expect(await findings()).toEqual([]);
  await service.sql('alter table access_event disable trigger all; alter table access_position disable trigger all');
  await service.sql(breach);
  expect((await findings()).map(({ rule }) => rule)).toContain('access.position');
});

describe('nothing leaves that cannot be written down', () => {
  const REFUSED = { status: 503, body: { code: 'RECORDING_UNAVAILABLE' } };

  it('no payload, no export, no key, no mute, no import, no sign-in; denials are answered', async () => {
    const sync = await service.recorded('default', { title: 'A payload' });
    const auditor = await service.keyOf('eve', 'auditor');
    const target = { platform: 'optimizely', environment: 'default' };
    await service.importPage();
    const { id } = (await service.ask(service.admin, 'POST', '/plans', { body: target })).body as { id: string };
    const shown = await service.ask(service.admin, 'POST', '/sync', {
      body: {
        ...{ ...target, direction: 'PUSH', typeKey: 'Bad', data: {} },
        result: { status: 'FAILED', error: { code: 'TIMEOUT', message: 'slow' } },
      },
    });
    const failed = await service.ask(service.admin, 'GET', `/sync/${(shown.body as { id: string }).id}`);
    const { errorFingerprint } = failed.body as { errorFingerprint: string };
    await service.sql('alter table access_event add constraint full_disk check (position < 0) not valid');
    const requests: [string, string, object?][] = [
      ['GET', `/sync/${sync}/snapshot`],
      ['GET', `/sync/${sync}/diff?against=${sync}`],
      ['GET', `/sync/${sync}/diff?against=${sync}&format=text`],
      ['GET', '/sync/history/export'],
      ['GET', '/sync/history/export?format=ndjson'],
      ['GET', '/live?platform=optimizely&format=export'],
      ['GET', '/access-log/export'],
      ['POST', '/keys', { name: 'unseen', grants: ['viewer'] }],
      ['POST', `/keys/${auditor.id}/revoke`, { reason: 'unseen' }],
      ['POST', `/plans/${id}/refuse`, { reason: 'unseen' }],
      ['PUT', `/sync/analytics/failures/${errorFingerprint}/mute`, { until: '2090-01-01', reason: 'unseen' }],
      ['POST', '/content-types/import', { contentTypes: [{ key: 'Unseen', baseType: '_page' }] }],
    ];
    for (const [method, path, body] of requests) {
      const answer = await service.ask(service.admin, method, path, { body });
      expect({ path, ...answer }).toMatchObject({ path, ...REFUSED });
      expect(answer.text).not.toContain('A payload');
    }
    const signIn = await service.ask(undefined, 'POST', '/session', { body: { key: auditor.key } });
    expect(signIn).toMatchObject(REFUSED);
    expect(signIn.headers.get('set-cookie')).toBeNull();
    expect((await service.ask('synctrail_x', 'GET', '/plans')).status).toBe(401);
    await until('the lost denial is in the log of the service', () =>
      service.first.log.some((line) => line.includes('An event of the access log is lost')),
    );
    // Nothing was changed.
    await service.sql('alter table access_event drop constraint full_disk');
    expect((await service.ask(auditor.key, 'GET', '/plans')).status).toBe(200);
    expect((await service.sql(`select from api_key where name = 'unseen'`)).length).toBe(0);
    expect((await service.sql('select from failure_mute')).length).toBe(0);
    expect((await service.sql(`select from plan where approval = 'REFUSED'`)).length).toBe(0);
    expect((await service.ask(service.admin, 'GET', '/content-types/Unseen?platform=optimizely')).status).toBe(404);
    expect(await findings()).toEqual([]);
  }, 60_000);

  it('no payload while the log is locked, and the next one goes out', async () => {
    const sync = await service.recorded();
    const blocker = await connectSql(service.database.url);
    await blocker('begin');
    await blocker('select from access_position for update');
    const refused = await service.ask(service.admin, 'GET', `/sync/${sync}/snapshot`);
    expect(refused).toMatchObject(REFUSED);
    await blocker('rollback');
    await blocker.close();
    await until('reads are answered again', async () => {
      return (await service.ask(service.admin, 'GET', `/sync/${sync}/snapshot`)).status === 200;
    });
    const all = await positions();
    expect(all).toEqual(all.map((_, index) => index + 1));
  }, 60_000);
});
