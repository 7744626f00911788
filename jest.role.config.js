import config from './jest.config.js';

// Workers inherit it: the service logs in as a role that owns nothing, and each test as the owner.
process.env.TEST_AS_SERVICE_ROLE = 'true';

/** What the service does, with its own role in the database. */
export default {
  ...config,
  testMatch: [
    ...[
      ...[
        'alerting',
        'deployment',
        'drift',
        'events',
        'expectation',
        'external',
        'failures',
        'freeze',
        'health',
        'history',
      ],
      ...[
        'idempotency',
        'keys',
        'live',
        'monitoring',
        'plan',
        'projection',
        'pull',
        'recording',
        'replay',
        'retention',
        'snapshot',
      ],
      ...['statistics', 'tracking', 'versioning', 'watch'],
    ].map((room) => `<rootDir>/test/${room}/*.test.ts`),
    '<rootDir>/test/{fsck,service-stop}.test.ts',
    '<rootDir>/test/database/service-role.test.ts',
    '<rootDir>/test/access-log/access-log.test.ts',
    '<rootDir>/test/http/openapi-examples.test.ts',
    '<rootDir>/test/faults/{killed-deployments,crash-loop}.test.ts',
  ],
};
