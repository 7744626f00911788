import 'reflect-metadata';
import { HttpException, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { assertMayMigrate, type Finding, migrate as runMigrations, withOrm } from '#database';
import { LiveProjector } from '#live';
import { migrations } from '#migrations';
import { HistoryRebuilder } from '#projection';
import { Retention } from '#retention';
import { StatsRebuilder } from '#statistics';
import { AppModule, readConfig, serviceRole } from './app.module.ts';
import { DomainError } from './domain-error.ts';
import { fsck, withDatabase } from './fsck.ts';
import { stopWithError } from './stop-with-error.ts';
import { TerminalLogger } from './terminal-logger.ts';
import { terminalLine, terminalText } from './terminal-text.ts';

/** Findings that are told; more are counted. */
const MAX_MESSAGES = 1_000;

/** As the owner of the tables; the role of the service gets its rights. */
export function migrate(): Promise<void> {
  return endOnFailure(async () => {
    const { service } = readConfig(process.env);
    const location = { url: service.DATABASE_URL, dataDir: service.DATA_DIR };
    await withOrm(location, async (em) => {
      await assertMayMigrate(em);
      await runMigrations(em, migrations, serviceRole(service));
    });
    const rights = service.SERVICE_ROLE ? ` The role "${service.SERVICE_ROLE}" has the rights of the service.` : '';
    console.log(terminalText(`The tables are up to date.${rights}`));
  });
}

export function retention({ apply = false }: { apply?: boolean }): Promise<void> {
  return runInApplication(async (app) => {
    const retention = app.get(Retention);
    const report = apply ? await retention.apply() : await retention.plan();
    const problem = await retention.minimumProblem();
    if (problem !== null) console.error(terminalText(problem));
    const months = report.months.map(({ month, syncs }) => `${month} (${syncs} syncs)`).join(', ') || 'none';
    const kept = report.kept.length > 0 ? `; kept for syncs in progress: ${report.kept.join(', ')}` : '';
    const rows = `${report.payloads} payloads, ${report.plans} plans that were not deployed, ${report.checks} checks of expectations, ${report.accessEvents} events of the access log`;
    return `${apply ? 'Dropped' : 'Would drop'} ${rows}; months: ${months}${kept}`;
  });
}

/** Without a part: all of them. */
export function rebuild(part: 'live' | 'stats' | undefined): Promise<void> {
  return runInApplication(async (app) => {
    if (part === 'live') return `Made the live state of ${await app.get(LiveProjector).rebuild()} items`;
    if (part === 'stats') {
      const { syncs, since } = await app.get(StatsRebuilder).rebuild();
      return `Counted ${syncs} syncs${since === null ? '' : `; the numbers before ${since} stay as they were`}`;
    }
    const { syncs, corrected, added } = await app.get(HistoryRebuilder).rebuild();
    const items = await app.get(LiveProjector).rebuild();
    const stats = await app.get(StatsRebuilder).rebuild();
    return [
      `Read the events of ${syncs} syncs: corrected ${corrected} rows of the history, added ${added}`,
      `Made the live state of ${items} items, and counted ${stats.syncs} syncs`,
    ].join('\n');
  });
}

/** Without the application, whose jobs would change what is looked at. */
export async function fsckDatabase({ json = false }: { json?: boolean }): Promise<void> {
  await endOnFailure(async () => {
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
  });
}

/** Runs a command on the same application without HTTP, and prints what it answers. */
export function runInApplication(command: (app: INestApplicationContext) => Promise<string>): Promise<void> {
  return endOnFailure(async () => {
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
  });
}

/** Says why a command failed; ends the process on an error that we did not expect. */
async function endOnFailure(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof DomainError || error instanceof HttpException)) stopWithError(error);
    console.error(terminalText(error.message));
    process.exitCode = 1;
  }
}
