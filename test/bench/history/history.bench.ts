import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EntityManager } from '@mikro-orm/core';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { v7 as uuidv7 } from 'uuid';
import { postgresPool } from '#database';
import { type HistoryFilter, SyncHistoryExport, SyncHistoryQueries, SyncHistoryService } from '#tracking';
import { AppModule, readConfig } from '../../../src/app.module.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { type Bench, type Section, rounded } from '../report.ts';
import { median } from '../rounds.ts';
import { fillHistory } from './fill-history.ts';

const REPEATS = 15;

/** How the history reads and takes records when it is full, against SQL written by hand, and against an empty one. */
export const history: Bench = async ({ rows }) => {
  const database = await openBenchDatabase();
  try {
    const empty = await withService(database.url, (app) => recording(app));
    await fillHistory(database.url, rows);
    return await withService(database.url, async (app, pool) => [
      await newestPages(app, pool),
      await deepPages(app),
      await others(app),
      await exports(app, pool),
      {
        title: 'Recording',
        rows: [
          { what: 'syncs/s into the full history ÷ into an empty one', ratio: rounded((await recording(app)) / empty) },
        ],
      },
      await dropMonth(pool),
      await plans(pool),
    ]);
  } finally {
    await database.close();
  }
};

const FILTERS: Record<string, { filter: HistoryFilter; where: string }> = {
  'one type': { filter: { typeKey: 'Type250' }, where: `type_key = 'Type250'` },
  'failures of a platform': {
    filter: { platform: 'optimizely', environment: 'staging', status: 'FAILED' },
    where: `target_platform = 'optimizely' and environment = 'staging' and sync_status = 'FAILED'`,
  },
  'a rare error': { filter: { errorCode: 'RARE' }, where: `error_code = 'RARE'` },
};

async function newestPages(app: INestApplicationContext, pool: Pool): Promise<Section> {
  const queries = app.get(SyncHistoryQueries);
  const rows: Section['rows'] = [];
  for (const [name, { filter, where }] of Object.entries(FILTERS)) {
    const byHand = `select * from sync_history where ${where} order by id desc limit 51`;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      theirs.push(await took(() => pool.query(byHand)));
      ours.push(await took(() => queries.page(filter, { limit: 50 })));
    }
    rows.push({
      filter: name,
      'by hand ms': rounded(median(theirs)),
      'ours ms': rounded(median(ours)),
      ratio: rounded(median(ours) / median(theirs)),
    });
  }
  return { title: 'The newest page of 50', rows };
}

async function deepPages(app: INestApplicationContext): Promise<Section> {
  const queries = app.get(SyncHistoryQueries);
  const filter: HistoryFilter = { platform: 'optimizely' };
  const first: number[] = [];
  const deep: number[] = [];
  let cursor: string | undefined;
  // Page 10,000, or as deep as there is.
  for (let page = 1; page <= 10_000; page += 1) {
    const { next } = await queries.page(filter, { limit: 100, cursor });
    if (next === null) break;
    cursor = next;
  }
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    first.push(await took(() => queries.page(filter, { limit: 100 })));
    deep.push(await took(() => queries.page(filter, { limit: 100, cursor })));
  }
  return {
    title: 'Page 10,000 of 100 against page 1',
    rows: [
      {
        'page 1 ms': rounded(median(first)),
        'page 10,000 ms': rounded(median(deep)),
        ratio: rounded(median(deep) / median(first)),
      },
    ],
  };
}

async function others(app: INestApplicationContext): Promise<Section> {
  const queries = app.get(SyncHistoryQueries);
  const service = app.get(SyncHistoryService);
  const { items } = await queries.page({}, { limit: 1 });
  const calls: Record<string, () => Promise<unknown>> = {
    'facets of a day': () => queries.facets({ last: '24h' }),
    'facets of everything': () => queries.facets({}),
    'count of a platform in a week': () => queries.count({ platform: 'optimizely', last: '7d' }),
    'one sync': () => service.getSync(items[0]!.id),
    'its timeline': () => service.getEvents(items[0]!.id),
    'search in 30 days': () => queries.page({ q: 'Type299' }, {}),
    'slowest of a day': () => queries.page({ last: '24h' }, { sort: '-durationMs' }),
  };
  const rows: Section['rows'] = [];
  for (const [what, call] of Object.entries(calls)) {
    await call();
    rows.push({ what, ms: rounded(median([await took(call), await took(call), await took(call)])) });
  }
  return { title: 'Other reads', rows };
}

