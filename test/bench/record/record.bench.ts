import type { INestApplicationContext } from '@nestjs/common';
import { Pool } from 'pg';
import { openBenchDatabase } from '../bench-database.ts';
import { collectGarbage, longestBlock } from '../longest-block.ts';
import { type BenchOptions, rounded, type Section } from '../report.ts';
import { type Contender, median, rotate, type Round } from '../rounds.ts';
import { definitionOf } from './definitions.ts';
import { createRowByRow, rowByRowCall } from './row-by-row.ts';
import { positioned, startRecording, trackedCall } from './tracked-calls.ts';

const CONCURRENCIES = [1, 16, 64];
const SIZES = { '5 KB': 5_000, '200 KB': 200_000, '5 MB': 5_000_000 };

/** What recording costs, against rows written by hand on the same server at the same time. */
export async function record(options: BenchOptions): Promise<Section[]> {
  const database = await openBenchDatabase();
  try {
    const app = await startRecording(database.url);
    try {
      const throughput: Section['rows'] = [];
      for (const concurrency of CONCURRENCIES) {
        throughput.push(...(await compare(app, database.url, { ...options, concurrency })));
      }
      return [
        { title: 'Tracked calls with a snapshot of 2 KB, against insert + update row by row', rows: throughput },
        { title: 'The longest block of the event loop while one snapshot is recorded', rows: await blocks(app) },
      ];
    } finally {
      await app.close();
    }
  } finally {
    await database.close();
  }
}

/** The ratios are medians over rounds, each round against the baseline's round beside it. */
async function compare(
  app: INestApplicationContext,
  url: string,
  options: BenchOptions & { concurrency: number },
): Promise<Section['rows']> {
  const pool = new Pool({ connectionString: url, max: options.concurrency });
  try {
    if (options.concurrency === CONCURRENCIES[0]) await createRowByRow(pool);
    const settle = () => positioned(pool);
    const definition = definitionOf(2_000);
    const contenders: Contender[] = [
      { name: 'row by row', call: rowByRowCall(pool) },
      { name: 'tracked, versions: known', call: trackedCall(app, definition, 'known'), settle },
      { name: 'tracked, versions: new', call: trackedCall(app, definition, 'new'), settle },
    ];
    const results = await rotate(contenders, options);
    const [baseline] = results;
    return contenders.map(({ name }, index) => ({
      concurrency: options.concurrency,
      '': name,
      'syncs/s': rounded(median(results[index]!.map((round) => round.perSecond)), 0),
      '× row by row': ratio(results[index]!, baseline!, 'perSecond'),
      'latency ms': rounded(median(results[index]!.map((round) => round.latencyMs))),
      '× its latency': ratio(results[index]!, baseline!, 'latencyMs'),
    }));
  } finally {
    await pool.end();
  }
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
