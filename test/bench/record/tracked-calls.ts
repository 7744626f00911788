import { setTimeout as wait } from 'node:timers/promises';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Pool } from 'pg';
import { DatabaseModule } from '#database';
import { SyncHistoryService, trackingEntities, TrackingModule } from '#embedding';
import type { JsonObject } from '#json';
import { DEFAULT_ENVIRONMENT, type SyncItem } from '#platform';
import { changed } from './definitions.ts';
import { NoOpAdapter } from './no-op.adapter.ts';

/** So many that no two calls under way push the same one: they would wait for each other. */
const TYPES = 1_000;
const context = {
  environment: DEFAULT_ENVIRONMENT,
  actor: 'bench',
  trigger: 'API' as const,
  reason: 'To see how fast',
};

@Module({ providers: [NoOpAdapter] })
class NoOpModule {}

/** The application without HTTP, with a platform that costs nothing. */
export function startRecording(url: string, migrate = false): Promise<INestApplicationContext> {
  const database = DatabaseModule.forRoot({ url, dataDir: '', entities: trackingEntities });
  const root = { module: NoOpModule, imports: [database, TrackingModule.forRoot({ migrate })] };
  return NestFactory.createApplicationContext(root, { logger: ['error', 'warn'], abortOnError: false });
}

/**
 * Pushes of one of 1,000 types; what is sent differs each time. With `versions: 'known'` the caller says which version it
 * is, always the same; with `'new'` each content is a version that was never there before.
 */
export function trackedCall(
  app: INestApplicationContext,
  definition: JsonObject,
  versions: 'known' | 'new',
  prefix = 'Type',
) {
  const adapter = app.get(NoOpAdapter);
  const versionHash = versions === 'known' ? { versionHash: 'a'.repeat(64) } : {};
  let calls = 0;
  return () => {
    const item: SyncItem = { typeKey: `${prefix}${(calls += 1) % TYPES}`, data: changed(definition), ...versionHash };
    return adapter.push({ items: [item], context });
  };
}

/** Milliseconds from the answer of each of some calls until the history shows its sync as a success. */
export async function readableMs(app: INestApplicationContext, definition: JsonObject, calls = 50): Promise<number[]> {
  const history = app.get(SyncHistoryService);
  const push = trackedCall(app, definition, 'known', 'Readable');
  const waited: number[] = [];
  for (let call = 1; call <= calls; call += 1) {
    await push();
    const start = performance.now();
    while (!(await history.getLastSuccessfulSync({ typeKey: `Readable${call}` }))) await wait(1);
    waited.push(performance.now() - start);
  }
  return waited;
}

/** Resolves when everything is projected: what a round left to be done is not the next one's. */
export async function positioned(pool: Pool): Promise<void> {
  const open =
    'select from journal_writer w join sync_journal j on j.writer = w.writer and j.number > w.projected limit 1';
  while ((await pool.query(open)).rowCount) await wait(20);
}
