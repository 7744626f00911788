import type { Command } from 'commander';
import { targetName } from '../deployment.text.ts';
import { actorOption, httpCommand, type HttpOptions } from '../options.ts';
import { printJson, printLine } from '../output.ts';
import { planPath } from '../plan.requests.ts';
import { type Plan, stateLines } from '../plan.text.ts';
import { ServiceClient } from '../service.client.ts';

interface DecisionOptions extends HttpOptions {
  actor: string;
  reason: string;
}

export function addApproveCommand(program: Command): void {
  addDecision(program, 'approve', 'Approves a plan that needs a second person. The author cannot approve it.');
}

export function addRefuseCommand(program: Command): void {
  addDecision(program, 'refuse', 'Refuses a plan, which can then not be deployed.');
}

function addDecision(program: Command, decision: 'approve' | 'refuse', description: string): void {
  httpCommand(program, `${decision} <plan>`, description)
    .addOption(actorOption('--actor <name>', 'user who decides'))
    .requiredOption('--reason <text>', 'reason shown with the plan')
    .action(async (id: string, { url, json, actor, reason }: DecisionOptions) => {
      const body = { actor, reason };
      const plan = await ServiceClient.at(url).post<Plan>(`${planPath(id)}/${decision}`, { body });
      if (json) printJson(plan);
      else {
        printLine(`${plan.approval}  Plan ${plan.id} for ${targetName(plan)}`);
        for (const line of stateLines(plan)) printLine(line);
      }
    });
}
