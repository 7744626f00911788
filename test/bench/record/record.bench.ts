import type { INestApplicationContext } from '@nestjs/common';
import { Pool } from 'pg';
import { openBenchDatabase } from '../bench-database.ts';
import { collectGarbage, longestBlock } from '../longest-block.ts';
import { type BenchOptions, machine, rounded, type Section } from '../report.ts';
import { type Contender, median, rotate, type Round } from '../rounds.ts';
import { definitionOf } from './definitions.ts';
import { floors } from './floor.ts';
import { httpBlocks } from './http-blocks.ts';
import { httpCalls } from './http-calls.ts';
import { startService } from './http-service.ts';
import { openQueues } from './queues.ts';
import { positioned, readableMs, startRecording, trackedCall } from './tracked-calls.ts';

const CONCURRENCIES = [1, 16, 64];
const HTTP_CALLERS = 16;
const LARGE = 5_000_000;
const SIZES = { '5 KB': 5_000, '200 KB': 200_000, '5 MB': LARGE };

/**
 * What recording costs, against the least that anybody could do: an insert and an update of one row with the payload, on the
 * same server, in turn. Other tools take part where they are installed.
 */
export async function record(options: BenchOptions): Promise<Section[]> {
  const database = await openBenchDatabase();
  try {
    const before = machine();
    const inProcess = await recordInProcess(database.url, options);
    const overHttp = await recordOverHttp(database.url, options);
    inProcess[0]!.notes = [...(inProcess[0]!.notes ?? []), `Before: ${before}.`, `After: ${machine()}.`];
    return [...inProcess, overHttp, await httpSection(database.url)];
  } finally {
    await database.close();
  }
}

async function recordInProcess(url: string, options: BenchOptions): Promise<Section[]> {
  const app = await startRecording(url);
  try {
    const rows: Section['rows'] = [];
    const notes = new Set<string>();
    for (const concurrency of CONCURRENCIES) {
      const compared = await compareCalls(app, url, { ...options, concurrency });
      rows.push(...compared.rows);
      for (const note of compared.notes) notes.add(note);
    }
    const readable = await readableMs(app, definitionOf(2_000));
    return [
      { title: 'Tracked calls with a snapshot of 2 KB, per second', rows, notes: [...notes] },
      {
        title: 'From the answer of a call to its sync in the history',
        rows: [{ 'median ms': rounded(median(readable)), 'longest ms': rounded(Math.max(...readable)) }],
      },
      { title: 'The longest block of the event loop while one snapshot is recorded', rows: await blocks(app) },
    ];
  } finally {
    await app.close();
  }
}

async function compareCalls(
  app: INestApplicationContext,
  url: string,
  options: BenchOptions & { concurrency: number },
): Promise<Compared> {
  const definition = definitionOf(2_000);
  const queues = await openQueues(url, definition, options.concurrency);
  try {
    const contenders = (settle: () => Promise<unknown>): Contender[] => [
      { name: 'tracked, versions: known', call: trackedCall(app, definition, 'known'), settle },
      { name: 'tracked, versions: new', call: trackedCall(app, definition, 'new'), settle },
      ...queues.contenders,
    ];
    const compared = await compare(url, contenders, options);
    return { rows: compared.rows, notes: [...compared.notes, ...queues.absent] };
  } finally {
    await queues.close();
  }
}

/** The callers are in a thread of this process: what making a request costs them is in the figures. */
async function recordOverHttp(url: string, options: BenchOptions): Promise<Section> {
  const service = await startService(url);
  const calls = httpCalls(service.base, definitionOf(2_000));
  try {
    const contenders = (settle: () => Promise<unknown>) => calls.contenders.map((one) => ({ ...one, settle }));
    const compared = await compare(url, contenders, { ...options, concurrency: HTTP_CALLERS });
    return { title: 'Syncs of other systems over HTTP, per second', ...compared };
  } finally {
    await calls.close();
    await service.close();
  }
}

async function httpSection(url: string): Promise<Section> {
  return {
    title: 'The longest block of the event loop for a snapshot of 5 MB, in and out',
    rows: await httpBlocks(url, LARGE),
  };
}

type Compared = Required<Pick<Section, 'rows' | 'notes'>>;

/** The ratios are medians over rounds, each round against the baseline's round beside it. */
async function compare(
  url: string,
  others: (settle: () => Promise<unknown>) => Contender[],
  options: BenchOptions & { concurrency: number },
): Promise<Compared> {
  const pool = new Pool({ connectionString: url, max: options.concurrency });
  try {
    const contenders = [...(await floors(pool, url, definitionOf(2_000))), ...others(() => positioned(pool))];
    const results = await rotate(contenders, options);
    const [baseline] = results;
    const rows = contenders.map(({ name }, index) => ({
      concurrency: options.concurrency,
      '': name,
      'syncs/s': rounded(median(results[index]!.map((round) => round.perSecond)), 0),
      '× first': ratio(results[index]!, baseline!, 'perSecond'),
      'latency ms': rounded(median(results[index]!.map((round) => round.latencyMs))),
      '× its latency': ratio(results[index]!, baseline!, 'latencyMs'),
    }));
    return { rows, notes: [against(contenders[0]!.name)] };
  } finally {
    await pool.end();
  }
}

function against(name: string): string {
  return (
    `Ratios are to "${name}", the first of each group: an insert and an update of one row with a jsonb of 2 KB and four ` +
    'indexes, each committed by itself. They are medians over rounds, in which the contenders take turns.'
  );
}

function ratio(rounds: Round[], baseline: Round[], figure: keyof Round): number {
  return rounded(median(rounds.map((round, index) => round[figure] / baseline[index]![figure])));
}

/** No warm-up: the first call is the slowest, and counts. */
async function blocks(app: INestApplicationContext): Promise<Section['rows']> {
  const rows: Section['rows'] = [];
  for (const [name, bytes] of Object.entries(SIZES)) {
    const call = trackedCall(app, definitionOf(bytes), 'new');
    // What making the content leaves behind is not what recording it costs.
    collectGarbage();
    const calls = [];
    for (let count = 0; count < 5; count += 1) calls.push(await longestBlock(call));
    rows.push({
      snapshot: name,
      'longest block ms': rounded(Math.max(...calls.map(({ blockMs }) => blockMs)), 1),
      'median block ms': rounded(median(calls.map(({ blockMs }) => blockMs)), 1),
      'call ms': rounded(median(calls.map(({ tookMs }) => tookMs)), 1),
    });
  }
  return rows;
}
