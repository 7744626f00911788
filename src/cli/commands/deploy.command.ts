import { type Command, Option } from 'commander';
import { type ChoiceOptions, chosenItems, withChoice } from '../chosen-items.ts';
import { UsageError } from '../cli.errors.ts';
import { type Deployment, type DeploymentDetail, exitCodeOf, printDeployment, titleOf } from '../deployment.text.ts';
import { whenEnded } from '../deployment.wait.ts';
import {
  actorOption,
  httpCommand,
  type HttpOptions,
  labelOption,
  type Labels,
  targetOf,
  targetOption,
  timeoutOption,
} from '../options.ts';
import { note, printJson, printLine } from '../output.ts';
import { READING_TIMEOUT_MS, ServiceClient } from '../service.client.ts';

/** How a command that starts a deployment ends. */
export interface StartOptions extends HttpOptions {
  wait?: true;
  timeout: number;
  label?: Labels;
}

type DeployOptions = StartOptions &
  ChoiceOptions & { target?: string; force?: true; plan?: string; onDrift?: string; includeNewer?: true };

export function addDeployCommand(program: Command): void {
  withStart(withChoice(httpCommand(program, 'deploy', 'Starts the deployment of a plan, or of content types.')))
    .addOption(
      new Option('--plan <plan>', 'id of the plan to deploy; without it, everything is sent').conflicts([
        'force',
        'target',
      ]),
    )
    .addOption(
      new Option(
        '--on-drift <action>',
        'with --plan: what to do with items that changed since (default: stop)',
      ).choices(['stop', 'overwrite', 'skip']),
    )
    .option('--include-newer', 'with the plan of a rollback: undo newer deployments and changes on the platform too')
    .addOption(targetOption())
    .addOption(actorOption())
    .option('--reason <text>', 'reason shown in the history')
    .option('--force', 'allow changes that lose data; needs --reason')
    .action(async (options: DeployOptions) => {
      const service = ServiceClient.at(options.url);
      const { plan: planId, onDrift, includeNewer, actor, reason, label: labels } = options;
      if (planId === undefined && (onDrift !== undefined || includeNewer)) {
        throw new UsageError('--on-drift and --include-newer need --plan');
      }
      const what = planId === undefined ? await unplanned(service, options) : { planId, onDrift, includeNewer };
      await follow(service, await startDeployment(service, { ...what, actor, reason, labels }), options);
    });
}

/** Adds the options of a command that starts a deployment. */
export function withStart(command: Command): Command {
  return command
    .addOption(labelOption())
    .option('--wait', 'wait for the end, and exit with its result')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      '\nWith --wait, exits with 0 for SUCCESS, 1 for FAILED and CANCELLED, 2 for PARTIAL, and 3 when the target holds something else.',
    );
}

/** Starts a deployment once, also when the answer is lost. */
export function startDeployment(service: ServiceClient, body: object, path = '/deployments'): Promise<Deployment> {
  const mayHave = 'The request may have started a deployment. Look at the newest one with: synctrail status';
  return service.postOnce<Deployment>(path, { body, timeoutMs: READING_TIMEOUT_MS }, mayHave);
}

/** Waits for the end of a started deployment when that is asked for, and prints it. */
export async function follow(service: ServiceClient, started: Deployment, options: StartOptions): Promise<void> {
  if (options.wait) {
    note(titleOf(started));
    tellDeployment(await whenEnded(service, started.number, options.timeout), options);
  } else if (options.json) printJson(started);
  else {
    printLine(`${started.status}  ${titleOf(started)}`);
    printLine(`  Wait for its end with: synctrail watch ${started.number}`);
  }
}

/** Prints a deployment, and exits with its result. */
export function tellDeployment(deployment: DeploymentDetail, { json }: HttpOptions): void {
  if (json) printJson(deployment);
  else printDeployment(deployment);
  process.exitCode = exitCodeOf(deployment);
}

async function unplanned(service: ServiceClient, options: DeployOptions): Promise<object> {
  const target = await targetOf(service, options.target);
  return { ...target, force: options.force, items: await chosenItems(service, target, options) };
}
