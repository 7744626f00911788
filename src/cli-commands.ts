import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { HttpException, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Finding } from '#database';
import { PlatformRegistry } from '#platform';
import { LiveProjector } from '#live';
import { HistoryRebuilder } from '#projection';
import { parseBody } from '#request-body';
import { Retention } from '#retention';
import { StatsRebuilder } from '#statistics';
import { ContentTypeImporter } from '#versioning';
import { AppModule, readConfig } from './app.module.ts';
import { compare, live, pull } from './cli-targets.ts';
import { type CliOptions, UsageError } from './cli-usage.ts';
import { DomainError } from './domain-error.ts';
import { fsck, withDatabase } from './fsck.ts';
import { stopWithError } from './stop-with-error.ts';
import { TerminalLogger } from './terminal-logger.ts';
import { terminalLine, terminalText } from './terminal-text.ts';

/** Findings that are told; more are counted. */
const MAX_MESSAGES = 1_000;

type Command = (app: INestApplicationContext, args: string[], options: CliOptions) => Promise<string>;

const COMMANDS: Record<string, Command> = {
  /** The start itself migrates. */
  migrate: () => Promise.resolve('The tables are up to date.'),

  import: async (app, [file], { platform, author = process.env.USER ?? 'cli', message }) => {
    if (!file) throw new UsageError('import needs the name of a manifest FILE');
    const bytes = await readFile(file).catch((error: Error) => {
      throw new UsageError(`${file} cannot be read (${error.message})`);
    });
    const manifest = parseBody(bytes);
    const request = { platform: app.get(PlatformRegistry).meantToWrite(platform), author, message };
    const { versions, ...left } = await app.get(ContentTypeImporter).importManifest(manifest, request);
    const created = versions.filter((version) => version.created).length;
    const more = left.moreIgnored > 0 ? ` and ${left.moreIgnored} more` : '';
    const notTaken = left.ignored.length > 0 ? `; ignored: ${left.ignored.join(', ')}${more}` : '';
    const unknown = versions.filter(({ unknownFields }) => unknownFields.length > 0);
    return [
      `${created} new versions, ${versions.length - created} already the same${notTaken}`,
      ...unknown.map(({ version, unknownFields, moreUnknownFields: others }) => {
        const all = `${unknownFields.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
        return terminalLine(
          `${version.kind} ${version.typeKey} has fields that ${request.platform} may ignore: ${all}`,
        );
      }),
    ].join('\n');
  },

  retention: async (app, _args, { apply = false }) => {
    const retention = app.get(Retention);
    const report = apply ? await retention.apply() : await retention.plan();
    const months = report.months.map(({ month, syncs }) => `${month} (${syncs} syncs)`).join(', ') || 'none';
    const kept = report.kept.length > 0 ? `; kept for syncs in progress: ${report.kept.join(', ')}` : '';
    return `${apply ? 'Dropped' : 'Would drop'} ${report.payloads} payloads; months: ${months}${kept}`;
  },

  pull,
  compare,

  live: async (app, [what], options) => {
    if (what === undefined) return await live(app, options);
    if (what !== 'rebuild') throw new UsageError('live has the subcommand "rebuild" only');
    return `Made the live state of ${await app.get(LiveProjector).rebuild()} items`;
  },

  rebuild: async (app) => {
    const { syncs, corrected, added } = await app.get(HistoryRebuilder).rebuild();
    const items = await app.get(LiveProjector).rebuild();
    const stats = await app.get(StatsRebuilder).rebuild();
    return [
      `Read the events of ${syncs} syncs: corrected ${corrected} rows of the history, added ${added}`,
      `Made the live state of ${items} items, and counted ${stats.syncs} syncs`,
    ].join('\n');
  },

  stats: async (app, [what]) => {
    if (what !== 'rebuild') throw new UsageError('stats has the subcommand "rebuild" only');
    const { syncs, since } = await app.get(StatsRebuilder).rebuild();
    return `Counted ${syncs} syncs${since === null ? '' : `; the numbers before ${since} stay as they were`}`;
  },
};

/** Without the application, whose jobs would change what is looked at. */
async function fsckDatabase({ json }: CliOptions): Promise<void> {
  const { service } = readConfig(process.env);
  const findings: Finding[] = [];
  let found = 0;
  const startedAt = performance.now();
  const tell = (finding: Finding) => {
    found += 1;
    if (json && found <= MAX_MESSAGES) findings.push(finding);
    else if (found <= MAX_MESSAGES)
      console.log(terminalLine(`${finding.rule}: ${finding.subject}: ${finding.problem}`));
  };
  const location = { url: service.DATABASE_URL, dataDir: service.DATA_DIR };
  const counts = await withDatabase(location, (url) => fsck(url, tell));
  const checked = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (json) console.log(terminalText(JSON.stringify({ ok: found === 0, found, findings, checked: counts })));
  else
    console.log(
      `${found === 0 ? 'The records are consistent' : `${found} findings`}: ${checked.join(', ')} in ${seconds} s`,
    );
  if (found > 0) process.exitCode = 1;
}

/** Runs a command on the same application without HTTP. Throws {@link UsageError}; ends the process on a failure. */
export async function runCommand(name: string, args: string[], options: CliOptions): Promise<void> {
  try {
    if (name === 'fsck') return await fsckDatabase(options);
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) throw new UsageError(`there is no command "${name}"`);
    await runInApplication((app) => command(app, args, options));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!(error instanceof DomainError || error instanceof HttpException)) stopWithError(error);
    console.error(terminalText(error.message));
    process.exitCode = 1;
  }
}

async function runInApplication(command: (app: INestApplicationContext) => Promise<string>): Promise<void> {
  const config = readConfig({ LOG_LEVEL: 'warn', ...process.env });
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), {
    abortOnError: false,
    logger: false,
  });
  app.useLogger(new TerminalLogger({ logLevels: ['error', 'warn'] }));
  try {
    console.log(terminalText(await command(app)));
  } finally {
    await app.close();
  }
}
