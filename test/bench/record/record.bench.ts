import type { INestApplicationContext } from '@nestjs/common';
import { Pool } from 'pg';
import { openBenchDatabase } from '../bench-database.ts';
import { collectGarbage, longestBlock } from '../longest-block.ts';
import { type BenchOptions, machine, rounded, type Section } from '../report.ts';
import { type Contender, median, rotate, type Round } from '../rounds.ts';
import { definitionOf } from './definitions.ts';
import { floors } from './floor.ts';
import { httpBlocks } from './http-blocks.ts';
import { openQueues } from './queues.ts';
import { positioned, readableMs, startRecording, trackedCall } from './tracked-calls.ts';

const CONCURRENCIES = [1, 16, 64];
const LARGE = 5_000_000;
const SIZES = { '5 KB': 5_000, '200 KB': 200_000, '5 MB': LARGE };

/**
 * What recording costs, against the least that anybody could do: an insert and an update of one row with the payload, on the
 * same server, in turn. Other tools take part where they are installed.
 */
export async function record(options: BenchOptions): Promise<Section[]> {
  const database = await openBenchDatabase();
  try {
    const app = await startRecording(database.url);
    try {
      const before = machine();
      const rows: Section['rows'] = [];
      const notes = new Set<string>();
      for (const concurrency of CONCURRENCIES) {
        const compared = await compare(app, database.url, { ...options, concurrency });
        rows.push(...compared.rows);
        for (const note of compared.notes) notes.add(note);
      }
      const readable = await readableMs(app, definitionOf(2_000));
      return [
        {
          title: 'Tracked calls with a snapshot of 2 KB, per second',
          rows,
          notes: [...notes, `Before: ${before}.`, `After: ${machine()}.`],
        },
        {
          title: 'From the answer of a call to its sync in the history',
          rows: [{ 'median ms': rounded(median(readable)), 'longest ms': rounded(Math.max(...readable)) }],
        },
        { title: 'The longest block of the event loop while one snapshot is recorded', rows: await blocks(app) },
        {
          title: 'The longest block of the event loop for a snapshot of 5 MB, in and out',
          rows: await httpBlocks(database.url, LARGE),
        },
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
): Promise<Required<Pick<Section, 'rows' | 'notes'>>> {
  const pool = new Pool({ connectionString: url, max: options.concurrency });
  const definition = definitionOf(2_000);
  const queues = await openQueues(url, definition, options.concurrency);
  try {
    const settle = () => positioned(pool);
    const contenders: Contender[] = [
      ...(await floors(pool, url, definition)),
      { name: 'tracked, versions: known', call: trackedCall(app, definition, 'known'), settle },
      { name: 'tracked, versions: new', call: trackedCall(app, definition, 'new'), settle },
      ...queues.contenders,
    ];
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
    return { rows, notes: [against(contenders[0]!.name), ...queues.absent] };
  } finally {
    await queues.close();
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
