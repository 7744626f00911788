import { Client } from 'pg';
import { SnapshotService } from '../../src/snapshot/index.ts';
import { Retention } from '#retention';
import { idAt, insertHistory, type RandomSync } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { ProjectedClient } from '../support/sql.ts';

const DAY = 24 * 60 * 60 * 1000;

describe('retention', () => {
  let service: TestApp;
  let database: Client;
  beforeEach(async () => {
    service = await startTestApp({ RETENTION_PAYLOAD_DAYS: '10', RETENTION_FACT_MONTHS: '3' });
    database = new ProjectedClient({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterEach(async () => {
    await database.end();
    await service.close();
  });

  const monthsAgo = (months: number) =>
    new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - months, 10));
  const sync = (startedAt: Date, status = 'SUCCESS'): RandomSync => ({
    ...{ id: idAt(startedAt), typeKey: 'Article', platform: 'optimizely', environment: 'default', direction: 'PUSH' },
    ...{ status, trigger: 'API', actor: 'jane', errorCode: null, errorMessage: null, statusCode: 200, forced: false },
    ...{ durationMs: 1, startedAt },
  });
  const partition = async (month: Date) => {
    await database.query('select ensure_sync_partitions($1, 1)', [month]);
  };
  const count = async (sql: string) => Number((await database.query<{ count: string }>(sql)).rows[0]!.count);

  it('drops whole months in which all is settled, keeps the others, and says so by an event', async () => {
    for (const months of [4, 5, 6]) await partition(monthsAgo(months));
    await insertHistory(service.databaseUrl, [
      sync(monthsAgo(4)),
      sync(monthsAgo(5), 'IN_PROGRESS'),
      sync(monthsAgo(6)),
      sync(new Date()),
    ]);
    const retention = service.app.get(Retention);
    const name = (months: number) => monthsAgo(months).toISOString().slice(0, 7);

    const plan = await retention.plan();
    expect(plan.months).toEqual([
      { month: name(6), syncs: 1 },
      { month: name(4), syncs: 1 },
    ]);
    expect(plan.kept).toEqual([name(5)]);
    expect(await count('select count(*) from sync_history')).toBe(4);

    await retention.apply();
    expect(await count('select count(*) from sync_history')).toBe(2);
    const { rows } = await database.query<{ data: unknown }>(
      `select data from sync_event where type = 'retention.applied' order by id`,
    );
    expect(rows.map(({ data }) => data)).toEqual([
      { month: name(6), syncs: 1, lastPosition: 0 },
      { month: name(4), syncs: 1, lastPosition: 0 },
    ]);
    expect((await retention.apply()).months).toEqual([]);
  });

  it.each(['nestloop', 'hashjoin', 'mergejoin'])('finds old months whatever the plan: only by %s', async (join) => {
    await partition(monthsAgo(4));
    const { pathname } = new URL(service.databaseUrl);
    for (const other of ['nestloop', 'hashjoin', 'mergejoin'].filter((name) => name !== join)) {
      await database.query(`alter database ${pathname.slice(1)} set enable_${other} = off`);
    }
    await database.query(`alter database ${pathname.slice(1)} set enable_indexscan = off`);
    const other = await startTestApp({ DATABASE_URL: service.databaseUrl, RETENTION_FACT_MONTHS: '3' });
    try {
      const { months } = await other.app.get(Retention).plan();
      expect(months).toEqual([{ month: monthsAgo(4).toISOString().slice(0, 7), syncs: 0 }]);
    } finally {
      await other.close();
    }
  });

  it('leaves a partition alone that somebody made under a name of their own', async () => {
    await partition(monthsAgo(4));
    await database.query(`create table sync_history_default partition of sync_history default`);
    const { months } = await service.app.get(Retention).plan();
    expect(months).toEqual([{ month: monthsAgo(4).toISOString().slice(0, 7), syncs: 0 }]);
  });

  it('keeps a month that somebody reads, and who records hardly waits for it', async () => {
    await partition(monthsAgo(4));
    await insertHistory(service.databaseUrl, [sync(monthsAgo(4))]);
    const month = monthsAgo(4).toISOString().slice(0, 7);
    await database.query(`begin; select from sync_history limit 1`);
    const { months, kept } = await service.app.get(Retention).apply();
    expect({ months, kept }).toEqual({ months: [], kept: [month] });
    await database.query('rollback');
    expect((await service.app.get(Retention).apply()).months).toEqual([{ month, syncs: 1 }]);
  });

  it('drops a month once when two replicas do it at the same time', async () => {
    await partition(monthsAgo(4));
    await insertHistory(service.databaseUrl, [sync(monthsAgo(4))]);
    const month = monthsAgo(4).toISOString().slice(0, 7);
    const retention = service.app.get(Retention);
    const dropped = await Promise.all([retention.dropMonth(month), retention.dropMonth(month)]);
    expect(dropped.filter((syncs) => syncs !== null)).toEqual([1]);
    expect(await count(`select count(*) from sync_event where type = 'retention.applied'`)).toBe(1);
  });

  it('has this month and the two after it ready to be recorded into, from the start on', async () => {
    const months = async () =>
      (
        await database.query<{ name: string }>(
          `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'sync_history'::regclass order by 1`,
        )
      ).rows.map(({ name }) => name);
    const ahead = [0, -1, -2].map(
      (ago) => `sync_history_${monthsAgo(ago).toISOString().slice(0, 7).replace('-', '_')}`,
    );
    for (const name of await months()) await database.query(`drop table ${name}, ${name.replace('history', 'event')}`);
    const other = await startTestApp({ DATABASE_URL: service.databaseUrl });
    expect(await months()).toEqual(ahead);
    await other.close();
  });

  it('drops payloads before facts, but never what a version or a younger sync names', async () => {
    const snapshots = service.app.get(SnapshotService);
    const [forgotten, versioned, young, fresh] = await Promise.all(
      ['forgotten', 'versioned', 'young', 'fresh'].map((name) => snapshots.captureSnapshot({ name })),
    );
    await service.api('PUT', '/content-types/Kept', { name: 'versioned' });
    await database.query(`update snapshot set created_at = now() - interval '20 days' where digest <> $1`, [
      fresh!.digest,
    ]);
    const old = sync(new Date(Date.now() - 15 * DAY));
    const recent = sync(new Date(Date.now() - DAY));
    await insertHistory(service.databaseUrl, [old, recent]);
    await database.query(`update sync_history set pushed_digest = $2 where id = $1`, [old.id, forgotten!.digest]);
    await database.query(`update sync_history set pushed_digest = $2 where id = $1`, [recent.id, young!.digest]);

    const retention = service.app.get(Retention);
    expect((await retention.plan()).payloads).toBe(1);
    expect((await retention.apply()).payloads).toBe(1);
    const { rows } = await database.query<{ digest: string }>('select digest from snapshot');
    expect(rows.map(({ digest }) => digest).toSorted()).toEqual(
      [versioned!, young!, fresh!].map(({ digest }) => digest).toSorted(),
    );
    expect(await count(`select count(*) from sync_history where id = '${old.id}'`)).toBe(1);
    const { status, body } = await service.api('GET', `/sync/${old.id}/snapshot`);
    expect([status, body]).toMatchObject([404, { code: 'SNAPSHOT_NOT_FOUND' }]);
  });

  it('is off unless it is configured', async () => {
    const other = await startTestApp();
    const { payloads, months, payloadsBefore } = await other.app.get(Retention).apply();
    expect({ payloads, months, payloadsBefore }).toEqual({ payloads: 0, months: [], payloadsBefore: null });
    await other.close();
  });
});
