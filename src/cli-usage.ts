import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run cli -- COMMAND

  migrate                              Creates or updates the tables.
  import FILE [--platform NAME] [--author NAME] [--message TEXT]
                                       Imports every definition of a manifest as the latest version. The platform may
                                       be left out while only one is installed.
  retention [--apply]                  Lists the data that RETENTION_PAYLOAD_DAYS and RETENTION_FACT_MONTHS drop.
                                       With --apply, drops it.
  rebuild                              Makes history, live state and statistics again from the events, while services run.
  stats rebuild                        Counts the statistics again from the history, while services run.
  pull [--platform NAME] [--environment NAME] [--actor NAME] [--reason TEXT] [--json]
                                       Reads a target, records the pull, and prints what differs from the latest versions.
  live [--platform NAME] [--environment NAME] [--at TIME] [--json | --export]
                                       Prints what stands at a target, now or at a time in ISO 8601, or the export file of
                                       the platform.
  compare [--platform NAME] [--environment NAME] [--at TIME]
          [--other-environment NAME] [--other-at TIME] [--catalogue] [--json]
                                       Prints what differs from a target to another environment, another time, or the
                                       latest versions.
  live rebuild                         Makes the live state of all targets again from the events, while services run.
  fsck [--json]                        Checks the consistency of all records. Prints the findings and exits with 1
                                       when there are any.`;

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
        platform: { type: 'string' },
        environment: { type: 'string' },
        at: { type: 'string' },
        'other-environment': { type: 'string' },
        'other-at': { type: 'string' },
        catalogue: { type: 'boolean' },
        export: { type: 'boolean' },
        actor: { type: 'string' },
        reason: { type: 'string' },
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
