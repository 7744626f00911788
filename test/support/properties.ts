import { configureGlobal } from 'fast-check';

/** `RUNS=20` tries twenty times as many examples. */
const times = Number(process.env.RUNS ?? 1);

/** So many examples of a property, or as many times that as are asked for. */
export const runs = (count: number): number => count * times;

/** The same examples in every run, so that a failure tells of a change; `SEED` asks for others. */
configureGlobal({ seed: Number(process.env.SEED ?? 20_261_125), numRuns: runs(100) });
