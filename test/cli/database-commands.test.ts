import { runCli } from '../support/run-cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
});
afterAll(() => database?.drop());

const cli = (...args: string[]) => runCli(args, { DATABASE_URL: database.url });

describe('the commands that work on the database', () => {
  it.each<[string[], RegExp]>([
    [['migrate'], /^The tables are up to date\.\n$/],
    [
      ['retention'],
      /^Would drop 0 payloads, 0 plans that were not deployed, 0 checks of expectations, 0 events of the access log; months: none\n$/,
    ],
    [
      ['retention', '--apply'],
      /^Dropped 0 payloads, 0 plans that were not deployed, 0 checks of expectations, 0 events of the access log; months: none\n$/,
    ],
    [['rebuild'], /^Read the events of 0 syncs: .*\nMade the live state of 0 items, and counted 0 syncs\n$/],
    [['rebuild', 'live'], /^Made the live state of 0 items\n$/],
    [['rebuild', 'stats'], /^Counted 0 syncs\n$/],
    [['fsck'], /^The records are consistent: /],
  ])(
    'run without a service: %j',
    async (args, output) => {
      const { code, stdout, stderr } = await cli(...args);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(output), stderr: '' });
    },
    60_000,
  );

  it('end with 1 and one message when the configuration cannot be used', async () => {
    expect(await runCli(['migrate'], { DATABASE_URL: 'mysql://127.0.0.1/x' })).toEqual({
      ...{
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^The configuration cannot be used:\n {2}- DATABASE_URL /),
      },
    });
  });
});
