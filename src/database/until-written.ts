import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type DatabaseFault, databaseFault } from './database-fault.ts';
import { DatabaseAwayError } from './database.errors.ts';

const MAX_PAUSE_MS = 2_000;
const logger = new Logger('Database');

/** The pause before a failed write is tried again. */
export function pauseAfter(attempt: number): Promise<void> {
  return wait(Math.min(50 * 2 ** attempt, MAX_PAUSE_MS));
}

/** For a caller who cannot wait for as long as a write may: throws {@link DatabaseAwayError}, and the write goes on. */
export async function waitAtMost<T>(withinMs: number, write: Promise<T>): Promise<T> {
  const stopWaiting = new AbortController();
  const late = wait(withinMs, undefined, { signal: stopWaiting.signal }).then(() => {
    throw new DatabaseAwayError(`it accepted no write within ${withinMs} ms; the write happens when it answers`);
  });
  try {
    return await Promise.race([write, late]);
  } finally {
    late.catch(() => undefined);
    stopWaiting.abort();
  }
}

/**
 * Repeats a write until the database has answered it, however long it is away; what would fail the same way for ever is
 * thrown. The write must be safe to repeat: a commit that fails may have happened.
 */
export async function untilWritten<T>(
  write: () => Promise<T>,
  beforeRetry: (fault: DatabaseFault, attempt: number) => Promise<unknown> = (_fault, attempt) => pauseAfter(attempt),
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const fault = databaseFault(error);
      if (fault === undefined || fault === 'refused') throw error;
      logger.warn(`A write waits for the database (attempt ${attempt}): ${(error as Error).message}`);
      await beforeRetry(fault, attempt);
    }
  }
}
