import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import {
  type EmbeddedDatabase,
  openEmbeddedPostgres,
  reachablePrograms,
  runningEmbeddedPostgres,
} from '#embedded-postgres';

const IS_ROOT = process.getuid?.() === 0;
const SOMEBODY = { uid: 65_534, gid: 65_534 };

/** Root's PostgreSQL runs as another user, who may not enter; an ordinary user's runs as that user, who may. */
describe('in a folder that only its owner may enter', () => {
  let closed: string;
  const places: string[] = [];

  beforeEach(async () => {
    closed = await mkdtemp(join(tmpdir(), 'synctrail-closed-'));
    await chmod(closed, 0o700);
  });
  afterEach(async () => {
    for (const place of [closed, ...places.splice(0)]) await rm(place, { recursive: true, force: true });
  });

  it('PostgreSQL runs, says where its data went, and has it again at the next start', async () => {
    const first = await open(closed);
    expect(first.notice !== undefined).toBe(IS_ROOT);
    expect(first.notice ?? '').toContain(IS_ROOT ? await readlink(join(closed, 'postgres')) : '');
    await ask(first, `create table kept as select 42 as answer`);
    expect(await runningEmbeddedPostgres(closed)).toBe(first.url);
    await first.close();
    expect(await runningEmbeddedPostgres(closed)).toBeUndefined();
    const second = await open(closed);
    expect(await ask(second, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.close();
  });

  it('PostgreSQL begins anew where its data was taken away', async () => {
    const gone = join(closed, '..', `${closed.split('/').at(-1)}-gone`);
    places.push(gone);
    await symlink(gone, join(closed, 'postgres'));
    const database = await open(closed);
    expect(await ask(database, 'select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  const whenRoot = IS_ROOT ? it : it.skip;

  whenRoot('data that was there before the folder was closed is not left behind for a new one', async () => {
    await mkdir(join(closed, 'postgres'));
    await expect(openEmbeddedPostgres(closed)).rejects.toThrow(/may not enter .* on the way to its data .*DATA_DIR/);
  });

  whenRoot('the programs are copied once for each version, as they are, to where the account can enter', async () => {
    const version = `0.0.0-${process.pid}`;
    const native = join(closed, 'native');
    await mkdir(join(native, 'bin'), { recursive: true });
    await writeFile(join(closed, 'package.json'), JSON.stringify({ version }));
    await writeFile(join(native, 'bin', 'postgres'), 'program', { mode: 0o755 });
    await symlink('postgres', join(native, 'bin', 'postmaster'));
    const copies = await Promise.all([1, 2, 3].map(() => reachablePrograms(native, SOMEBODY)));
    places.push(copies[0]!);
    expect(new Set(copies).size).toBe(1);
    expect(copies[0]).toContain(version);
    expect((await stat(join(copies[0]!, 'bin', 'postgres'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(copies[0]!, 'bin', 'postmaster'))).toBe('postgres');
    await writeFile(join(native, 'bin', 'postgres'), 'another');
    expect(await readFile(join(await reachablePrograms(native, SOMEBODY), 'bin', 'postgres'), 'utf8')).toBe('program');
    expect(dirname(copies[0]!)).not.toContain(closed);
  });

  async function open(dataDir: string): Promise<EmbeddedDatabase> {
    const database = await openEmbeddedPostgres(dataDir);
    if (IS_ROOT) places.push(await readlink(join(dataDir, 'postgres')));
    return database;
  }
});

async function ask({ url }: EmbeddedDatabase, query: string): Promise<object[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(query)).rows as object[];
  } finally {
    await client.end();
  }
}