async function exports(app: INestApplicationContext, pool: Pool): Promise<Section> {
  const rows: Section['rows'] = [];
  const all = Number((await pool.query<{ count: string }>('select count(*) from sync_history')).rows[0]!.count);
  const most = Math.min(all, 1_000_000);
  const copied = await drained(async () => {
    const client = await pool.connect();
    const stream = client.query(
      copyTo(`copy (select * from sync_history order by id desc limit ${most}) to stdout (format csv)`),
    );
    stream.once('close', () => client.release());
    return stream;
  });
  const since = await pool.query<{ moment: string }>(
    `select started_at as moment from sync_history order by id desc offset ${most - 1} limit 1`,
  );
  const startDate = new Date(since.rows[0]!.moment.replace(' ', 'T').replace(/\+00$/, 'Z'));
  for (const format of ['csv', 'ndjson'] as const) {
    let count = 0;
    const ours = await drained(async () => {
      const opened = await app.get(SyncHistoryExport).open({ startDate }, format);
      count = opened.count;
      return opened.stream;
    });
    rows.push({
      format,
      rows: count,
      'rows/s ÷ COPY': rounded(count / ours.tookMs / (most / copied.tookMs)),
      'resident memory grew MB': rounded(ours.grewMb, 0),
    });
  }
  return { title: 'Export against COPY … TO STDOUT of as many rows', rows };
}

async function drained(open: () => Promise<NodeJS.ReadableStream>): Promise<{ tookMs: number; grewMb: number }> {
  globalThis.gc?.();
  const base = process.memoryUsage.rss();
  let highest = base;
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      highest = Math.max(highest, process.memoryUsage.rss());
      done();
    },
  });
  const tookMs = await took(async () => pipeline(await open(), sink));
  return { tookMs, grewMb: (highest - base) / 1_048_576 };
}

/** Syncs recorded and settled in a second at concurrency 64. */
async function recording(app: INestApplicationContext): Promise<number> {
  const service = app.get(SyncHistoryService);
  const run = async (seconds: number) => {
    const end = performance.now() + seconds * 1000;
    let count = 0;
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (performance.now() < end) {
          const sync = await service.recordSyncAttempt({
            typeKey: `Type${count % 300}`,
            platform: 'optimizely',
            direction: 'PUSH',
            context: { environment: 'default', actor: 'bench', trigger: 'API' },
            versionHash: 'bench',
            data: { id: uuidv7() },
          });
          await service.updateSyncStatus(sync.id, { status: 'SUCCESS', statusCode: 200 });
          count += 1;
        }
      }),
    );
    return count / seconds;
  };
  await run(2);
  return median([await run(4), await run(4), await run(4)]);
}

async function dropMonth(pool: Pool): Promise<Section> {
  const { rows } = await pool.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'sync_history'::regclass order by 1`,
  );
  const month = rows[1]!.name;
  const count = (await pool.query<{ count: string }>(`select count(*) from ${month}`)).rows[0]!.count;
  const ms = await took(() => pool.query(`drop table ${month}, ${month.replace('history', 'event')}`));
  return { title: 'Dropping a month', rows: [{ month, syncs: Number(count), ms: rounded(ms) }] };
}

async function plans(pool: Pool): Promise<Section> {
  const rows: Section['rows'] = [];
  for (const [name, { where }] of Object.entries(FILTERS)) {
    const from = `started_at >= now() - interval '7 days' and id >= uuid_at(now() - interval '7 days 1 hour')`;
    const plan = await pool.query<Record<string, string>>(
      `explain select * from sync_history where ${where} and ${from} order by id desc limit 51`,
    );
    const scans = plan.rows
      .map((row) => row['QUERY PLAN']!.trim())
      .filter((line) => /Scan|Subplans Removed/.test(line));
    rows.push({ filter: `${name}, 7 days`, plan: scans.map((line) => line.replace(/ +\(cost.*/, '')).join(' | ') });
  }
  return { title: 'Query plans: which index, which partitions', rows };
}

/** The application without HTTP. */
async function withService<T>(url: string, work: (app: INestApplicationContext, pool: Pool) => Promise<T>): Promise<T> {
  const config = readConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), { logger: false });
  try {
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
