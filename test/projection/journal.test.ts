import { v7 as uuidv7 } from 'uuid';
import { Journal } from '#journal';
import { HistoryRebuilder, Projector } from '#projection';
import { type RecordedSync, SyncWriter } from '#recording';
import { Schedule } from '#schedule';
import { findings } from '../support/fsck.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

/** Of a round, in their order. */
const STATEMENTS = [
  ...['select hold_event_position', 'sync_journal n', 'insert into snapshot', 'insert into sync_history'],
  ...['update sync_history', 'insert into sync_event', 'commit_version', 'set projected', 'commit'],
];
const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };

let database: TestDatabase;
let sql: Sql;
let services: TestApp[];

beforeEach(async () => {
  database = await createTestDatabase();
  sql = await connectSql(database.url);
  services = [];
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  await sql.close();
  await database.drop();
});

async function start(url = database.url): Promise<TestApp> {
  const service = await startTestApp({ DATABASE_URL: url });
  services.push(service);
  return service;
}

/** Records a push of another system, and what came of it. */
async function record({ app }: TestApp, typeKey: string, result?: 'SUCCESS' | 'FAILED'): Promise<string> {
  const sync = { typeKey, platform: 'shop', direction: 'PUSH' as const, context, data: { typeKey, text: uuidv7() } };
  const [{ id }] = (await app.get(SyncWriter).record([{ ...sync, expiresInMs: 60_000 }])) as [RecordedSync];
  if (result) await app.get(SyncWriter).settle(id, { status: result });
  return id;
}

const positions = async () =>
  (await sql<{ position: string }>('select position from sync_event order by position')).map(({ position }) =>
    Number(position),
  );

async function readiness({ url }: TestApp): Promise<{ status: string; behindMs: number }> {
  return (await fetch(`${url}/health/ready`)).json() as never;
}

