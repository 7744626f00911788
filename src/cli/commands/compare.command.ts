import type { Command } from 'commander';
import type { Schemas } from '#client';
import { counted, nameOf } from '../item.text.ts';
import { httpCommand, type HttpOptions, targetOf, targetOption } from '../options.ts';
import { printJson, printLine } from '../output.ts';
import { ServiceClient } from '../service.client.ts';

interface CompareOptions extends HttpOptions {
  target?: string;
  at?: string;
  otherEnvironment?: string;
  otherAt?: string;
  catalogue?: true;
}

type Comparison = Schemas['ComparisonDto'];

export function addCompareCommand(program: Command): void {
  httpCommand(program, 'compare', 'Prints what differs from a target to another environment, time, or the catalogue.')
    .addOption(targetOption())
    .option('--at <time>', 'time of the target in ISO 8601 (default: now)')
    .option('--other-environment <name>', 'environment to compare with (default: the same)')
    .option('--other-at <time>', 'time to compare with (default: now)')
    .option('--catalogue', 'compare with the latest versions of the catalogue')
    .action(async (options: CompareOptions) => {
      const service = ServiceClient.at(options.url);
      const { at, otherEnvironment, otherAt, catalogue } = options;
      const query = { ...(await targetOf(service, options.target)), at, otherEnvironment, otherAt, catalogue };
      const comparison = await service.get<Comparison>('/live/compare', query);
      if (options.json) {
        printJson(comparison);
        return;
      }
      for (const item of comparison.items) printLine(comparedLine(item));
      if (comparison.omitted > 0) printLine(`and ${comparison.omitted} more`);
      printLine(summary(comparison));
    });
}

function comparedLine({ result, impact, changes, ...item }: Schemas['ComparedItemDto']): string {
  const what = changes === null ? '' : `: ${counted(changes, 'change')}, ${impact}`;
  return `${result}  ${nameOf(item)}${what}`;
}

function summary({ same, different, onlyHere, onlyThere, unknown }: Comparison): string {
  return `${same} the same, ${different} different, ${onlyHere} only here, ${onlyThere} only there, ${unknown} unknown`;
}
