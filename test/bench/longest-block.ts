import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs the work and tells for how many milliseconds at most nothing else could run meanwhile. That is the
 * processor time of this thread: while the machine is busy with others, nothing is blocked by us.
 */
export async function longestBlock(work: () => Promise<unknown>): Promise<{ blockMs: number; tookMs: number }> {
  let running = true;
  let longestTurn = 0;
  const probe = async () => {
    for (let before = process.threadCpuUsage(); running;) {
      await nextTurn();
      const { user, system } = process.threadCpuUsage(before);
      longestTurn = Math.max(longestTurn, (user + system) / 1_000);
      before = process.threadCpuUsage();
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

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
