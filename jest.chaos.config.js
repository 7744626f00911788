import config from './jest.config.js';

// Workers inherit both; to repeat a run, give its SEED.
process.env.CHAOS = 'long';
process.env.SEED ??= String(Math.floor(Math.random() * 2 ** 31));
process.stderr.write(`SEED=${process.env.SEED}\n`);

/** The fault tests in their long form, one after another. */
export default { ...config, testMatch: ['<rootDir>/test/faults/*.test.ts'], maxWorkers: 1, testTimeout: 600_000 };
