import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { terminalText } from '../terminal-text.ts';
import { CliError, EXIT, UsageError } from './cli.errors.ts';
import { addApproveCommand, addRefuseCommand } from './commands/approve.command.ts';
import { addCancelCommand } from './commands/cancel.command.ts';
import { addCompareCommand } from './commands/compare.command.ts';
import { addDeployCommand } from './commands/deploy.command.ts';
import { addHistoryCommand } from './commands/history.command.ts';
import { addImportCommand } from './commands/import.command.ts';
import { addLiveCommand } from './commands/live.command.ts';
import { addPlanCommand } from './commands/plan.command.ts';
import { addPromoteCommand } from './commands/promote.command.ts';
import { addPullCommand } from './commands/pull.command.ts';
import { addRollbackCommand } from './commands/rollback.command.ts';
import { addStatusCommand, addWatchCommand } from './commands/status.command.ts';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed or no answer, 2 partial, 3 drift or stale plan, 4 refused or awaiting approval, 64 usage, 130 Ctrl-C.`;

/** The command line with all commands that ask a running service. */
export function createProgram(): Command {
  const program = new Command('synctrail')
    .description('The audit trail of synchronisations with external platforms.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'Prints the help of a command.')
    .configureOutput({ outputError: (text, write) => write(terminalText(text)) })
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .commandsGroup('Commands that ask a running service (--url):');
  addPlanCommand(program);
  addApproveCommand(program);
  addRefuseCommand(program);
  addDeployCommand(program);
  addStatusCommand(program);
  addWatchCommand(program);
  addCancelCommand(program);
  addRollbackCommand(program);
  addPromoteCommand(program);
  addPullCommand(program);
  addLiveCommand(program);
  addCompareCommand(program);
  addHistoryCommand(program);
  addImportCommand(program);
  return program;
}

/** Runs a command, and sets the exit code of the process. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  let current = program;
  program.hook('preAction', (_program, command) => {
    current = command;
  });
  for (const command of [program, ...program.commands]) command.showHelpAfterError(`\n${usageOf(command)}`);
  // A reader that has seen enough, such as head.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed));
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = explain(error, current);
  }
}

/** Prints why a command ended, and returns the exit code. */
function explain(error: unknown, command: Command): number {
  // Its message is printed already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (!(error instanceof CliError)) {
    console.error(terminalText(inspect(error)));
    return EXIT.failed;
  }
  const usage = error instanceof UsageError ? `\n\n${usageOf(command)}` : '';
  console.error(terminalText(`error: ${error.message}${usage}`));
  return error.exitCode;
}

function usageOf(command: Command): string {
  return `Usage: ${command.createHelp().commandUsage(command)}`;
}

function version(): string {
  const path = findPackageJSON(import.meta.url);
  return (JSON.parse(readFileSync(path!, 'utf8')) as { version: string }).version;
}
