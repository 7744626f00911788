import type { Command } from 'commander';
import { type DeploymentDetail, deploymentPath, printDeployment } from '../deployment.text.ts';
import { actorOption, httpCommand, type HttpOptions } from '../options.ts';
import { printJson } from '../output.ts';
import { ServiceClient } from '../service.client.ts';

interface CancelOptions extends HttpOptions {
  actor: string;
  reason: string;
}

export function addCancelCommand(program: Command): void {
  httpCommand(program, 'cancel <deployment>', 'Keeps a deployment from sending what it has not sent yet.')
    .addOption(actorOption())
    .requiredOption('--reason <text>', 'reason shown with the deployment')
    .action(async (id: string, { url, json, actor, reason }: CancelOptions) => {
      const service = ServiceClient.at(url);
      const body = { actor, reason };
      const deployment = await service.post<DeploymentDetail>(`${deploymentPath(id)}/cancel`, { body });
      if (json) printJson(deployment);
      else printDeployment(deployment);
    });
}
