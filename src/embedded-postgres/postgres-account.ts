import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The account that PostgreSQL runs as under root. */
export const ACCOUNT_NAME = 'postgres';

/** Who PostgreSQL runs as; empty where we are an ordinary user, and it runs as we do. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/** PostgreSQL refuses to run as root: there it runs as the system's `postgres`, which is made when missing. */
export async function postgresAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const known = await ids().catch(() => undefined);
  if (known) return known;
  await run('useradd', ['--system', '--user-group', '--no-create-home', ACCOUNT_NAME]);
  return ids();
}

/** The first folder on the way to a path, seen from the path, that the account may not enter; a path that is not there counts by its folder. */
export async function closedFolder(path: string, account: Account): Promise<string | undefined> {
  if (account.uid === undefined) return undefined;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const status = await stat(folder).catch(() => undefined);
    if (!status) continue;
    const { mode, uid, gid } = status;
    const searchable = uid === account.uid ? mode & 0o100 : gid === account.gid ? mode & 0o010 : mode & 0o001;
    if (!searchable) return folder;
  }
  return undefined;
}

async function ids(): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string) => Number((await run('id', [flag, ACCOUNT_NAME])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
