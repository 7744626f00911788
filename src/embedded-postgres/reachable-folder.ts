import { chown, cp, lstat, mkdir, mkdtemp, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-postgres.errors.ts';
import { type Account, ACCOUNT_NAME, closedFolder } from './postgres-account.ts';

/** Root puts here what the account of PostgreSQL cannot reach where it is; everybody may enter it. */
const SHARED = '/var/lib/synctrail';

/**
 * The directory for PostgreSQL's data as the account reaches it: the given one, or a new one below {@link SHARED} that the
 * given one links to. Throws {@link EmbeddedDatabaseError} when data is there already and a folder above it was closed.
 */
export async function reachableDirectory(directory: string, account: Account): Promise<string> {
  await mkdir(dirname(directory), { recursive: true });
  const isThere = await lstat(directory).then(
    () => true,
    () => false,
  );
  if (!isThere && (await closedFolder(directory, account))) await linkToShared(directory);
  await mkdir(await target(directory), { recursive: true, mode: 0o700 });
  const place = await realpath(directory);
  const closed = await closedFolder(place, account);
  if (closed) {
    throw new EmbeddedDatabaseError(
      `runs as "${ACCOUNT_NAME}" under root, which may not enter ${closed} on the way to its data in ${place}. ` +
        'Open that folder, set another DATA_DIR, or set DATABASE_URL.',
    );
  }
  await own(place, account);
  return place;
}

/** A folder of PostgreSQL's programs as the account reaches it: the given one, or a copy that is made once for each version. */
export async function reachablePrograms(folder: string, account: Account): Promise<string> {
  if (!(await closedFolder(join(folder, 'bin', 'postgres'), account))) return folder;
  const { version } = JSON.parse(await readFile(join(dirname(folder), 'package.json'), 'utf8')) as { version: string };
  const place = join(SHARED, `postgresql-${version}`);
  await mkdir(SHARED, { recursive: true, mode: 0o755 });
  const aside = await mkdtemp(`${place}.`);
  try {
    // Copied aside and moved into place, so that a start that is killed leaves no half of it.
    const isThere = await lstat(place).catch(() => undefined);
    if (isThere) return place;
    const copy = join(aside, 'native');
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
    await rename(copy, place).catch(async (error: unknown) => {
      if (!(await lstat(place).catch(() => undefined))) throw error;
    });
    return place;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Whether something stands elsewhere than it was asked for. */
export function isShared(place: string): boolean {
  return place.startsWith(SHARED + sep);
}

/** Another service that starts at the same moment may have made the link. */
async function linkToShared(directory: string): Promise<void> {
  await mkdir(SHARED, { recursive: true, mode: 0o755 });
  const place = await mkdtemp(join(SHARED, 'data-'));
  await symlink(place, directory).catch(async (error: NodeJS.ErrnoException) => {
    await rm(place, { recursive: true });
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Where a link leads, also when nothing is there any more; the directory itself when it is none. */
async function target(directory: string): Promise<string> {
  return readlink(directory).catch(() => directory);
}

async function own(place: string, { uid, gid }: Account): Promise<void> {
  if (uid !== undefined) await chown(place, uid, gid);
}
