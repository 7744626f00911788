import { setImmediate as turn } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/postgresql';
import { FsckDatabase, type Finding, migrate, ormOptions } from '#database';
import { migrations } from '#migrations';
import { Schedule } from '#schedule';
import { checkStats, StatsProjector, StatsRebuilder, SyncAnalyticsService } from '#statistics';
import { SyncHistoryService } from '#tracking';
import { finishPast, positionEvents, learnPast, type PastSync, recordPast } from '../support/past-syncs.ts';
import { FACETS_DAILY, FACETS_HOURLY } from '../../src/statistics/facet.statements.ts';
import { SUMMED_TABLES } from '../../src/statistics/stats.tables.ts';
import { idAt } from '../support/random-history.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { serviceOfTests } from '../support/service-role.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const DAY = 24 * 60 * 60 * 1000;
const SUM_OF_TARGETS = `select coalesce(sum(total), 0)::integer as sum from sync_stats_target_daily`;
/** Those of Migration0032. */
const tables = [...SUMMED_TABLES, FACETS_HOURLY, FACETS_DAILY];
const ALL = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2040-01-01T00:00:00Z') };

/** Records and settles syncs through a service until it is told to stop; tells how many. */
class Recording {
  private count = 0;
  private stopped = false;
  private readonly callers: Promise<void>[];

  constructor(service: TestApp) {
    const history = service.app.get(SyncHistoryService);
    this.callers = Array.from({ length: 4 }, () => this.call(history));
  }

  async stop(): Promise<number> {
    this.stopped = true;
    await Promise.all(this.callers);
    return this.count;
  }

  private async call(history: SyncHistoryService): Promise<void> {
    for (; !this.stopped; await turn()) {
      const sync = await history.recordSyncAttempt({
        typeKey: `Type${this.count % 5}`,
        platform: 'optimizely',
        direction: 'PUSH',
        context: { environment: 'default', actor: 'load', trigger: 'API' },
        data: { name: 'load' },
      });
      this.count += 1;
      const durationMs = this.count % 900;
      // One in five is still under way at the end.
      if (this.count % 5 > 0) await history.updateSyncStatus(sync.id, { status: 'SUCCESS', durationMs });
    }
  }
}

