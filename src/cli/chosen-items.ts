import type { Command } from 'commander';
import { Option } from 'commander';
import type { Schemas } from '#client';
import { UsageError } from './cli.errors.ts';
import { importFile, importLines } from './commands/import.command.ts';
import { repeated, type Target } from './options.ts';
import { note } from './output.ts';
import type { ServiceClient } from './service.client.ts';

export interface ChoiceOptions {
  file?: string;
  item?: string[];
  actor: string;
  reason?: string;
}

export type ChosenItem = Schemas['ItemRequestDto'];

/** Options of a plan that name another source than the catalogue. */
export const SOURCES = ['root', 'deployment', 'rollbackOf', 'fromEnvironment', 'at'];

/** Adds the options that name the content types of a deployment. */
export function withChoice(command: Command): Command {
  return command
    .addOption(
      new Option('--file <file>', 'import the definitions of a manifest first, and take exactly these').conflicts(
        // Nothing is imported for a request that is refused.
        ['plan', ...SOURCES],
      ),
    )
    .addOption(itemOption().conflicts(['file', 'plan']));
}

export function itemOption(): Option {
  const option = new Option('--item <key>', 'content type to take, as KEY or KIND:KEY; may be repeated (default: all)');
  return option.argParser(repeated);
}

/** The content types that are asked for; `undefined` for the whole catalogue. */
export async function chosenItems(
  service: ServiceClient,
  { platform }: Target,
  { file, item, actor, reason }: ChoiceOptions,
): Promise<ChosenItem[] | undefined> {
  if (file === undefined) return item?.map(readItem);
  const imported = await importFile(service, file, { platform, author: actor, message: reason });
  for (const line of importLines(imported)) note(line);
  if (imported.items.length === 0) throw new UsageError(`${file} has no definitions`);
  return imported.items.map(({ kind, typeKey, versionHash }) => ({ kind, typeKey, versionHash }));
}

export function readItem(text: string): ChosenItem {
  const [, kind, typeKey] = /^(?:([^:]+):)?(.+)$/.exec(text) ?? [];
  if (typeKey === undefined) throw new UsageError('--item must be KEY or KIND:KEY');
  return { ...(kind !== undefined && { kind }), typeKey };
}
