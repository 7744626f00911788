import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Runs the work and tells for how many milliseconds at most nothing else could run meanwhile. */
export async function longestBlock(work: () => Promise<unknown>): Promise<{ blockMs: number; tookMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let running = true;
  let longestTurn = 0;
  // The histogram samples by a timer and may miss a turn; this sees every one of them.
  const probe = async () => {
    for (let before = performance.now(); running;) {
      await nextTurn();
      const now = performance.now();
      longestTurn = Math.max(longestTurn, now - before);
      before = now;
    }
  };
  const probing = probe();
  await nextTurn();
  delay.enable();
  const start = performance.now();
  await work();
  const tookMs = performance.now() - start;
  running = false;
  await probing;
  delay.disable();
  return { blockMs: Math.max(longestTurn, delay.max / 1e6), tookMs };
}

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
