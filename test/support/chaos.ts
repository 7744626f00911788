import { randomFrom } from './seeded-random.ts';

/** The fault tests have two lengths: the short one in `npm test`, the long one in `npm run test:chaos`. */
export const isLong = process.env.CHAOS === 'long';

export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A count or a time in each length. */
export const inLength = <T>(short: T, long: T): T => (isLong ? long : short);

/** Repeatable chance by the seed of this run. */
export const random = (state = seed): (() => number) => randomFrom(state);

/** A line in the output of a run, without Jest's stack. */
export function say(text: string): void {
  process.stderr.write(`    ${text}\n`);
}
