import { type Command, Option } from 'commander';
import { itemOption, readItem } from '../chosen-items.ts';
import { UsageError } from '../cli.errors.ts';
import { follow, startDeployment, type StartOptions, withStart } from './deploy.command.ts';
import { deploymentPath } from '../deployment.text.ts';
import { actorOption, httpCommand } from '../options.ts';
import { printJson } from '../output.ts';
import { printPlan } from './plan.command.ts';
import type { Draft } from '../plan.text.ts';
import { ServiceClient } from '../service.client.ts';

interface RollbackOptions extends StartOptions {
  actor: string;
  reason?: string;
  item?: string[];
  deletes?: true;
  force?: true;
  includeNewer?: true;
  dryRun?: true;
}

export function addRollbackCommand(program: Command): void {
  withStart(httpCommand(program, 'rollback <deployment>', 'Undoes what a deployment applied, by a new deployment.'))
    .addOption(actorOption())
    .option('--reason <text>', 'reason shown in the history; needed without --dry-run')
    .addOption(itemOption())
    .option('--deletes', 'delete what the deployment created, where the platform can')
    .option('--force', 'allow changes that lose data, such as the removal of added properties')
    .option('--include-newer', 'undo newer deployments and changes on the platform too')
    .addOption(
      new Option(
        '--dry-run',
        'print what the whole rollback would change as far as the record knows, and send nothing',
      ).conflicts(['item', 'deletes']),
    )
    .action(async (id: string, options: RollbackOptions) => {
      const service = ServiceClient.at(options.url);
      const path = `${deploymentPath(id)}/rollback`;
      if (options.dryRun) {
        const plan = await service.get<Draft>(path);
        if (options.json) printJson(plan);
        else await printPlan(service, plan);
        return;
      }
      const { actor, reason, item, deletes, force, includeNewer, label: labels } = options;
      if (reason === undefined) throw new UsageError('rollback needs --reason');
      const body = { actor, reason, items: item?.map(readItem), deletes, force, includeNewer, labels };
      await follow(service, await startDeployment(service, body, path), options);
    });
}
