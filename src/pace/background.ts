import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';

/** For each millisecond of work, milliseconds of rest. */
const REST = 4;
const MAX_REST_MS = 200;
/** Milliseconds after which others who came are gone. */
const FOREGROUND_MS = 100;

/** How long this work may rest altogether, from now on. */
interface Pace {
  leftMs: number;
}

const background = new AsyncLocalStorage<Pace>();
/** One for the process: all that is in it shares its thread. */
let foregroundAt = Number.NEGATIVE_INFINITY;

/**
 * Work that can wait. Between its slices it rests for four times as long, while others are served in the foreground, but no
 * longer than so many milliseconds altogether.
 */
export function inBackground<T>(work: () => Promise<T>, maxRestMs = Number.POSITIVE_INFINITY): Promise<T> {
  return background.run({ leftMs: maxRestMs }, work);
}

/** Work with a time limit: as part of background work, it rests for so many milliseconds at the most. */
export function restAtMost<T>(maxRestMs: number, work: () => Promise<T>): Promise<T> {
  return background.getStore() ? inBackground(work, maxRestMs) : work();
}

/** Somebody is served who waits, unless this is called in the background. */
export function noteForeground(): void {
  if (!background.getStore()) foregroundAt = performance.now();
}

/** Gives others their turn, after so many milliseconds of work. */
export async function giveWay(workedMs: number): Promise<void> {
  const pace = background.getStore();
  const isWaitedFor = performance.now() - foregroundAt < FOREGROUND_MS;
  const restMs = pace && isWaitedFor ? Math.min(workedMs * REST, MAX_REST_MS, pace.leftMs) : 0;
  if (restMs < 1) return nextTurn();
  pace!.leftMs -= restMs;
  await wait(restMs);
}
