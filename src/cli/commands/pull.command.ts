import type { Command } from 'commander';
import type { Schemas } from '#client';
import { EXIT } from '../cli.errors.ts';
import { targetName } from '../deployment.text.ts';
import { nameOf } from '../item.text.ts';
import { driftOf } from './live.command.ts';
import { actorOption, httpCommand, type HttpOptions, targetOf, targetOption } from '../options.ts';
import { printJson, printLine } from '../output.ts';
import { READING_TIMEOUT_MS, ServiceClient } from '../service.client.ts';

interface PullOptions extends HttpOptions {
  target?: string;
  actor: string;
  reason?: string;
}

type PulledItem = Schemas['PulledItemDto'];

export function addPullCommand(program: Command): void {
  httpCommand(program, 'pull', 'Reads a target, records it, and prints what differs from the latest versions.')
    .addOption(targetOption())
    .addOption(actorOption())
    .option('--reason <text>', 'reason shown in the history')
    .addHelpText(
      'after',
      '\nExits with 3 when somebody else changed an item at the target, and no drift rule expects it.',
    )
    .action(async (options: PullOptions) => {
      const service = ServiceClient.at(options.url);
      const target = await targetOf(service, options.target);
      const body = { environment: target.environment, actor: options.actor, reason: options.reason };
      const path = `/platforms/${encodeURIComponent(target.platform)}/pull`;
      const pulled = await service.post<Schemas['PullResultDto']>(path, { body, timeoutMs: READING_TIMEOUT_MS });
      const drift = await driftOf(service, target);
      if (options.json) printJson({ ...pulled, drift });
      else {
        for (const item of pulled.items.filter(isTelling)) printLine(pulledLine(item));
        const { items, differences, accepted } = pulled;
        const counts = `${differences + accepted} differ, ${accepted} of them as expected; ${drift} with drift`;
        printLine(`${items.length} items of ${targetName(target)}: ${counts}`);
      }
      if (drift > 0) process.exitCode = EXIT.drift;
    });
}

function isTelling({ state, unknownFields }: PulledItem): boolean {
  return state !== 'same' || unknownFields.length > 0;
}

function pulledLine({ state, acceptedBy, unknownFields, moreUnknownFields, ...item }: PulledItem): string {
  const expected = acceptedBy.length > 0 ? ', as expected' : '';
  const more = moreUnknownFields > 0 ? ` and ${moreUnknownFields} more` : '';
  const unknown = unknownFields.length > 0 ? `, unknown fields: ${unknownFields.join(', ')}${more}` : '';
  return `${state}  ${nameOf(item)}${expected}${unknown}`;
}
