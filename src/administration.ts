import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Argument, type Command } from 'commander';
import { CliError } from '#cli';
import type { KeyOptions } from './key-commands.ts';

interface Manifest {
  peerDependencies: Record<string, string>;
}

/** Adds the commands for the administrator who has the database. */
export function addDatabaseCommands(program: Command): void {
  program.commandsGroup('Commands that work on the database (DATABASE_URL):');
  program
    .command('migrate')
    .description('Creates or updates the tables.')
    .action(async () => (await commands()).migrate());
  program
    .command('retention')
    .description('Lists the data that RETENTION_PAYLOAD_DAYS and RETENTION_FACT_MONTHS drop.')
    .option('--apply', 'drop it')
    .action(async (options: { apply?: true }) => (await commands()).retention(options));
  program
    .command('rebuild')
    .description('Makes history, live state and statistics again from the events, while services run.')
    .addArgument(new Argument('[part]', 'only this part').choices(['live', 'stats']))
    .action(async (part: 'live' | 'stats' | undefined) => (await commands()).rebuild(part));
  program
    .command('fsck')
    .description('Checks the consistency of all records, and exits with 1 when it finds a problem.')
    .option('--json', 'print the findings as JSON')
    .action(async (options: { json?: true }) => (await commands()).fsckDatabase(options));
  addKeyCommands(program);
}

function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('Creates, lists and revokes API keys.');
  keys
    .command('create')
    .description('Creates an API key and prints it once.')
    .requiredOption('--name <name>', 'actor of everything that the key does')
    .requiredOption('--grant <grant...>', 'roles and scopes, such as operator, read or deploy@cms/staging')
    .option('--expires <time>', 'time after which the key is refused, such as 2027-01-31T00:00:00Z')
    .option('--json', 'print the answer as JSON')
    .action(async (options: KeyOptions) => (await keyCommands()).createKey(options));
  keys
    .command('list')
    .description('Lists the API keys, newest first.')
    .option('--json', 'print the answer as JSON')
    .action(async (options: { json?: true }) => (await keyCommands()).listKeys(options));
  keys
    .command('revoke <id>')
    .description('Revokes an API key: every replica refuses it within a second.')
    .requiredOption('--reason <text>', 'why it is revoked')
    .action(async (id: string, options: { reason: string }) => (await keyCommands()).revokeKey(id, options));
}

/** The application takes a second to load: not for a look at the help, or for a service that does the work. */
function commands(): Promise<typeof import('./database-commands.ts')> {
  return installed(import('./database-commands.ts'));
}

function keyCommands(): Promise<typeof import('./key-commands.ts')> {
  return installed(import('./key-commands.ts'));
}

/** Throws {@link CliError} when the packages are missing that no command needs which asks a service. */
async function installed<T>(module: Promise<T>): Promise<T> {
  try {
    return await module;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, missing] = /^Cannot find package '([^']+)'/.exec(message) ?? [];
    if (code !== 'ERR_MODULE_NOT_FOUND' || missing === undefined) throw error;
    const frameworks = Object.entries(peers()).map(([name, range]) => `'${name}@${range}'`);
    throw new CliError(
      `This command needs ${missing}, which is not installed. Install beside synctrail: npm install ${frameworks.join(' ')}`,
    );
  }
}

function peers(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, 'utf8')) as Manifest;
  return manifest.peerDependencies;
}
