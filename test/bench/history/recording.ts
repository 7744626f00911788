import { setTimeout as wait } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Pool } from 'pg';
import { SyncHistoryService } from '#tracking';
import { positioned } from '../record/tracked-calls.ts';
import { type BenchOptions, rounded, type Section } from '../report.ts';
import { type Contender, median, rotate, type Round } from '../rounds.ts';

const CONCURRENCY = 64;
/** The rounds of recording differ much from one another. */
const MIN_ROUNDS = 10;

export interface Recorder {
  app: INestApplicationContext;
  pool: Pool;
}

/** Recording into an empty and into the full history, in rotated rounds on one server. */
export async function recording(empty: Recorder, full: Recorder, options: BenchOptions): Promise<Section> {
  const contenders: Contender[] = [
    { name: 'empty', ...recordedBy(empty) },
    { name: 'full', ...recordedBy(full) },
  ];
  await quiet(full.pool);
  const rounds = Math.max(options.rounds, MIN_ROUNDS);
  const [base, results] = (await rotate(contenders, { ...options, rounds, concurrency: CONCURRENCY })) as [
    Round[],
    Round[],
  ];
  const ratios = results.map((round, index) => round.perSecond / base[index]!.perSecond);
  return {
    title: `Recording and settling at concurrency ${CONCURRENCY}: the full history against an empty one`,
    rows: [
      {
        'empty syncs/s': rounded(median(base.map(({ perSecond }) => perSecond)), 0),
        'full syncs/s': rounded(median(results.map(({ perSecond }) => perSecond)), 0),
        'median ratio': rounded(median(ratios)),
        'of each round': ratios.map((ratio) => rounded(ratio)).join(' '),
      },
    ],
  };
}

/** What the filling left to be done, vacuum and writing to disk, is no cost of what is measured. */
export async function quiet(pool: Pool): Promise<void> {
  await pool.query('checkpoint');
  const vacuuming = `select from pg_stat_activity where backend_type = 'autovacuum worker'`;
  while ((await pool.query(vacuuming)).rowCount) await wait(500);
}

/** A sync with content of its own, recorded and settled. */
function recordedBy({ app, pool }: Recorder) {
  const service = app.get(SyncHistoryService);
  let calls = 0;
  const call = async () => {
    const sync = await service.recordSyncAttempt({
      typeKey: `Type${(calls += 1) % 300}`,
      platform: 'optimizely',
      direction: 'PUSH',
      context: { environment: 'default', actor: 'bench', trigger: 'API' },
      versionHash: 'bench',
      data: { id: uuidv7() },
    });
    await service.updateSyncStatus(sync.id, { status: 'SUCCESS', statusCode: 200 });
  };
  return { call, settle: () => positioned(pool) };
}
