import type { Command } from 'commander';
import { Option } from 'commander';
import type { Schemas } from '#client';
import { targetName } from '../deployment.text.ts';
import { nameOf } from '../item.text.ts';
import { httpCommand, type HttpOptions, type Target, targetOf, targetOption } from '../options.ts';
import { printJson, printLine, printText } from '../output.ts';
import { type Query, ServiceClient } from '../service.client.ts';

const PAGE = 100;

interface LiveOptions extends HttpOptions {
  target?: string;
  at?: string;
  export?: true;
}

type LiveItem = Schemas['LiveItemDto'];
type LivePage = Schemas['LivePageDto'];

export function addLiveCommand(program: Command): void {
  httpCommand(program, 'live', 'Prints what stands at a target, as the record shows it.')
    .addOption(targetOption())
    .option('--at <time>', 'earlier time in ISO 8601, such as 2026-11-01T00:00:00Z (default: now)')
    .addOption(new Option('--export', 'print the export file of the platform').conflicts('json'))
    .action(async (options: LiveOptions) => {
      const service = ServiceClient.at(options.url);
      const query = { ...(await targetOf(service, options.target)), at: options.at };
      if (options.export) {
        printText(JSON.stringify(await service.get<object>('/live', { ...query, format: 'export' }), null, 2));
        return;
      }
      const { next: _next, ...live } = await liveItems(service, query);
      if (options.json) {
        printJson({ ...live, prev: undefined });
        return;
      }
      for (const item of live.items) printLine(liveLine(item));
      printLine(`${live.items.length} items of ${targetName(live)}, root ${live.root ?? 'unknown'}`);
    });
}

/** All pages as one. */
export async function liveItems(service: ServiceClient, query: Query): Promise<LivePage> {
  const first = await service.get<LivePage>('/live', { ...query, limit: PAGE });
  const items = [...first.items];
  for (let { next } = first; next !== null;) {
    const page = await service.get<LivePage>('/live', { ...query, limit: PAGE, cursor: next });
    items.push(...page.items);
    next = page.next;
  }
  return { ...first, items };
}

/** Number of items that somebody changed at a target and that no drift rule expects. */
export async function driftOf(service: ServiceClient, target: Target): Promise<number> {
  return (await service.get<LivePage>('/live', { ...target, limit: 1 })).drift;
}

function liveLine({ state, number, versionHash, since, evidence, drift, acceptedBy, ...item }: LiveItem): string {
  const version = state === 'PRESENT' ? `  version ${number ?? versionHash?.slice(0, 8) ?? 'unknown'}` : '';
  const change = drift ? `, drift${acceptedBy.length > 0 ? ', as expected' : ''}` : '';
  return `${state}  ${nameOf(item)}${version}, since ${since}, evidence ${evidence ?? 'none'}${change}`;
}
