import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run cli -- COMMAND

  migrate                              brings the tables up to date
  import FILE [--author WHO] [--message WHY]
                                       takes every definition of a manifest as the latest version
  retention [--apply]                  says what RETENTION_PAYLOAD_DAYS and RETENTION_FACT_MONTHS would drop, or drops it
  stats rebuild                        counts the history again, beside running services; numbers are read meanwhile as before
  fsck [--json]                        proves the books: ends with 1 and the findings if anything in them cannot be`;

export type CliOptions = ReturnType<typeof readArguments>['values'];

/** Something that the command line cannot say. */
export class UsageError extends Error {}

/** Throws {@link UsageError}. */
export function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        author: { type: 'string' },
        message: { type: 'string' },
        apply: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
