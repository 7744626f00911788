import { rm } from 'node:fs/promises';

export default async function stopDatabases(): Promise<void> {
  for (const { database, dataDir } of globalThis.workerDatabases ?? []) {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
