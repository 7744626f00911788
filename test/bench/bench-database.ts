import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '#embedded-postgres';

/** A PostgreSQL of its own with a data directory of its own, gone with `close`. */
export async function openBenchDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'synctrail-bench-'));
  // Under root PostgreSQL runs as another user, who must get in.
  await chmod(dataDir, 0o755);
  const database = await openEmbeddedPostgres(dataDir);
  return {
    url: database.url,
    close: async () => {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
