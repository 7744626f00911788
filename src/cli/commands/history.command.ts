import { type Command, Option } from 'commander';
import type { Schemas } from '#client';
import { targetName } from '../deployment.text.ts';
import { nameOf } from '../item.text.ts';
import { httpCommand, type HttpOptions, readTarget, repeated, targetFilter, wholeNumber } from '../options.ts';
import { note, printJson, printLine } from '../output.ts';
import { ServiceClient } from '../service.client.ts';

const MAX_LIMIT = 10_000;
const PAGE = 100;
/** Filters that may be repeated: option, member of the API, description. */
const FILTERS = [
  ['type', 'typeKey', 'key of the content type'],
  ['kind', 'kind', 'kind of the item'],
  ['status', 'status', 'status, such as FAILED'],
  ['direction', 'direction', 'PUSH or PULL'],
  ['outcome', 'outcome', 'effect of a push, such as APPLIED'],
  ['trigger', 'trigger', 'trigger, such as DEPLOYMENT'],
  ['deployment', 'deploymentId', 'id of the deployment'],
  ['label', 'label', 'label of the deployment, such as commit=4f2a9c1'],
  ['actor', 'actor', 'user or system that made the request'],
  ['principal', 'principal', 'principal behind the actor, such as key:019a5f0e-7c11-7aaa-8000-000000000000'],
  ['on-behalf-of', 'onBehalfOf', 'user or system that the actor acted for'],
  ['client', 'client', 'program of the caller, such as cli or ui'],
  ['error-code', 'errorCode', 'stable code of the error'],
  ['version', 'versionHash', 'hash of the version'],
] as const;

interface HistoryOptions extends HttpOptions {
  target?: string;
  limit: number;
  last?: string;
  since?: string;
  until?: string;
  search?: string;
  sort?: string;
}

type Sync = Schemas['SyncDto'];
type SyncPage = Schemas['SyncPageDto'];

export function addHistoryCommand(program: Command): void {
  const command = httpCommand(program, 'history', 'Lists syncs, newest first.');
  for (const [option, , description] of FILTERS) {
    command.addOption(new Option(`--${option} <value>`, `${description}; may be repeated`).argParser(repeated));
  }
  command
    .addOption(targetFilter('target of the syncs (default: any)'))
    .option('--last <interval>', 'interval that ends now, such as 24h or 7d')
    .option('--since <time>', 'start of the interval, a time or a date')
    .option('--until <time>', 'end of the interval, a time or a date')
    .option('--search <text>', 'text in the type key or the error message')
    .option('--sort <order>', 'sort order, such as -startedAt')
    .addOption(
      new Option('--limit <number>', 'largest number of syncs').argParser(wholeNumber(1, MAX_LIMIT)).default(50),
    )
    .action(async (options: HistoryOptions) => {
      const { items, next } = await syncs(ServiceClient.at(options.url), options);
      if (options.json) {
        printJson({ items, next });
        return;
      }
      for (const sync of items) printLine(syncLine(sync));
      if (next !== null) note(`There are more than these ${items.length} syncs. --limit takes up to ${MAX_LIMIT}.`);
    });
}

async function syncs(service: ServiceClient, options: HistoryOptions): Promise<Pick<SyncPage, 'items' | 'next'>> {
  const { target, last, since: startDate, until: endDate, search: q, sort } = options;
  const given = options as HistoryOptions & Record<string, string[] | undefined>;
  const query = {
    ...(target === undefined ? {} : readTarget(target)),
    ...Object.fromEntries(FILTERS.map(([option, member]) => [member, given[camelCase(option)]])),
    ...{ last, startDate, endDate, q, sort },
  };
  const items: Sync[] = [];
  let next: string | null = null;
  do {
    const limit = Math.min(PAGE, options.limit - items.length);
    const page: SyncPage = await service.get('/sync/history', { ...query, limit, cursor: next ?? undefined });
    items.push(...page.items);
    next = page.next;
  } while (next !== null && items.length < options.limit);
  return { items, next };
}

function syncLine(sync: Sync): string {
  const { startedAt, status, direction, outcome, errorCode, actor, id } = sync;
  const result = [outcome, errorCode].filter((text) => text !== null).join(' ');
  return `${startedAt}  ${status}  ${direction}  ${targetName(sync)}  ${nameOf(sync)}  ${result || '-'}  ${actor}  ${id}`;
}

function camelCase(option: string): string {
  return option.replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
