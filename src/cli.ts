import './compiled-code.ts';
import { readArguments, USAGE, UsageError } from './cli-usage.ts';
import { terminalText } from './terminal-text.ts';

async function main(): Promise<void> {
  const { positionals, values } = readArguments();
  const [name, ...args] = positionals;
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (!name) throw new UsageError('no command given');
  // The application takes a second to load: not for a look at the usage.
  const { runCommand } = await import('./cli-commands.ts');
  await runCommand(name, args, values);
}

main().catch((error: unknown) => {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${terminalText(error.message)}\n\n${USAGE}`);
  process.exitCode = 1;
});
