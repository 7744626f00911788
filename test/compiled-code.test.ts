import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

describe('what Node compiled', () => {
  let folder: string;
  let program: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synctrail-compiled-'));
    program = join(folder, 'src', 'program.mjs');
    await mkdir(join(folder, 'src'));
    await cp('dist/src/compiled-code.js', join(folder, 'src', 'compiled-code.mjs'));
    await writeFile(program, `await import('./other.mjs')`);
    await writeFile(join(folder, 'src', 'other.mjs'), `console.log('ran')`);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = () =>
    promisify(execFile)(process.execPath, ['--import', join(folder, 'src', 'compiled-code.mjs'), program]);

  it('is kept beside the code', async () => {
    await run();
    const [version] = await readdir(join(folder, 'compile-cache'));
    expect((await readdir(join(folder, 'compile-cache', version!))).length).toBeGreaterThan(0);
    expect((await run()).stdout).toBe('ran\n');
  });

  it('is not kept where nothing can be written, and the program runs all the same', async () => {
    await writeFile(join(folder, 'compile-cache'), 'a file where a folder should be: root may write everywhere');
    expect(await run()).toEqual({ stdout: 'ran\n', stderr: '' });
  });
});
