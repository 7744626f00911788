import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');

describe('the build before a command', () => {
  let root: string;

  /** A project whose build takes a moment and writes a line down. */
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'synctrail-build-'));
    await cp(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    await mkdir(join(root, 'src', 'client'), { recursive: true });
    await writeFile(join(root, 'src', 'main.ts'), 'one');
    await steps('mkdir -p dist && sleep 0.2 && echo built >> log && touch src/client/schema.ts');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is done once, also by commands that start together', async () => {
    await Promise.all([build(), build(), build()]);
    await build();
    expect(await builds()).toBe(1);
  });

  it.each<[string, () => Promise<void>]>([
    ['a source has changed', () => writeFile(join(root, 'src', 'main.ts'), 'two!')],
    ['a source is new', () => writeFile(join(root, 'src', 'other.ts'), '')],
    ['a source is gone', () => rm(join(root, 'src', 'main.ts'))],
    ['its result was taken away', () => rm(join(root, 'dist'), { recursive: true })],
  ])('is done again when %s', async (_when, change) => {
    await build();
    await change();
    await build();
    expect(await builds()).toBe(2);
  });

  it('is not done again before a command that runs what is built, unless its result is missing', async () => {
    await build('--if-missing');
    await writeFile(join(root, 'src', 'main.ts'), 'two!');
    await build('--if-missing');
    expect(await builds()).toBe(1);
    await rm(join(root, 'dist'), { recursive: true });
    await build('--if-missing');
    expect(await builds()).toBe(2);
  });

  it('ends with an error when it fails, and is done again the next time', async () => {
    await steps('echo built >> log && exit 3');
    await expect(build()).rejects.toMatchObject({ code: 3 });
    await expect(build()).rejects.toMatchObject({ code: 3 });
    expect(await builds()).toBe(2);
  });

  async function steps(command: string): Promise<void> {
    const scripts = { 'build:steps': command };
    await writeFile(join(root, 'package.json'), JSON.stringify({ type: 'module', scripts }));
  }

  async function build(option = '--if-changed'): Promise<void> {
    await run(process.execPath, [join(root, 'scripts', 'build.js'), option]);
  }

  async function builds(): Promise<number> {
    return (await readFile(join(root, 'log'), 'utf8')).split('\n').length - 1;
  }
});
