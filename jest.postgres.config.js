import config from './jest.config.js';

/** The service with PostgreSQL as people run it: needs programs that are not everywhere, and says SKIPPED without them. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/postgres/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
