import { EntityManager } from '@mikro-orm/core';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Pool } from 'pg';
import { DRIVER_TYPES, postgresPool } from '#database';
import { SyncHistoryQueries } from '#history';
import { Schedule } from '#schedule';
import { StatsProjector, StatsRebuilder, SyncAnalyticsService, type SyncNumbers } from '#statistics';
import { AppModule, readConfig } from '../../../src/app.module.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { fillHistory } from '../history/fill-history.ts';
import { type Bench, rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const OURS = 15;
/** Events that are counted again to see what one costs: the last tenth, in batches as large as there are. */
const COUNTED_SHARE = 0.1;
const RAW = 3;
const SCOPE = { platform: 'optimizely' };

/** The numbers of 30 days against the same by SQL on the history, in one run. */
export const analytics: Bench = async ({ rows }) => {
  const database = await openBenchDatabase();
  try {
    // The tables are made by a start.
    await withService(database.url, () => Promise.resolve());
    await fillHistory(database.url, rows);
    return await withService(database.url, async (app, pool) => {
      const rebuildMs = await took(() => app.get(StatsRebuilder).rebuild());
      const tables = await statsTables(pool);
      for (const table of tables) await pool.query(`vacuum (analyze) ${table}`);
      return [
        await sizes(pool, [...tables, 'sync_history'], rebuildMs),
        ...(await thirtyDays(app, pool)),
        await others(app.get(SyncAnalyticsService)),
        await counting(app.get(StatsProjector), pool),
      ];
    });
  } finally {
    await database.close();
  }
};

async function statsTables(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relname like 'sync\\_stats\\_%' and relkind = 'r' order by relname`,
  );
  return rows.map(({ name }) => name);
}

/** What it costs to count an event: those at the end of the history, once more. It spoils the stats. */
async function counting(projector: StatsProjector, pool: Pool): Promise<Section> {
  await pool.query(
    `update sync_stats_position set last = last - floor(last * ${COUNTED_SHARE}), summed = last - floor(last * ${COUNTED_SHARE})`,
  );
  const events = await projector.lag();
  const ms = await took(() => projector.project());
  return { title: 'Counting', rows: [{ events, 'µs an event': rounded((ms * 1_000) / events, 1) }] };
}

async function sizes(pool: Pool, tables: string[], rebuildMs: number): Promise<Section> {
  const rows: Section['rows'] = [];
  for (const table of tables) {
    const { rows: found } = await pool.query<{ count: number; mb: number }>(
      `select (select count(*) from ${table})::float8 as count,
         coalesce((select sum(pg_table_size(relid)) from pg_partition_tree('${table}')), pg_table_size('${table}'))::float8 / 1048576 as mb`,
    );
    rows.push({ table, rows: found[0]!.count, MB: rounded(found[0]!.mb, 1) });
  }
  return { title: `Tables; the rebuild took ${rounded(rebuildMs / 1000, 1)} s`, rows };
}

interface Raw {
  total: number;
  success: number;
  failed: number;
  partial: number;
  percentiles: number[];
}

async function thirtyDays(app: INestApplicationContext, pool: Pool): Promise<Section[]> {
  const [service, queries] = [app.get(SyncAnalyticsService), app.get(SyncHistoryQueries)];
  const to = new Date();
  const period = { from: new Date(to.getTime() - 30 * DAY_MS), to };
  const compare = (sql: ByHand, ours: () => Promise<unknown>) => compared(pool, sql, period, ours);
  const counts = `count(*)::float8 as total, count(*) filter (where sync_status = 'SUCCESS')::float8 as success,
     count(*) filter (where sync_status = 'FAILED')::float8 as failed,
     count(*) filter (where sync_status = 'PARTIAL')::float8 as partial`;
  const percentiles = `percentile_disc(array[0.5, 0.95, 0.99]) within group (order by duration_ms) as percentiles`;
  const rate = (await compare({ select: counts }, () => service.calculateSuccessRate(SCOPE, period))) as Compared<Raw>;
  const all = (await compare({ select: percentiles }, () => service.numbers(SCOPE, period))) as Compared<Raw>;
  const hours = await compare(
    { select: `date_trunc('hour', started_at, 'UTC') as hour, ${counts}, ${percentiles}`, groupBy: 'hour' },
    () => service.timeseries(SCOPE, period, 'hour', 'UTC'),
  );
  const types = await compare(
    { select: `kind, type_key, avg(duration_ms), ${percentiles}`, groupBy: 'kind, type_key' },
    () => service.slowestTypes(SCOPE, period, 10),
  );
  const facets = await compare({ select: `${FACETS}, count(*)`, groupBy: FACETS }, () =>
    queries.facets({ ...SCOPE, startDate: period.from, endDate: period.to }),
  );
  const numbers = await service.numbers(SCOPE, period);
  return [
    {
      title: 'Thirty days of a platform, to the millisecond of now',
      rows: [
        { what: 'success rate', ...times(rate) },
        { what: 'all numbers, percentiles among them', ...times(all) },
        { what: 'all numbers of each hour', ...times(hours) },
        { what: 'slowest types', ...times(types) },
        { what: 'facets', ...times(facets) },
      ],
    },
    { title: 'Are they the same', rows: [...equal(numbers, rate.raw), ...near(numbers, all.raw)] },
  ];
}

const FACETS = 'target_platform, environment, sync_direction, sync_status, outcome, evidence, error_code, trigger';

interface ByHand {
  select: string;
  groupBy?: string;
}

interface Compared<Row> {
  raw: Row;
  rawMs: number;
  oursMs: number;
}

/** By hand as well as it goes: by the ids of those months, and only what is asked. */
async function compared(
  pool: Pool,
  { select, groupBy }: ByHand,
  { from, to }: { from: Date; to: Date },
  ours: () => Promise<unknown>,
): Promise<Compared<unknown>> {
  const text = `select ${select} from sync_history where target_platform = 'optimizely' and started_at >= $1 and started_at < $2
    and id >= uuid_at($1::timestamptz - interval '25 hours') and id < uuid_at($2::timestamptz + interval '1 hour')
    ${groupBy ? `group by ${groupBy}` : ''}`;
  const ask = async () => (await pool.query<never>({ types: DRIVER_TYPES, text, values: [from, to] })).rows[0];
  const raw = await ask();
  await ours();
  const rawMs: number[] = [];
  const oursMs: number[] = [];
  for (let repeat = 0; repeat < RAW; repeat += 1) rawMs.push(await took(ask));
  for (let repeat = 0; repeat < OURS; repeat += 1) oursMs.push(await took(ours));
  return { raw, rawMs: median(rawMs), oursMs: median(oursMs) };
}

function times({ rawMs, oursMs }: Compared<unknown>) {
  return { 'by hand ms': rounded(rawMs, 1), 'ours ms': rounded(oursMs, 1), 'times faster': rounded(rawMs / oursMs, 0) };
}

function equal({ counts }: SyncNumbers, raw: Raw): Section['rows'] {
  const names = ['total', 'success', 'failed', 'partial'] as const;
  return names.map((name) => row(name, raw[name], counts[name]));
}

function near({ duration }: SyncNumbers, { percentiles }: Raw): Section['rows'] {
  const names = ['p50', 'p95', 'p99'] as const;
  return names.map((name, index) => row(name, percentiles[index]!, duration[name]!));
}

function row(what: string, raw: number, ours: number): Section['rows'][number] {
  return { what, 'by hand': raw, ours: rounded(ours, 1), 'error %': rounded((Math.abs(ours - raw) / raw) * 100) };
}

async function others(service: SyncAnalyticsService): Promise<Section> {
  const to = new Date();
  const days = (count: number) => ({ from: new Date(to.getTime() - count * DAY_MS), to });
  const calls: Record<string, () => Promise<unknown>> = {
    'numbers of a day': () => service.numbers(SCOPE, days(1)),
    'numbers of 90 days': () => service.numbers(SCOPE, days(90)),
    'numbers of a type in 30 days': () => service.numbers({ typeKey: 'Type7' }, days(30)),
    'slowest types of 30 days': () => service.slowestTypes(SCOPE, days(30), 10),
    places: () => service.targets(),
    'hours of 7 days, UTC': () => service.timeseries(SCOPE, days(7), 'hour', 'UTC'),
    'days of 30 days, Europe/Berlin': () => service.timeseries(SCOPE, days(30), 'day', 'Europe/Berlin'),
    'days of 30 days, Asia/Kolkata': () => service.timeseries(SCOPE, days(30), 'day', 'Asia/Kolkata'),
    'days of 80 days, Asia/Kolkata': () => service.timeseries(SCOPE, days(80), 'day', 'Asia/Kolkata'),
    'hours of a day, Asia/Kolkata': () => service.timeseries(SCOPE, days(1), 'hour', 'Asia/Kolkata'),
  };
  const rows: Section['rows'] = [];
  for (const [what, call] of Object.entries(calls)) {
    await call();
    rows.push({ what, ms: rounded(median([await took(call), await took(call), await took(call)])) });
  }
  return { title: 'Other numbers', rows };
}

/** The application without HTTP, and without jobs: they would make much else of what was filled in meanwhile. */
async function withService<T>(url: string, work: (app: INestApplicationContext, pool: Pool) => Promise<T>): Promise<T> {
  const config = readConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), { logger: false });
  try {
    await app.get(Schedule).stop();
    return await work(app, await postgresPool(app.get(EntityManager)));
  } finally {
    await app.close();
  }
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
