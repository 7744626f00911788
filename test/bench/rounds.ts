/** What one round of a contender gave. */
export interface Round {
  perSecond: number;
  /** Milliseconds; the median of its calls. */
  latencyMs: number;
}

export interface Contender {
  name: string;
  /** One call, which is made again and again. */
  call?: () => Promise<unknown>;
  /** In place of it, a round of a program of its own. */
  run?: (concurrency: number, seconds: number) => Promise<Round>;
  /** Ends what a round leaves behind, outside its time. */
  settle?: () => Promise<unknown>;
}

/**
 * Lets the contenders run in turn, every other round the other way round, so that a slow moment of the machine meets
 * all of them. The first round warms up and does not count. The rounds of each contender, in the order given.
 */
export async function rotate(
  contenders: Contender[],
  { concurrency, rounds, seconds }: { concurrency: number; rounds: number; seconds: number },
): Promise<Round[][]> {
  const results = contenders.map((): Round[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    const order = [...contenders.keys()];
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      const { run = repeat, ...contender } = contenders[index]!;
      const result = await run(concurrency, seconds, contender.call);
      await contender.settle?.();
      if (round > 0) results[index]!.push(result);
    }
  }
  return results;
}

async function repeat(concurrency: number, seconds: number, call: Contender['call']): Promise<Round> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let now = performance.now(); now < end;) {
        const before = now;
        await call!();
        now = performance.now();
        latencies.push(now - before);
      }
    }),
  );
  const elapsed = performance.now() - start;
  return { perSecond: (latencies.length / elapsed) * 1000, latencyMs: median(latencies) };
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
