import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs the work and tells for how many milliseconds at most nothing else could run meanwhile. Time in which this process
 * did not run either, because the machine was busy with others, does not count.
 */
export async function longestBlock(work: () => Promise<unknown>): Promise<{ blockMs: number; tookMs: number }> {
  let running = true;
  let longestTurn = 0;
  const probe = async () => {
    for (let before = moment(); running;) {
      await nextTurn();
      const now = moment();
      longestTurn = Math.max(longestTurn, Math.min(now.clockMs - before.clockMs, now.cpuMs - before.cpuMs));
      before = now;
    }
  };
  const probing = probe();
  await nextTurn();
  const start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  running = false;
  await probing;
  return { blockMs: longestTurn, tookMs };
}

function moment(): { clockMs: number; cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { clockMs: performance.now(), cpuMs: (user + system) / 1_000 };
}

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
