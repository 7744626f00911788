/** The fault tests have two lengths: the short one in `npm test`, the long one in `npm run test:chaos`. */
export const isLong = process.env.CHAOS === 'long';

export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A count or a time in each length. */
export const inLength = <T>(short: T, long: T): T => (isLong ? long : short);

/** Repeatable chance: numbers in [0, 1) by the seed (mulberry32). */
export function random(state = seed): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A line in the output of a run, without Jest's stack. */
export function say(text: string): void {
  process.stderr.write(`    ${text}\n`);
}
