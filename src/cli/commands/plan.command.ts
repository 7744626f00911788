import { type Command, Option } from 'commander';
import { type ChoiceOptions, chosenItems, SOURCES, withChoice } from '../chosen-items.ts';
import { EXIT } from '../cli.errors.ts';
import { actorOption, httpCommand, type HttpOptions, targetOf, targetOption } from '../options.ts';
import { printJson, printLine } from '../output.ts';
import { driftedIn, makePlan, notesOf, type PlanRequest } from '../plan.requests.ts';
import { type Draft, planLines } from '../plan.text.ts';
import { ServiceClient } from '../service.client.ts';

type PlanOptions = HttpOptions &
  ChoiceOptions &
  Pick<PlanRequest, 'force' | 'root' | 'deployment' | 'rollbackOf' | 'fromEnvironment' | 'at' | 'deletes'> & {
    target?: string;
    dryRun?: true;
  };

export function addPlanCommand(program: Command): void {
  const description = 'Makes and prints a plan: what a deployment would change. Sends nothing.';
  withChoice(httpCommand(program, 'plan', description))
    .addOption(targetOption())
    .addOption(actorOption())
    .option('--reason <text>', 'reason shown with the plan and its deployment')
    .option('--force', 'allow changes that lose data; needs --reason')
    .option('--deletes', 'delete what the target has and the source does not, where the platform can')
    .option('--root <hash>', 'root hash that the catalogue must have')
    .option('--deployment <deployment>', 'plan what an earlier deployment sent')
    .option('--rollback-of <deployment>', 'plan what stood there before an earlier deployment')
    .option('--from-environment <name>', 'plan what another environment has')
    .option('--at <time>', 'plan what the environment had at this time, in ISO 8601')
    .addOption(
      new Option('--dry-run', 'store no plan and read no target: compare with what the record knows').conflicts([
        ...['force', 'deletes'],
        ...SOURCES,
      ]),
    )
    .addHelpText('after', '\nExits with 3 when somebody else changed an item of the plan at the target.')
    .action(async (options: PlanOptions) => {
      const service = ServiceClient.at(options.url);
      await tellPlan(service, await (options.dryRun ? draft : stored)(service, options), options);
    });
}

/** Prints a plan, and exits with 3 when it meets the work of others. */
export async function tellPlan(service: ServiceClient, plan: Draft, { json }: HttpOptions): Promise<void> {
  if (json) printJson(plan);
  else await printPlan(service, plan);
  if ((await driftedIn(service, plan)).size > 0) process.exitCode = EXIT.drift;
}

/** With the changed values of each content type. */
export async function printPlan(service: ServiceClient, plan: Draft, print = printLine): Promise<void> {
  for (const line of planLines(plan, await notesOf(service, plan))) print(line);
}

async function stored(service: ServiceClient, options: PlanOptions): Promise<Draft> {
  const target = await targetOf(service, options.target);
  const { actor, reason, force, deletes, root, deployment, rollbackOf, fromEnvironment, at } = options;
  const source = { root, deployment, rollbackOf, fromEnvironment, at, deletes };
  const items = await chosenItems(service, target, options);
  return makePlan(service, { ...target, actor, reason, force, ...source, items });
}

async function draft(service: ServiceClient, options: PlanOptions): Promise<Draft> {
  const target = await targetOf(service, options.target);
  const body = { ...target, actor: options.actor, items: await chosenItems(service, target, options) };
  return service.post('/deployments', { query: { dryRun: true }, body });
}