describe('the stats', () => {
  let database: TestDatabase;
  let sql: Sql;
  beforeEach(async () => {
    database = await createTestDatabase();
    sql = await connectSql(database.url);
    await positionEvents(sql);
  });
  afterEach(async () => {
    await Promise.all(recordings.splice(0).map((recording) => recording.stop()));
    await Promise.all(services.splice(0).map((service) => service.close()));
    await sql.close();
    await database.drop();
  });

  const services: TestApp[] = [];
  const recordings: Recording[] = [];

  async function start(url = database.url): Promise<TestApp> {
    const service = await startTestApp({ DATABASE_URL: url });
    services.push(service);
    return service;
  }

  function record(service: TestApp): Recording {
    const recording = new Recording(service);
    recordings.push(recording);
    return recording;
  }

  /** Ends every recording; tells how many syncs they recorded together. */
  async function recorded(): Promise<number> {
    let total = 0;
    for (const recording of recordings) total += await recording.stop();
    return total;
  }

  async function findings(): Promise<Finding[]> {
    const books = await FsckDatabase.open(database.url);
    const found = await Array.fromAsync(checkStats(books));
    await books.close();
    return found;
  }

  const counted = () =>
    until('every event is counted', async () => {
      const [open] = await sql<{ is_counted: boolean }>(
        `select (select last from event_position) = (select last from sync_stats_position) as is_counted`,
      );
      return open!.is_counted;
    });

  const totals = async () =>
    (
      await sql<{ total: number; settled: number }>(
        `select coalesce(sum(total), 0)::integer as total, coalesce(sum(success + failed + partial), 0)::integer as settled
         from sync_stats_hourly`,
      )
    )[0]!;

  const past = (startedAt: Date): PastSync => ({
    ...{ id: idAt(startedAt), kind: 'contentType', typeKey: 'Article', platform: 'optimizely', environment: 'default' },
    ...{ direction: 'PUSH', trigger: 'API', startedAt },
    outcome: { status: 'SUCCESS', retryCount: 1, durationMs: 250, effect: 'UNKNOWN', learned: 'APPLIED' },
  });

  it('count each sync once, however many replicas count at the same time', async () => {
    const replicas = await Promise.all([1, 2, 3].map(() => start()));
    const projectors = replicas.map(({ app }) => app.get(StatsProjector));
    replicas.forEach(record);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(projectors.map((projector) => projector.project()));
    }
    const total = await recorded();
    await counted();
    expect((await totals()).total).toBe(total);
    expect(await findings()).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'count nothing twice and miss nothing when the connection is cut %s the commit',
    async (moment) => {
      const proxy = await TcpProxy.start(database.url);
      record(await start(proxy.url(database.url)));
      await proxy.cutAtCommit({ statement: 'update sync_stats_position', moment, times: 3 });
      const total = await recorded();
      await counted();
      expect((await totals()).total).toBe(total);
      expect(await findings()).toEqual([]);
      await services.pop()!.close();
      await proxy.close();
    },
  );

  it('are rebuilt exactly while services record and count', async () => {
    const open = Array.from({ length: 600 }, (_, n) => past(new Date(Date.now() - (1 + (n % 25)) * DAY)));
    const unsettled = open.toSorted((a, b) => (a.id > b.id ? -1 : 1));
    const finished: PastSync[] = [];
    await recordPast(sql, open);
    const replicas = await Promise.all([1, 2].map(() => start()));
    replicas.forEach(record);
    for (const spoil of [
      'delete from sync_stats_hourly',
      'update sync_stats_hourly set unknown = unknown + 1, applied = 0',
      'update sync_stats_daily set total = total + 1',
      `update sync_stats_type_daily set counts = counts || 1, buckets = buckets || 1::smallint`,
      'delete from sync_stats_platform_type_weekly; update sync_stats_target_hourly set total = 7',
      `update sync_stats_facet_hourly set total = total + 1; update sync_stats_facet_daily set outcome = 'UNKNOWN'`,
      'update sync_stats_position set last = 0, summed = 0',
    ]) {
      await until('something is counted', async () => (await totals()).total > 0);
      await sql(spoil);
      const rebuilding = replicas[0]!.app.get(StatsRebuilder).rebuild();
      let isRebuilt = false;
      void rebuilding.finally(() => (isRebuilt = true));
      // In the middle of it the oldest are settled, and get their positions at once; of those before it becomes known what they did.
      while (!isRebuilt) {
        await learnPast(sql, finished.splice(0));
        finished.push(...unsettled.splice(-3));
        await finishPast(sql, finished);
      }
      await rebuilding;
    }
    const total = (await recorded()) + open.length;
    await counted();
    expect((await totals()).total).toBe(total);
    expect(unsettled.length).toBeLessThan(open.length);
    expect(await findings()).toEqual([]);
  });

  it('are rebuilt while others count without a pause', async () => {
    const service = await start();
    await sql('create table counting as select true as is_on');
    // In the server, where a round trip is no pause. The row is always held by one of many, and changes all the time: a lock of
    // the row would always come after a change.
    const hold = 'perform from sync_stats_position for key share; perform pg_sleep(0.05)';
    const count = 'update sync_stats_position set last = last; commit; perform pg_sleep(0.001)';
    const counters = [hold, hold, hold, hold, hold, count].map(async (work) => {
      const counter = await connectSql(database.url);
      await counter(`do $$ begin while (select is_on from counting) loop ${work}; commit; end loop; end $$`);
      await counter.close();
    });
    await until('all of them count', async () => {
      const active = `select from pg_stat_activity where query like 'do $$ begin while%' and state = 'active' and datname = current_database()`;
      return (await sql(active)).length === counters.length;
    });
    try {
      await service.app.get(StatsRebuilder).rebuild();
    } finally {
      await sql('update counting set is_on = false');
    }
    await Promise.all(counters);
    await sql('drop table counting');
    expect(await findings()).toEqual([]);
  });

  it('keep what retention has forgotten, through a rebuild too', async () => {
    const service = await start();
    const [old, young] = [past(new Date('2026-01-10T10:00:00Z')), past(new Date('2026-02-10T10:00:00Z'))];
    await recordPast(sql, [old, young]);
    await finishPast(sql, [old, young]);
    await counted();
    await sql('drop table sync_history_2026_01');
    await sql(
      `insert into sync_event (id, type, data) values ($1, 'retention.applied', '{"month":"2026-01","syncs":1,"lastPosition":0}')`,
      [idAt(new Date())],
    );
    await sql('delete from sync_stats_daily where day > $1', [young.startedAt.toISOString().slice(0, 8) + '01']);
    expect((await findings()).map(({ subject }) => subject.split(' ')[0])).toEqual([
      'sync_stats_daily',
      // It is summed from that table, and not from the history.
      'sync_stats_target_daily',
    ]);
    const rebuilt = await service.app.get(StatsRebuilder).rebuild();
    expect(rebuilt).toEqual({ syncs: 1, since: '2026-02-03T00:00:00Z' });
    expect(await findings()).toEqual([]);
    const { counts, duration } = await service.app.get(SyncAnalyticsService).numbers({}, ALL);
    expect(counts).toMatchObject({ total: 2, success: 2 });
    expect(duration.mean).toBe(250);
  });

  it('get the outcomes of what an earlier version has counted, and leave the rest to the next count', async () => {
    await start();
    const syncs = Array.from({ length: 6 }, (_, n) => past(new Date(Date.now() - n * 60_000)));
    const nth = (index: number) => [syncs[index]!];
    await recordPast(sql, syncs);
    await finishPast(sql, syncs.slice(0, 3));
    await learnPast(sql, nth(0));
    await counted();
    await services.pop()!.close();
    // Not counted: with a position and without one, an end, and an effect that became known.
    await learnPast(sql, nth(1));
    await finishPast(sql, nth(3));
    await learnPast(sql, nth(2));
    await finishPast(sql, nth(4));
    await learnPast(sql, nth(4));
    const outcomes = ['applied', 'not_applied', 'partly_applied', 'unknown'];
    for (const table of ['sync_stats_hourly', 'sync_stats_daily', 'sync_stats_type_daily']) {
      await sql(`alter table ${table} ${outcomes.map((name) => `drop column ${name}`).join(', ')}`);
    }
    await sql('drop index live_state_questionable');
    await sql(`delete from synctrail_migration where name = 'Migration0028OutcomesAndDrift'`);
    const orm = await MikroORM.init(ormOptions(database.url));
    expect(await migrate(orm.em, migrations, serviceOfTests())).toEqual(['Migration0028OutcomesAndDrift']);
    await orm.close();
    const sums = outcomes.map((name) => `sum(${name})::integer as ${name}`).join(', ');
    for (const table of ['sync_stats_hourly', 'sync_stats_daily', 'sync_stats_type_daily']) {
      expect(await sql(`select ${sums} from ${table}`)).toEqual([
        { applied: 1, not_applied: 0, partly_applied: 0, unknown: 2 },
      ]);
    }
    expect(await findings()).toEqual([]);
    const { app } = await start();
    const expected = { applied: 4, notApplied: 0, partlyApplied: 0, unknown: 1 };
    expect((await app.get(SyncAnalyticsService).numbers({}, ALL)).outcomes).toEqual(expected);
    await counted();
    expect((await app.get(SyncAnalyticsService).numbers({}, ALL)).outcomes).toEqual(expected);
    expect(await findings()).toEqual([]);
  });

  it('get tables of fewer dimensions from those that are there, and the state of each sync from the history', async () => {
    await start();
    const days = [0, 1, 2, 9, 40];
    const syncs = days.flatMap((day) => [1, 2, 3].map(() => past(new Date(Date.now() - day * DAY))));
    await recordPast(sql, syncs);
    await finishPast(sql, syncs.slice(0, -4));
    await learnPast(sql, syncs.slice(0, 3));
    await counted();
    await learnPast(sql, syncs.slice(3, 5));
    await services.pop()!.close();
    // Not counted: ends with a position and without one, and an effect that became known.
    await finishPast(sql, syncs.slice(-4, -2));
    await finishPast(sql, syncs.slice(-2, -1));
    await learnPast(sql, syncs.slice(5, 6));
    await sql(`drop table ${tables.map(({ name }) => name).join(', ')}`);
    await sql('alter table sync_stats_position drop column summed, drop column summed_until');
    await sql(`delete from synctrail_migration where name = 'Migration0032FewerDimensions'`);
    const orm = await MikroORM.init(ormOptions(database.url));
    expect(await migrate(orm.em, migrations, serviceOfTests())).toEqual(['Migration0032FewerDimensions']);
    await orm.close();
    expect(await findings()).toEqual([]);
    await start();
    await counted();
    expect(await findings()).toEqual([]);
    // An earlier version counts into the other tables only, so it must not count at all.
    await expect(sql('update sync_stats_position set last = last + 1')).rejects.toThrow('sync_stats_position_check');
  });

  it('are summed when a day is over, and take in what comes later', async () => {
    const { app } = await start();
    const projector = app.get(StatsProjector);
    const syncs = [0, 1, 2, 8, 9, 30].map((day) => past(new Date(Date.now() - day * DAY)));
    await app.get(Schedule).stop();
    await sql(`update sync_stats_position set summed_until = date_trunc('day', now() - interval '9 days', 'UTC')`);
    await recordPast(sql, syncs);
    await finishPast(sql, syncs.slice(0, 3));
    const count = async () => {
      await projector.project();
    };
    const sums = async () => (await sql<{ sum: number }>(SUM_OF_TARGETS))[0]!.sum;
    await count();
    expect([await sums(), await findings()]).toEqual([1, []]);
    await projector.sum();
    expect([await sums(), await findings()]).toEqual([5, []]);
    await finishPast(sql, syncs.slice(3));
    await learnPast(sql, syncs);
    await count();
    await projector.sum();
    expect([await sums(), await findings()]).toEqual([5, []]);
    const { counts, outcomes } = await app.get(SyncAnalyticsService).numbers({ platform: 'optimizely' }, ALL);
    expect([counts.success, outcomes.applied]).toEqual([6, 6]);
  });

  it('are not needed where counting is far behind: the history itself is asked', async () => {
    const service = await start();
    const sync = past(new Date());
    await recordPast(sql, [sync]);
    await finishPast(sql, [sync]);
    await counted();
    await service.app.get(Schedule).stop();
    await sql(`delete from sync_stats_daily`);
    const analytics = service.app.get(SyncAnalyticsService);
    expect((await analytics.numbers({}, ALL)).counts.total).toBe(0);
    await sql(
      `insert into sync_event (id, sync_id, type)
       select overlay($1::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, $1::text::uuid, 'attempt.failed' from generate_series(1, 10001) n`,
      [sync.id],
    );
    expect((await analytics.numbers({}, ALL)).counts.total).toBe(1);
    expect((await analytics.numbers({}, ALL)).counts.total).toBe(1);
  });

  it('are found to be wrong by a check of the books', async () => {
    await start();
    const sync = past(new Date());
    await recordPast(sql, [sync]);
    await finishPast(sql, [sync]);
    await counted();
    await services.pop()!.close();
    const rebuild = async () => {
      const service = await startTestApp({ DATABASE_URL: database.url });
      await service.app.get(StatsRebuilder).rebuild();
      await service.close();
    };
    expect(await findings()).toEqual([]);
    await sql(`update sync_stats_hourly set unknown = 0; update sync_stats_type_daily set counts = '{2}'`);
    await sql(`delete from sync_stats_daily`);
    const found = async () => (await findings()).map(({ rule, subject }) => [rule, subject.split(' ')[0]]);
    expect(await found()).toEqual([
      ['stats.counts', 'sync_stats_hourly'],
      ['stats.counts', 'sync_stats_daily'],
      ['stats.counts', 'sync_stats_type_daily'],
    ]);
    await rebuild();
    expect(await found()).toEqual([]);
    await sql(`update sync_stats_facet_hourly set evidence = 'REPORTED'`);
    expect(await found()).toEqual([
      ['stats.counts', 'sync_stats_facet_hourly'],
      ['stats.counts', 'sync_stats_facet_hourly'],
    ]);
    await rebuild();
    // What is not over is not summed yet.
    await sql(`
      insert into sync_stats_target_daily select date_trunc('day', hour, 'UTC'), target_platform, environment, total, success,
        failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown,
        last_at, last_success_at, buckets, counts from sync_stats_hourly`);
    expect(await found()).toEqual([['stats.counts', 'sync_stats_target_daily']]);
    await sql('update sync_stats_position set last = 99, summed = 99');
    expect(await findings()).toMatchObject([{ rule: 'stats.position' }]);
  });
});
