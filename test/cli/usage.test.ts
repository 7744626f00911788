import { readFile } from 'node:fs/promises';
import { runCli } from '../support/run-cli.ts';

const COMMANDS = [
  ...['plan', 'approve', 'refuse', 'deploy', 'status', 'watch', 'cancel', 'rollback', 'promote', 'pull', 'live'],
  ...['compare', 'history', 'import'],
  ...['migrate', 'retention', 'rebuild', 'fsck', 'keys'],
];
const CONFIGURATION = { PORT: 'none' };

describe('synctrail --help', () => {
  it('lists all commands and all exit codes, without a service, a database or a configuration', async () => {
    const { code, stdout, stderr } = await runCli(['--help'], CONFIGURATION);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name)).toEqual([...COMMANDS, 'help']);
    expect(stdout).toContain(
      'Exit codes: 0 done, 1 failed or no answer, 2 partial, 3 drift or stale plan, 4 refused or awaiting approval',
    );
  });

  it.each(COMMANDS)('explains %s in less than a second', async (command) => {
    const times: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const startedAt = performance.now();
      const { code, stdout, stderr } = await runCli([command, '--help'], CONFIGURATION);
      times.push(performance.now() - startedAt);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: synctrail ${command}\\b`));
    }
    // The machine may be busy with others in one of them.
    expect(Math.min(...times)).toBeLessThan(1_000);
  });

  it('stands on the page of the command line, command by command', async () => {
    const page = await readFile('docs/cli.md', 'utf8');
    expect(COMMANDS.filter((command) => !page.includes(`\`synctrail ${command}`))).toEqual([]);
  });
});

describe('a command line that cannot be understood', () => {
  it.each<[string[], string, string]>([
    [['nonsense'], "error: unknown command 'nonsense'", 'Usage: synctrail [options] [command]'],
    [['plan', '--nonsense'], "error: unknown option '--nonsense'", 'Usage: synctrail plan [options]'],
    [['rollback'], "error: missing required argument 'deployment'", 'Usage: synctrail rollback [options] <deployment>'],
    [['history', '--limit', '0'], 'It must be a whole number from 1 to 10000.', 'Usage: synctrail history [options]'],
    [['deploy', '--target', '/x'], 'error: --target must be PLATFORM/ENVIRONMENT', 'Usage: synctrail deploy [options]'],
    [['rebuild', 'all'], 'Allowed choices are live, stats.', 'Usage: synctrail rebuild [options] [part]'],
    [['fsck', '--nonsense'], "error: unknown option '--nonsense'", 'Usage: synctrail fsck [options]'],
  ])('exits with 64 and the usage line: %j', async (args, message, usage) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(usage);
  });

  it('exits with 64 and the help when no command is given', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout, stderr }).toEqual({
      code: 64,
      stdout: '',
      stderr: expect.stringMatching(/^Usage: synctrail/),
    });
  });
});

describe('synctrail --version', () => {
  it('is the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
