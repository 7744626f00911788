import type { Command } from 'commander';
import type { Schemas } from '#client';
import { CliError, EXIT, ProblemError } from '../cli.errors.ts';
import { tellDeployment } from './deploy.command.ts';
import { type DeploymentDetail, deploymentPath } from '../deployment.text.ts';
import { whenEnded } from '../deployment.wait.ts';
import { httpCommand, type HttpOptions, readTarget, targetFilter, timeoutOption } from '../options.ts';
import { printJson } from '../output.ts';
import { printPlan } from './plan.command.ts';
import { planPath } from '../plan.requests.ts';
import { isSettled, type Plan } from '../plan.text.ts';
import { ServiceClient } from '../service.client.ts';

interface StatusOptions extends HttpOptions {
  target?: string;
}

export function addStatusCommand(program: Command): void {
  aboutOne(program, 'status', 'Prints the status of a deployment, or a plan by its id.')
    .addHelpText('after', 'For a plan that cannot be deployed, because it awaits approval, was refused or expired: 4.')
    .action(async (given: string | undefined, options: StatusOptions) => {
      const service = ServiceClient.at(options.url);
      const id = given ?? (await newest(service, options.target));
      const deployment = await orNone(service.get<DeploymentDetail>(deploymentPath(id)), 'DEPLOYMENT_NOT_FOUND');
      if (deployment) {
        tellDeployment(deployment, options);
        return;
      }
      const plan = await orNone(service.get<Plan>(planPath(id)), 'PLAN_NOT_FOUND');
      if (!plan) throw new CliError(`There is no deployment and no plan ${id}.`, EXIT.refused);
      await tellState(service, plan, options);
    });
}

export function addWatchCommand(program: Command): void {
  aboutOne(program, 'watch', 'Waits for the end of a deployment, and shows its progress.')
    .addOption(timeoutOption())
    .action(async (given: string | undefined, options: StatusOptions & { timeout: number }) => {
      const service = ServiceClient.at(options.url);
      const id = given ?? (await newest(service, options.target));
      tellDeployment(await whenEnded(service, id, options.timeout), options);
    });
}

function aboutOne(program: Command, name: string, description: string): Command {
  return httpCommand(program, `${name} [deployment]`, `${description} By default, the newest one.`)
    .addOption(targetFilter('target of the newest deployment (default: any)'))
    .addHelpText(
      'after',
      '\nExits with 0 for SUCCESS and before the end, 1 for FAILED and CANCELLED, 2 for PARTIAL, and 3 when the target holds something else.',
    );
}

async function tellState(service: ServiceClient, plan: Plan, { json }: StatusOptions): Promise<void> {
  if (json) printJson(plan);
  else await printPlan(service, plan);
  if (!isSettled(plan)) process.exitCode = EXIT.refused;
}

/** The answer, or nothing when the service says with this code that there is none. */
async function orNone<T>(answer: Promise<T>, code: string): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof ProblemError && error.code === code) return undefined;
    throw error;
  });
}

async function newest(service: ServiceClient, target: string | undefined): Promise<string> {
  const filter = target === undefined ? {} : readTarget(target);
  const { items } = await service.get<Schemas['DeploymentPageDto']>('/deployments', { ...filter, limit: 1 });
  if (items.length === 0) throw new CliError('There is no deployment yet.');
  return items[0]!.id;
}
