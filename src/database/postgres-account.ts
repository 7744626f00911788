import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedDatabaseError } from './database.errors.ts';

const run = promisify(execFile);
const NAME = 'postgres';

/** Whom PostgreSQL runs as; nothing to say where we are an ordinary user. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/** PostgreSQL refuses to run as root: there it runs as the system's `postgres`, which is made when missing. */
export async function postgresAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const known = await ids().catch(() => undefined);
  if (known) return known;
  await run('useradd', ['--system', '--user-group', '--no-create-home', NAME]);
  return ids();
}

/** Fails early, and clearly, where the account cannot get at a path because a folder above it is closed. */
export async function assertReachable(path: string, account: Account): Promise<void> {
  if (account.uid === undefined) return;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const searchable = uid === account.uid ? mode & 0o100 : gid === account.gid ? mode & 0o010 : mode & 0o001;
    if (!searchable) {
      throw new EmbeddedDatabaseError(
        `runs as "${NAME}" under root, which may not enter ${folder} on the way to ${path}: ` +
          'run SyncTrail as an ordinary user, put it and DATA_DIR elsewhere, or set DATABASE_URL.',
      );
    }
  }
}

async function ids(): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string) => Number((await run('id', [flag, NAME])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
