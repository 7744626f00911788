import { setTimeout as wait } from 'node:timers/promises';

/** Asks again every 50 ms until the answer is a truth; fails after `withinMs` with what was waited for. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  withinMs = 20_000,
): Promise<Exclude<Awaited<T>, false | null | undefined>> {
  for (const deadline = performance.now() + withinMs; ; await wait(50)) {
    const answer = await ask();
    if (answer) return answer as Exclude<Awaited<T>, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}`);
  }
}
