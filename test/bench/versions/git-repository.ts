import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version of git, or undefined where it is not installed. */
export async function installedGit(): Promise<string | undefined> {
  return run('git', ['--version']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** Bytes of a repository after `git gc`, in which each content was one commit to the same file. */
export async function gitBytes(
  contents: Buffer[],
  author: string,
  messageOf: (index: number) => string,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-bench-git-'));
  try {
    await run('git', ['init', '--quiet', folder]);
    // As loose objects, as commits one by one would leave them: `gc` chooses what it compresses against what.
    const git = ['-C', folder, '-c', 'fastimport.unpackLimit=1000000'];
    await fastImport([...git, 'fast-import', '--quiet'], contents, author, messageOf);
    await run('git', ['-C', folder, 'gc', '--quiet']);
    return await bytesIn(join(folder, '.git', 'objects'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fastImport(
  command: string[],
  contents: Buffer[],
  author: string,
  messageOf: (index: number) => string,
): Promise<void> {
  const child = spawn('git', command, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`git fast-import ended with ${code}`))));
  });
  const parts = contents.flatMap((content, index) => {
    const message = messageOf(index);
    const head = [
      'commit refs/heads/main',
      `committer ${author} <${author}@example.com> ${1_700_000_000 + index * 3_600} +0000`,
      `data ${Buffer.byteLength(message)}`,
      message,
      'M 100644 inline Article.json',
      `data ${content.length}`,
      '',
    ];
    return [Buffer.from(head.join('\n')), content, Buffer.from('\n')];
  });
  child.stdin.end(Buffer.concat(parts));
  await ended;
}

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
