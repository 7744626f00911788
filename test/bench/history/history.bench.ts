import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EntityManager } from '@mikro-orm/core';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client, type Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { postgresPool } from '#database';
import { type HistoryFilter, SyncHistoryExport, SyncHistoryQueries } from '#history';
import { LiveProjector, LiveStateBehindError, TargetModel } from '#live';
import { SyncReader } from '#recording';
import { Retention } from '#retention';
import { AppModule, readConfig } from '../../../src/app.module.ts';
import type { ExportFormat } from '#export';
import { openBenchDatabase } from '../bench-database.ts';
import { type Bench, rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';
import { answers } from './answers.ts';
import { fillHistory } from './fill-history.ts';
import { quiet, recording } from './recording.ts';

const REPEATS = 15;

/** How the history reads and takes records when it is full, against SQL written by hand, and against an empty one. */
export const history: Bench = async (options) => {
  const database = await openBenchDatabase();
  try {
    await withService(database.url, () => Promise.resolve());
    await fillHistory(database.url, options.rows);
    const emptyUrl = await secondDatabase(database.url);
    const made = await withService(database.url, async (app, pool) => {
      const section = await folded(app);
      await quiet(pool);
      return section;
    });
    const overHttp = await answers(database.url, options);
    return await withService(database.url, async (app, pool) => [
      overHttp,
      made,
      await newestPages(app, pool),
      await deepPages(app),
      await others(app),
      await exports(app, pool),
      await withService(emptyUrl, (emptyApp, emptyPool) =>
        recording({ app: emptyApp, pool: emptyPool }, { app, pool }, options),
      ),
      await plans(pool),
      await dropMonth(app, pool),
    ]);
  } finally {
    await database.close();
  }
};

/** How long the live state of what was filled in takes to be made, as after an update from a service without it. */
async function folded(app: INestApplicationContext): Promise<Section> {
  const startedAt = performance.now();
  for (let isBehind = true; isBehind;) {
    isBehind = await app
      .get(LiveProjector)
      .catchUp()
      .then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof LiveStateBehindError)) throw error;
          return true;
        },
      );
  }
  const seconds = rounded((performance.now() - startedAt) / 1_000, 1);
  return { title: 'The live state of the full history, made from its events', rows: [{ seconds }] };
}

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
  const reader = app.get(SyncReader);
  const model = app.get(TargetModel);
  const { items } = await queries.page({}, { limit: 1 });
  const calls: Record<string, () => Promise<unknown>> = {
    'facets of a day': () => queries.facets({ last: '24h' }),
    'facets of everything': () => queries.facets({ startDate: new Date(0) }),
    'facets by default': () => queries.facets({}),
    'count of a platform in a week': () => queries.count({ platform: 'optimizely', last: '7d' }),
    'count of everything': () => queries.count({}),
    'the syncs of a call': () => queries.page({ callId: items[0]!.callId }, {}),
    'count of what was completed in a day': () => queries.count({ dateField: 'completed', last: '24h' }),
    'one sync': () => reader.get(items[0]!.id),
    'its timeline': () => reader.getEvents(items[0]!.id),
    'where the busiest type is live': () =>
      model.where({ platform: 'optimizely', kind: 'contentType', typeKey: 'Type0' }),
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

/** Each in turn, so that a slow moment of the machine meets all of them. */
async function exports(app: INestApplicationContext, pool: Pool): Promise<Section> {
  const all = Number((await pool.query<{ count: string }>('select count(*) from sync_history')).rows[0]!.count);
  const most = Math.min(all, 1_000_000);
  const since = await pool.query<{ moment: string }>(
    `select started_at as moment from sync_history order by id desc offset ${most - 1} limit 1`,
  );
  const startDate = new Date(since.rows[0]!.moment.replace(' ', 'T').replace(/\+00$/, 'Z'));
  const ours = (format: ExportFormat) => () => app.get(SyncHistoryExport).open({ startDate }, format);
  const byHand = async () => {
    const client = await pool.connect();
    const query = `select * from sync_history order by id desc limit ${most}`;
    const stream = client.query(copyTo(`copy (${query}) to stdout (format csv)`));
    stream.once('close', () => client.release());
    return { stream, count: most };
  };
  const contenders = { 'COPY by hand': byHand, csv: ours('csv'), ndjson: ours('ndjson') };
  const results: Record<string, { perSecond: number; grewMb: number; count: number }[]> = {};
  for (let round = 0; round < 3; round += 1) {
    for (const [name, open] of Object.entries(contenders)) (results[name] ??= []).push(await drained(open));
  }
  const base = results['COPY by hand']!;
  const rows = Object.entries(results).map(([name, rounds]) => ({
    '': name,
    rows: rounds[0]!.count,
    'rows/s': rounded(median(rounds.map(({ perSecond }) => perSecond)), 0),
    'rows/s ÷ COPY': rounded(median(rounds.map(({ perSecond }, round) => perSecond / base[round]!.perSecond))),
    'resident memory grew MB': rounded(Math.max(...rounds.map(({ grewMb }) => grewMb)), 0),
  }));
  return { title: 'Export against COPY … TO STDOUT of as many rows', rows };
}

async function drained(open: () => Promise<{ stream: NodeJS.ReadableStream; count: number }>) {
  globalThis.gc?.();
  const base = process.memoryUsage.rss();
  let highest = base;
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      highest = Math.max(highest, process.memoryUsage.rss());
      done();
    },
  });
  let count = 0;
  const tookMs = await took(async () => {
    const opened = await open();
    count = opened.count;
    await pipeline(opened.stream, sink);
  });
  return { count, perSecond: (count / tookMs) * 1000, grewMb: (highest - base) / 1_048_576 };
}

/** Drops a month as retention does. */
async function dropMonth(app: INestApplicationContext, pool: Pool): Promise<Section> {
  const { rows } = await pool.query<{ name: string; bytes: number }>(
    `select inhrelid::regclass::text as name,
       (pg_total_relation_size(inhrelid) + pg_total_relation_size(replace(inhrelid::regclass::text, 'history', 'event')))::float8 as bytes
     from pg_inherits where inhparent = 'sync_history'::regclass order by 1`,
  );
  const { name, bytes } = rows[1]!;
  const month = name.slice(-7).replace('_', '-');
  const [found] = (await pool.query<{ count: string }>(`select count(*) from ${name}`)).rows;
  const syncs = Number(found!.count);
  const start = performance.now();
  let isUnderWay = true;
  const dropped = app
    .get(Retention)
    .dropMonth(month)
    .finally(() => (isUnderWay = false));
  let goneMs: number | undefined;
  let longestWaitMs = 0;
  // Others see it go, and go on; its files are removed after that.
  while (isUnderWay) {
    longestWaitMs = Math.max(longestWaitMs, await took(() => app.get(SyncHistoryQueries).page({}, { limit: 1 })));
    const { rows: found } = await pool.query<{ gone: boolean }>('select to_regclass($1) is null as gone', [name]);
    if (found[0]!.gone) goneMs ??= performance.now() - start;
  }
  if ((await dropped) === null) throw new Error(`${month} was not dropped`);
  const row = {
    month,
    syncs,
    MB: rounded(bytes / 1_048_576, 0),
    'gone for all after ms': rounded(goneMs ?? performance.now() - start),
    'longest read meanwhile ms': rounded(longestWaitMs),
    'with its files ms': rounded(performance.now() - start),
  };
  return { title: 'Dropping a month', rows: [row] };
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

/** A database without history on the same server. */
async function secondDatabase(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create database empty');
  await client.end();
  const second = new URL(url);
  second.pathname = '/empty';
  return second.href;
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
