import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICE_ROLE } from './service-role.ts';

export default async function stopDatabases(): Promise<void> {
  const refused: string[] = [];
  for (const { database, dataDir } of globalThis.workerDatabases ?? []) {
    await database.close();
    refused.push(...(await refusals(dataDir)));
    await rm(dataDir, { recursive: true, force: true });
  }
  // A job that fails says so in a log that no test reads, and runs again.
  if (process.env.TEST_AS_SERVICE_ROLE === 'true' && refused.length > 0) {
    throw new Error(`The role of the service was refused:\n${[...new Set(refused)].join('\n')}`);
  }
}

/** What this PostgreSQL has refused to the role of the service; tests of rights have roles of their own. */
async function refusals(dataDir: string): Promise<string[]> {
  const log = await readFile(join(dataDir, 'postgres', 'postgres.log'), 'utf8');
  const lines = log
    .split('\n')
    .filter((line) => line.startsWith(`${SERVICE_ROLE} `))
    .filter((line) => /permission denied|must be owner|may not drop|not those of a record/.test(line));
  return lines.map((line) => line.replace(/^.*?ERROR:/, 'ERROR:'));
}
