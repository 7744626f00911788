import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Schemas } from '#client';
import { UsageError } from '../cli.errors.ts';
import { type Item, nameOf } from '../item.text.ts';
import { actorOption, httpCommand, type HttpOptions } from '../options.ts';
import { printJson, printLine } from '../output.ts';
import { ServiceClient } from '../service.client.ts';

const TIMEOUT_MS = 180_000;

interface ImportOptions extends HttpOptions {
  file?: string;
  platform?: string;
  author: string;
  message?: string;
}

/** The versions of a file, as the service took them. */
export type Imported = Schemas['ImportResultDto'];

export function addImportCommand(program: Command): void {
  httpCommand(program, 'import [file]', 'Imports every definition of a manifest as the latest version. Sends nothing.')
    .option('--file <file>', 'name of the manifest, instead of the argument')
    .option('--platform <name>', 'platform of the definitions (default: the only one)')
    .addOption(actorOption('--author <name>', 'user or system that creates the versions'))
    .option('--message <text>', 'reason of the new versions')
    .action(async (argument: string | undefined, options: ImportOptions) => {
      const file = argument ?? options.file;
      if (file === undefined) throw new UsageError('import needs the name of a file');
      const { platform, author, message } = options;
      const imported = await importFile(ServiceClient.at(options.url), file, { platform, author, message });
      if (options.json) printJson(imported);
      else for (const line of importLines(imported)) printLine(line);
    });
}

/** Throws {@link UsageError} for a file that cannot be read. */
export async function importFile(
  service: ServiceClient,
  file: string,
  query: { platform?: string; author: string; message?: string },
): Promise<Imported> {
  const body = await readFile(file).catch((error: Error) => {
    throw new UsageError(`${file} cannot be read (${error.message})`);
  });
  return service.post('/content-types/import', { query, body, timeoutMs: TIMEOUT_MS });
}

export function importLines({ items, created, unchanged, ignored, moreIgnored }: Imported): string[] {
  const more = moreIgnored > 0 ? ` and ${moreIgnored} more` : '';
  const left = ignored.length > 0 ? `; ignored: ${ignored.join(', ')}${more}` : '';
  return [
    `${created} new versions, ${unchanged} already the same${left}`,
    ...items.filter(({ unknownFields }) => unknownFields.length > 0).map(unknownLine),
  ];
}

/** Fields that the platform may ignore. */
export function unknownLine(item: Item & { unknownFields: string[]; moreUnknownFields: number }): string {
  const more = item.moreUnknownFields > 0 ? ` and ${item.moreUnknownFields} more` : '';
  return `${nameOf(item)} has fields that the platform may ignore: ${item.unknownFields.join(', ')}${more}`;
}
