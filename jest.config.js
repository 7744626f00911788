/** Jest runs TypeScript as ES modules; `npm test` sets --experimental-vm-modules. */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/bench/', '<rootDir>/test/postgres/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // For 2 cores: much of what the tests do is to wait for what they started.
  maxWorkers: 3,
  // A worker keeps the modules of each file that it has run. With gigabytes of them it collects garbage, and then runs out.
  workerIdleMemoryLimit: '700MB',
  setupFiles: ['<rootDir>/test/support/properties.ts'],
  globalSetup: '<rootDir>/test/support/start-database.ts',
  globalTeardown: '<rootDir>/test/support/stop-database.ts',
  testTimeout: 60_000,
};