async function metric({ url }: TestApp, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

describe('what was acknowledged', () => {
  it('is in the next read, whichever replica recorded it and whichever is asked', async () => {
    const replicas = [await start(), await start(), await start()];
    for (let round = 0; round < 30; round += 1) {
      const [writes, reads] = [replicas[round % 3]!, replicas[(round + 1) % 3]!];
      const id = await record(writes, `Type${round}`);
      expect((await reads.api('GET', `/sync/${id}/status`)).status).toBe(200);
      await writes.app.get(SyncWriter).settle(id, { status: 'SUCCESS' });
      expect((await reads.api('GET', `/sync/${id}`)).body).toMatchObject({ status: 'SUCCESS' });
    }
    expect(await positions()).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(await findings(database.url)).toEqual([]);
  });

  it('is projected by another replica when the one that appended it is silent', async () => {
    const [silent, other] = [await start(), await start()];
    await silent.app.get(Schedule).stop();
    const id = await record(silent, 'Article');
    const seen = async () => (await sql('select from sync_history where id = $1', [id])).length > 0;
    await until('it is projected', seen, 2_000);
    expect((await other.api('GET', `/sync/${id}`)).status).toBe(200);
  });

  it('is there after a start when its process died before it was projected', async () => {
    const first = await start();
    const id = await record(first, 'Article');
    await first.app.get(Projector).project();
    // As the process would have left it: in the journal, and nowhere else.
    const writer = first.app.get(Journal).writer;
    await sql(`insert into sync_journal (writer, number, steps) values ($1, 1000, $2)`, [
      writer,
      JSON.stringify([finishOf(id)]),
    ]);
    const second = await start();
    expect((await second.api('GET', `/sync/${id}`)).body).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED' });
  });

  it('is projected though nothing says any more that its process has a journal', async () => {
    const service = await start();
    const id = await record(service, 'Article');
    await sql('select from sync_history');
    await sql(`insert into sync_journal (writer, number, steps) values (gen_random_uuid(), 7, $1)`, [
      JSON.stringify([finishOf(id)]),
    ]);
    const status = async () => (await sql<{ s: string }>('select sync_status as s from sync_history'))[0]!.s;
    await until('it is projected', async () => (await status()) === 'SUCCESS', 20_000);
    expect(await positions()).toEqual([1, 2]);
  });
});

describe('content that was sent before', () => {
  it('is sent again to a server that may have lost it, before the caller is answered', async () => {
    // The next connections ask this function for the start of their server.
    const name = new URL(database.url).pathname.slice(1);
    await sql(`create table server_start as select now() as at`);
    await sql(`grant select on server_start to public`);
    await sql(
      `create function pg_postmaster_start_time() returns timestamptz language sql as 'select at from server_start'`,
    );
    await sql(`alter database ${name} set search_path = public, pg_catalog`);
    const service = await start();
    const push = async (typeKey: string) => {
      const sync = { typeKey, platform: 'shop', direction: 'PULL' as const, context, data: { the: 'same' } };
      await service.app.get(SyncWriter).record([sync]);
    };
    const stored = async () => (await sql('select from snapshot')).length;
    await push('Before');
    expect(await stored()).toBe(1);
    await sql('delete from snapshot');
    await push('Known');
    expect(await stored()).toBe(0);
    await sql(`update server_start set at = at + interval '1 second'`);
    await push('After');
    expect(await stored()).toBe(1);
    expect(await positions()).toEqual([1, 2, 3]);
    expect(await sql('select from journal_refusal')).toEqual([]);
  });
});

describe('the projector', () => {
  it('loses nothing and does nothing twice, wherever in a round its connection is cut', async () => {
    const proxy = await TcpProxy.start(database.url);
    const service = await start(proxy.url(database.url));
    const ids: string[] = [];
    for (const statement of STATEMENTS) {
      for (const moment of ['before', 'after'] as const) {
        const cut = proxy.cutAtCommit({ statement, moment });
        const writing = (async () => {
          for (let n = 0; n < 4; n += 1) ids.push(await record(service, `Type${n}`, n % 2 ? 'SUCCESS' : 'FAILED'));
        })();
        await Promise.all([writing, cut]);
      }
    }
    await until('all are there', async () => (await sql('select from sync_history')).length === ids.length);
    expect(ids).toHaveLength(STATEMENTS.length * 8);
    expect(await positions()).toEqual(Array.from({ length: ids.length * 2 }, (_, index) => index + 1));
    expect(await findings(database.url)).toEqual([]);
    await service.close();
    services.pop();
    await proxy.close();
  }, 60_000);

  it('keeps a step that the tables refuse, and goes on with all others', async () => {
    const service = await start();
    const id = await record(service, 'Article');
    await service.app.get(Projector).project();
    const bad = finishOf(uuidv7());
    const steps = [{ ...bad, step: 'start', mayExist: false, snapshots: [], version: null, end: null }, finishOf(id)];
    await sql(`insert into sync_journal (writer, number, steps) values ($1, 1000, $2)`, [
      service.app.get(Journal).writer,
      JSON.stringify(steps),
    ]);
    await until('the good one is projected', async () => {
      return (await service.api('GET', `/sync/${id}`)).body['status' as never] === 'SUCCESS';
    });
    expect(await sql('select number, ordinal from journal_refusal')).toEqual([{ number: '1000', ordinal: 0 }]);
    expect(await findings(database.url)).toMatchObject([{ rule: 'journal.refused' }]);
    expect(await positions()).toEqual([1, 2]);
  });

  it('comes a little slower while the projector is far behind, and never waits for it to go on', async () => {
    const service = await start();
    const holder = await connectSql(database.url);
    await holder('begin');
    await holder('select from event_position for update');
    await record(service, 'First');
    await until('it is far behind', () => Promise.resolve(service.app.get(Journal).behindMs > 1_000));
    const begunAt = performance.now();
    const ids = [await record(service, 'Second'), await record(service, 'Third')];
    const tookMs = performance.now() - begunAt;
    expect(tookMs).toBeGreaterThan(190);
    expect(tookMs).toBeLessThan(3_000);
    await holder('rollback');
    await holder.close();
    for (const id of ids) expect((await service.api('GET', `/sync/${id}`)).status).toBe(200);
  });

  it('is kept waiting: a read is refused and misses nothing, and readiness tells for how long', async () => {
    const service = await start();
    const holder = await connectSql(database.url);
    await holder('begin');
    await holder('select from event_position for update');
    const id = await record(service, 'Article');
    const refused = await service.api('GET', `/sync/${id}`);
    expect(refused).toMatchObject({ status: 503, body: { code: 'RECORD_BEHIND' } });
    const ready = await readiness(service);
    expect(ready.status).toBe('ok');
    expect(ready.behindMs).toBeGreaterThan(5_000);
    expect(await metric(service, 'synctrail_record_behind_seconds')).toBeGreaterThan(5);
    await holder('rollback');
    await holder.close();
    expect((await service.api('GET', `/sync/${id}`)).status).toBe(200);
    expect(await readiness(service)).toMatchObject({ behindMs: 0 });
  }, 30_000);
});

describe('a rebuild', () => {
  it('makes the same rows again, and those that are gone', async () => {
    const service = await start();
    for (let n = 0; n < 20; n += 1) await record(service, `Type${n}`, n % 3 ? 'SUCCESS' : undefined);
    const rows = () =>
      sql<{ row: unknown }>(
        `select to_jsonb(h) - 'expires_at' - 'sync_metadata' as row from sync_history h order by id`,
      );
    const before = await rows();
    const rebuilder = service.app.get(HistoryRebuilder);
    expect(await rebuilder.rebuild()).toEqual({ syncs: 20, corrected: 0, added: 0 });
    await sql(`delete from sync_history where type_key in ('Type3', 'Type4')`);
    await sql(
      `update sync_history set sync_status = 'PARTIAL', outcome = null, status_code = 7 where type_key = 'Type5'`,
    );
    expect(await rebuilder.rebuild()).toEqual({ syncs: 20, corrected: 1, added: 2 });
    expect(await rows()).toEqual(before);
    await sql(`delete from sync_history where type_key = 'Type6'`);
    const month = `json_build_object('month', to_char(now(), 'YYYY-MM'))`;
    await sql(`select add_service_event($1, $2, 'retention.applied', ${month})`, [uuidv7(), uuidv7()]);
    expect(await rebuilder.rebuild()).toEqual({ syncs: 0, corrected: 0, added: 0 });
  });
});

function finishOf(syncId: string) {
  const data = { status: 'SUCCESS', outcome: 'APPLIED', evidence: 'REPORTED' };
  const event = { id: uuidv7(), syncId, type: 'sync.succeeded', data };
  return { step: 'finish', event, metadata: null, snapshot: null };
}
