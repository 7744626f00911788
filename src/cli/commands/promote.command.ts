import type { Command } from 'commander';
import { itemOption, readItem } from '../chosen-items.ts';
import { EXIT, type ExitCode } from '../cli.errors.ts';
import { follow, startDeployment, type StartOptions, withStart } from './deploy.command.ts';
import { actorOption, httpCommand, type HttpOptions, targetOf, targetOption } from '../options.ts';
import { note, printJson } from '../output.ts';
import { printPlan, tellPlan } from './plan.command.ts';
import { driftedIn, makePlan } from '../plan.requests.ts';
import { isSettled, type Plan } from '../plan.text.ts';
import { ServiceClient } from '../service.client.ts';

interface PromoteOptions extends StartOptions {
  from: string;
  target?: string;
  item?: string[];
  at?: string;
  deletes?: true;
  actor: string;
  reason?: string;
  force?: true;
  planOnly?: true;
}

export function addPromoteCommand(program: Command): void {
  withStart(httpCommand(program, 'promote', 'Plans and deploys to a target what another environment has.'))
    .requiredOption('--from <environment>', 'environment to promote')
    .addOption(targetOption())
    .addOption(itemOption())
    .option('--at <time>', 'promote what the environment had at this time, in ISO 8601')
    .option('--deletes', 'delete what the other environment does not have, where the platform can')
    .addOption(actorOption())
    .option('--reason <text>', 'reason shown in the history')
    .option('--force', 'allow changes that lose data; needs --reason')
    .option('--plan-only', 'make and print the plan, and send nothing')
    .addHelpText(
      'after',
      '\nSends nothing and exits with 4 when the plan needs approval, and with 3 when somebody else changed an item at the target.',
    )
    .action(async (options: PromoteOptions) => {
      const service = ServiceClient.at(options.url);
      const target = await targetOf(service, options.target);
      const { from: fromEnvironment, at, deletes, actor, reason, force, label: labels } = options;
      const items = options.item?.map(readItem);
      const plan = await makePlan(service, { ...target, fromEnvironment, at, deletes, items, actor, reason, force });
      if (options.planOnly) {
        await tellPlan(service, plan, options);
        return;
      }
      const stop = await reasonToStop(service, plan);
      if (stop !== undefined) {
        await tellStopped(service, plan, stop, options);
        return;
      }
      await printPlan(service, plan, note);
      await follow(service, await startDeployment(service, { planId: plan.id, actor, labels }), options);
    });
}

/** Somebody has to look at the plan before it is deployed by itself. */
async function reasonToStop(service: ServiceClient, plan: Plan): Promise<ExitCode | undefined> {
  if (!isSettled(plan)) return EXIT.refused;
  return (await driftedIn(service, plan)).size > 0 ? EXIT.drift : undefined;
}

async function tellStopped(service: ServiceClient, plan: Plan, code: ExitCode, { json }: HttpOptions): Promise<void> {
  if (json) printJson(plan);
  else await printPlan(service, plan);
  note(
    code === EXIT.drift
      ? 'Nothing was sent: somebody else changed the target. Deploy the plan to replace that.'
      : 'Nothing was sent: the plan awaits approval.',
  );
  process.exitCode = code;
}
